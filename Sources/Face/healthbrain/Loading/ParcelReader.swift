import FHIR
import JSON

/// Turns files into parcels for a server, one after another, with only the parcel at hand in memory.
final class ParcelReader {
    /// A document that can't be sent at all.
    struct Unsendable {
        let file: Int
        let line: Int
        let issue: Issue
        let document: [UInt8]?
    }

    private let files: [InputFile]
    private var file = -1
    private var reader: DocumentReader?
    private var ordinal = 0
    private var assembly = Assembly()
    private var idempotent = Idempotent()
    private var ready: [Parcel] = []
    private var bytesBefore = 0
    private let bytesTotal: Int
    /// What could not be sent, since last asked.
    private(set) var unsendable: [Unsendable] = []

    init(_ files: [InputFile]) {
        self.files = files
        bytesTotal = max(files.reduce(0) { $0 + $1.bytes }, 1)
    }

    /// The part of all bytes that was read, 0 to 1.
    var fraction: Double {
        min(Double(bytesBefore + (reader?.bytesRead ?? 0)) / Double(bytesTotal), 1)
    }

    /// Hands out what could not be sent, once.
    func takeUnsendable() -> [Unsendable] {
        defer { unsendable = [] }
        return unsendable
    }

    /// The next parcel; nil when every file has been read.
    func next() -> Parcel? {
        while ready.isEmpty {
            if reader == nil, !openNextFile() { return nil }
            do {
                if let document = try reader?.next() {
                    take(document)
                } else {
                    closeFile()
                }
            } catch {
                refuse(line: 0, Issue(.fatal, .structure, "\(error)"), nil)
                closeFile()
            }
        }
        return ready.removeFirst()
    }

    private func openNextFile() -> Bool {
        guard file + 1 < files.count else { return false }
        file += 1
        ordinal = 0
        do {
            reader = try DocumentReader(files[file].path)
        } catch {
            refuse(line: 0, Issue(.fatal, .notFound, "\(error)"), nil)
        }
        return true
    }

    private func closeFile() {
        flush()
        bytesBefore += files[file].bytes
        reader = nil
    }

    private func take(_ document: DocumentReader.Document) {
        let json: JSONDocument
        do throws(JSONError) {
            json = try JSONDocument(
                parsing: document.text, limits: JSONLimits(bytesMax: DocumentReader.documentBytesMax))
        } catch {
            refuse(line: document.line, Issue(error), nil)
            return
        }
        guard let type = json.root["resourceType"]?.string else {
            let issue = Issue(.error, .structure, "The document is not a FHIR resource: it has no resourceType.")
            refuse(line: document.line, issue, json.compactText())
            return
        }
        if type == "Bundle" {
            bundle(json, line: document.line)
        } else {
            assembly.add(json.root, fullURL: nil, line: document.line)
            if assembly.isFull { flush() }
        }
    }

    private func bundle(_ json: JSONDocument, line: Int) {
        let entries = json.root["entry"].map { Array($0.elements) } ?? []
        switch json.root["type"]?.string ?? "" {
        case "transaction": given(json, entries, line, .transaction)
        case "batch": given(json, entries, line, .batch)
        case let type: contents(entries, of: type, line)
        }
    }

    /// A transaction or batch goes to the server as it is, made idempotent.
    private func given(_ json: JSONDocument, _ entries: [JSONNode], _ line: Int, _ kind: Parcel.Kind) {
        flush()
        let first = entries.first?["resource"]
        let sample = first?["id"]?.string.flatMap { id in first?["resourceType"]?.string.map { "\($0)/\(id)" } }
        emit(
            idempotent.transaction(json), resources: entries.count,
            isDependent: References.hasConditional(json.text[...]), line: line, sample: sample, kind)
    }

    /// The entries of any other Bundle are loaded one by one; together, where they refer to each other by urn:uuid.
    private func contents(_ entries: [JSONNode], of type: String, _ line: Int) {
        let isWoven = entries.contains { $0["fullUrl"]?.string?.hasPrefix("urn:uuid:") == true }
        if isWoven { flush() }
        var seen: Set<String> = []
        for entry in entries where entry["search"]?["mode"]?.equals("outcome") != true {
            if type == "history" {
                // Newest first: what was seen before is newer, and a version without a resource is a delete.
                guard let place = entry["fullUrl"]?.string ?? entry["request"]?["url"]?.string,
                    seen.insert(place).inserted
                else { continue }
            }
            guard let resource = entry["resource"] else { continue }
            let fullURL = entry["fullUrl"]?.string.flatMap { $0.hasPrefix("urn:uuid:") ? $0 : nil }
            assembly.add(resource, fullURL: fullURL, line: line)
            if assembly.isFull, !isWoven { flush() }
        }
        if isWoven { flush() }
    }

    private func flush() {
        guard assembly.resources > 0 else { return }
        let (resources, line, isDependent, sample) = (
            assembly.resources, assembly.line, assembly.isDependent, assembly.sample
        )
        emit(
            assembly.taken(), resources: resources, isDependent: isDependent, line: line, sample: sample, .assembled)
    }

    private func emit(
        _ bundle: [UInt8], resources: Int, isDependent: Bool, line: Int, sample: String?, _ kind: Parcel.Kind
    ) {
        let origin = Parcel.Origin(file: file, ordinal: ordinal, line: line, sample: sample)
        ready.append(
            Parcel(bundle: bundle, resources: resources, isDependent: isDependent, origin: origin, kind: kind))
        ordinal += 1
    }

    private func refuse(line: Int, _ issue: Issue, _ document: [UInt8]?) {
        unsendable.append(Unsendable(file: file, line: line, issue: issue, document: document))
    }
}
