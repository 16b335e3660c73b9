public import Access
public import FHIR
import JSON
import Records

/// What a Subscription says, once it keeps every rule: what is sent to whom, why, where to, and until when.
public struct SubscriptionTerms: Sendable {
    /// The Subscription's id.
    public let id: String
    /// The search by which resources are chosen.
    public let criteria: String
    /// The type that is searched for.
    public let type: String
    /// The parameters of the search.
    public let parameters: [(String, String)]
    /// Where to send.
    public let endpoint: String
    /// Further fields of each request; `{NAME}` in a value stands for a secret of the server's.
    public let headers: [(name: String, value: String)]
    /// When it ends, in milliseconds since 1970 UTC; nil: never.
    public let end: Int64?
    /// The id of the Organization that receives.
    public let receiver: String
    /// The registered program with whose rights things are chosen; nil in an open house.
    public let program: String?
    /// Why, a code of PurposeOfUse.
    public let purpose: String
    /// What may be sent of each resource.
    public let fields: FieldList
    /// How much is hidden at least.
    public let masking: Masking
    /// How long it is at least between the notifications, in milliseconds; what comes meanwhile is sent together.
    public let interval: Int64
}

/// The URLs of what a Subscription says beyond R4.
public enum SubscriptionExtension: String, Sendable, CaseIterable {
    /// Who receives: a Reference to an Organization.
    case receiver
    /// Why: a Coding of PurposeOfUse.
    case purpose
    /// The registered program with whose rights things are chosen: a string.
    case program
    /// A path that may be sent, as a string; repeats.
    case element
    /// `none` or `masked`, a code; `masked` where it is absent.
    case masking
    /// The agreement by which it is shared (共享协议): its number or name, a string.
    case agreement
    /// For how long the receiver may keep it by the agreement: a Duration.
    case retention
    /// How often it is sent by the agreement: a Duration between notifications; at once where it is absent.
    case frequency

    /// The URL.
    public var url: String { "https://healthbrain.dev/fhir/StructureDefinition/subscription-\(rawValue)" }
}

/// What is known about the house when terms are read.
public struct SubscriptionContext: Sendable {
    /// The R4 tables.
    public var definitions: Definitions
    /// Who says which programs there are and what they may be sent.
    public var house: any SubscriptionHouse
    /// Where things are sent through.
    public var door: any NotificationDoor
    /// The program that asks to be sent something, where a program does: it may speak for itself alone.
    public var asker: String?
}

/// Reads a Subscription and gathers all that is wrong with it.
struct TermsReader {
    let resource: JSONNode
    let context: SubscriptionContext
    private(set) var issues: [Issue] = []

    private static let headersMax = 10
    private static let fieldsMax = 200

    init(_ resource: JSONNode, _ context: SubscriptionContext) {
        self.resource = resource
        self.context = context
    }

    /// The terms; nil where ``issues`` says what is wrong.
    mutating func terms() -> SubscriptionTerms? {
        let (endpoint, headers) = channel()
        let receiver = receiver()
        let purpose = purpose()
        let masking = masking()
        let end = end()
        let interval = duration(.frequency)
        _ = duration(.retention)
        let searched = searched(masking ?? .masked)
        let program = program(receiver)
        var fields: FieldList?
        if let searched { fields = self.fields(of: searched.type) }
        if let searched, let purpose, issues.isEmpty { checkRights(searched.type, program, purpose.meaning) }
        guard issues.isEmpty, let searched, let endpoint, let receiver, let purpose, let masking, let fields else {
            return nil
        }
        return SubscriptionTerms(
            id: resource["id"]?.string ?? "", criteria: searched.text, type: searched.type,
            parameters: searched.parameters, endpoint: endpoint, headers: headers, end: end, receiver: receiver,
            program: program, purpose: purpose.code, fields: fields, masking: masking, interval: interval)
    }

    // MARK: Parts

    private mutating func fail(_ code: IssueCode, _ place: String, _ text: String) {
        issues.append(Issue(severity: .error, code: code, diagnostics: text, expression: "Subscription.\(place)"))
    }

    private mutating func channel() -> (String?, [(name: String, value: String)]) {
        let channel = resource["channel"]
        if channel?["type"]?.equals("rest-hook") != true {
            fail(
                .notSupported, "channel.type",
                "Notifications are sent by rest-hook; found “\(channel?["type"]?.string ?? "")”.")
        }
        if channel?["payload"]?.equals("application/fhir+json") != true {
            fail(.required, "channel.payload", "The payload is application/fhir+json.")
        }
        let endpoint = channel?["endpoint"]?.string
        if let rule = context.door.fault(of: endpoint ?? "") { fail(.value, "channel.endpoint", rule) }
        var headers: [(name: String, value: String)] = []
        for (place, line) in (channel?["header"]?.elements.map { $0 } ?? []).enumerated() {
            let parts = (line.string ?? "").split(separator: ":", maxSplits: 1).map(String.init)
            let value = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            if let rule = context.door.fault(ofHeader: parts.first ?? "", value) {
                fail(.value, "channel.header[\(place)]", rule)
            } else {
                headers.append((parts[0], value))
            }
        }
        if headers.count > Self.headersMax { fail(.tooLong, "channel.header", "There are \(Self.headersMax) at most.") }
        return (endpoint, headers)
    }

    private func values(_ wanted: SubscriptionExtension) -> [(place: String, node: JSONNode)] {
        (resource["extension"]?.elements.map { $0 } ?? []).enumerated().compactMap { place, node in
            node["url"]?.equals(wanted.url) == true ? ("extension[\(place)]", node) : nil
        }
    }

