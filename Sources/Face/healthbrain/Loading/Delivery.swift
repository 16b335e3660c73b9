import FHIR
import JSON

/// What became of a parcel at the server.
struct Delivery: Sendable {
    /// One thing that the server refused.
    struct Refused: Sendable {
        let status: Int
        /// The OperationOutcome as JSON; nil when the server gave none.
        let outcome: [UInt8]?
        /// The resource or Bundle.
        let document: [UInt8]
    }

    /// Resources that the server has now.
    var accepted = 0
    var refused: [Refused] = []
    /// Whether it was not sent because an earlier run has done it.
    var wasDone = false

    /// Sends a parcel, and finds out what was refused.
    /// - Throws: ``Failure`` when the server itself fails.
    static func send(_ parcel: Parcel, _ client: FHIRClient) async throws -> Delivery {
        let answer = try await client.post(parcel.bundle)
        guard answer.status < 500, answer.status != 404, answer.status != 405 else {
            throw Failure("\(client.server.base) answered \(answer.status). \(words(of: answer.body))")
        }
        switch parcel.kind {
        case .batch where answer.isSuccess:
            return byEntry(parcel.bundle, answer.body)
        case .assembled where !answer.isSuccess:
            let batch = asBatch(parcel.bundle)
            let second = try await client.post(batch)
            guard second.isSuccess else { return whole(parcel, second) }
            return byEntry(parcel.bundle, second.body)
        default:
            return answer.isSuccess ? Delivery(accepted: parcel.resources) : whole(parcel, answer)
        }
    }

    private static func whole(_ parcel: Parcel, _ answer: FHIRClient.Answer) -> Delivery {
        let document = compact(parcel.bundle) ?? parcel.bundle
        return Delivery(refused: [Refused(status: answer.status, outcome: compact(answer.body), document: document)])
    }

    /// Reads the answer to a batch entry by entry.
    private static func byEntry(_ bundle: [UInt8], _ answer: [UInt8]) -> Delivery {
        var delivery = Delivery()
        guard let sent = try? JSONDocument(parsing: bundle), let told = try? JSONDocument(parsing: answer),
            let entries = sent.root["entry"], let answers = told.root["entry"]
        else { return delivery }
        for (entry, answer) in zip(entries.elements, answers.elements) {
            let response = answer["response"]
            let status = response?["status"]?.string.flatMap { Int($0.prefix(3)) } ?? 0
            if (200..<400).contains(status) {
                delivery.accepted += 1
            } else {
                let document = entry["resource"] ?? entry
                delivery.refused.append(
                    Refused(
                        status: status, outcome: response?["outcome"].map(text(of:)),
                        document: compact(text(of: document)) ?? []))
            }
        }
        return delivery
    }

    private static func text(of node: JSONNode) -> [UInt8] {
        Array(node.document.text[node.range])
    }

    private static func compact(_ text: [UInt8]) -> [UInt8]? {
        (try? JSONDocument(parsing: text))?.compactText()
    }

    /// An assembled Bundle with the other type. Its first bytes are always the same.
    private static func asBatch(_ bundle: [UInt8]) -> [UInt8] {
        let old = Assembly.bundle(type: "transaction", entries: []).dropLast(2)
        let new = Assembly.bundle(type: "batch", entries: []).dropLast(2)
        return Array(new) + bundle.dropFirst(old.count)
    }

    /// The words of an OperationOutcome, for a person.
    static func words(of outcome: [UInt8]) -> String {
        guard let document = try? JSONDocument(parsing: outcome), let issues = document.root["issue"] else { return "" }
        return issues.elements.compactMap { $0["diagnostics"]?.string }.joined(separator: " ")
    }
}