    private mutating func receiver() -> String? {
        let found = values(.receiver)
        guard found.count == 1, let reference = found[0].node["valueReference"]?["reference"]?.string,
            let key = ResourceKey(reference: reference), key.type == "Organization"
        else {
            fail(
                .required, found.first?.place ?? "extension",
                "Say once who receives: an extension \(SubscriptionExtension.receiver.url) with a valueReference to an Organization."
            )
            return nil
        }
        do {
            _ = try context.house.ownRecords().read(key)
        } catch {
            fail(.notFound, found[0].place, "There is no \(key).")
            return nil
        }
        return key.id
    }

    private mutating func purpose() -> (code: String, meaning: Purpose)? {
        let found = values(.purpose)
        let code = found.first?.node["valueCoding"]?["code"]?.string
        guard found.count == 1, let code, let meaning = Purpose.of(code: code), meaning != .research,
            meaning != .emergency
        else {
            fail(
                .codeInvalid, found.first?.place ?? "extension",
                "Say once why: an extension \(SubscriptionExtension.purpose.url) with a valueCoding of PurposeOfUse, such as "
                    + "PUBHLTH, HOPERAT or TREAT; copies for research are exported.")
            return nil
        }
        return (code, meaning)
    }

    private mutating func masking() -> Masking? {
        guard let found = values(.masking).first else { return .masked }
        switch found.node["valueCode"]?.string {
        case "none": return Masking.none
        case "masked": return .masked
        default:
            fail(.codeInvalid, found.place, "The masking is a valueCode, none or masked.")
            return nil
        }
    }

    private mutating func end() -> Int64? {
        guard let node = resource["end"] else { return nil }
        guard let text = node.string, let time = FHIRDateTime(text) else {
            fail(.value, "end", "The end is an instant.")
            return nil
        }
        return time.lowMilliseconds
    }

    /// A Duration in milliseconds; 0 where it is absent.
    private mutating func duration(_ wanted: SubscriptionExtension) -> Int64 {
        guard let found = values(wanted).first else { return 0 }
        let duration = found.node["valueDuration"]
        guard let value = duration?["value"]?.double, value > 0, value < 1e6,
            let unit = duration?["code"]?.string.flatMap({ Self.milliseconds[$0] })
        else {
            fail(
                .value, found.place,
                "\(wanted.url) has a valueDuration with a value and a UCUM code of s, min, h, d, wk, mo or a.")
            return 0
        }
        return Int64(value * unit)
    }

    private static let milliseconds: [String: Double] = [
        "s": 1e3, "min": 6e4, "h": 3.6e6, "d": 8.64e7, "wk": 6.048e8, "mo": 2.6298e9, "a": 3.15576e10,
    ]

    private mutating func searched(
        _ masking: Masking
    ) -> (text: String, type: String, parameters: [(String, String)])? {
        let text = resource["criteria"]?.string ?? ""
        do {
            let read = try context.house.ownRecords().criteria(text)
            switch ResourceClass.of(read.type) {
            case .personal, .directory, .definition: break
            case .audit, .transport:
                fail(.notSupported, "criteria", "\(read.type) is not sent to others.")
                return nil
            }
            let hidden = read.parameters.map { String($0.0.prefix { $0 != ":" }) }.first {
                masking.hides(parameter: $0, of: read.type)
            }
            if let hidden {
                fail(
                    .security, "criteria",
                    "What is masked can't be searched for: \(hidden). Leave it out, or ask for masking none.")
                return nil
            }
            return (text, read.type, read.parameters)
        } catch {
            for issue in error.issues { fail(issue.code, "criteria", issue.diagnostics) }
            return nil
        }
    }

    private mutating func program(_ receiver: String?) -> String? {
        let found = values(.program)
        if context.house.isOpen { return found.first?.node["valueString"]?.string }
        let name = found.first?.node["valueString"]?.string
        guard let name, found.count <= 1 else {
            fail(
                .required, found.first?.place ?? "extension",
                "Say once with whose rights it is sent: an extension \(SubscriptionExtension.program.url) with the id of a "
                    + "registered program of the receiver as valueString.")
            return nil
        }
        let place = found.first?.place ?? "extension"
        if let asker = context.asker, asker != name {
            fail(.forbidden, place, "A program subscribes for itself alone.")
            return nil
        }
        do {
            let program = try context.house.program(name)
            if let own = program.organisations, let receiver, !own.contains(receiver) {
                fail(
                    .value, place, "The program “\(name.prefix(64))” belongs to another organization than the receiver."
                )
            }
        } catch {
            for issue in error.issues { fail(issue.code, place, issue.diagnostics) }
        }
        return name
    }

    private mutating func fields(of type: String) -> FieldList? {
        let found = values(.element)
        let paths = found.compactMap { $0.node["valueString"]?.string }
        guard !paths.isEmpty, paths.count == found.count, paths.count <= Self.fieldsMax else {
            fail(
                .required, found.first?.place ?? "extension",
                "Say what may be sent, each path as an extension \(SubscriptionExtension.element.url) with a valueString such "
                    + "as \(type).status; 1 to \(Self.fieldsMax) of them.")
            return nil
        }
        for (place, path) in zip(found.map(\.place), paths) {
            do { _ = try FieldList([path], of: type, context.definitions) } catch {
                fail(.value, place, error.description)
            }
        }
        return try? FieldList(paths, of: type, context.definitions)
    }

    private mutating func checkRights(_ type: String, _ program: String?, _ purpose: Purpose) {
        do {
            let view = try context.house.view(program, purpose: purpose)
            if let refusal = view.refusalToExport(type) {
                fail(
                    .forbidden, "criteria",
                    "The program may not be sent \(type) for this purpose: \(refusal.publicText.en)")
            }
        } catch {
            for issue in error.issues { fail(issue.code, "criteria", issue.diagnostics) }
        }
    }
}
