import FHIR
import HTTPTypes
import JSON

/// The input of an operation, whether it came in the query, as a Parameters resource or as a bare resource.
struct OperationParameters: Sendable {
    /// One parameter.
    struct Entry: Sendable {
        enum Value: Sendable {
            /// Text of the query; it may stand for any primitive.
            case text(String)
            /// An element of `Parameters.parameter`, with its value, resource or parts.
            case element(JSONNode)
            /// A resource sent as the whole body.
            case resource(JSONNode)
        }

        let name: String
        let value: Value
    }

    private(set) var entries: [Entry] = []

    /// - Parameter query: decoded pairs.
    init(query: [(String, String)] = []) {
        entries = query.map { Entry(name: $0.0, value: .text($0.1)) }
    }

    /// The parts of a parameter, which are parameters themselves.
    init(partsOf element: JSONNode) {
        entries = (element["part"].map { Array($0.elements) } ?? []).compactMap { part in
            part["name"]?.string.map { Entry(name: $0, value: .element(part)) }
        }
    }

    /// Adds what a body says.
    /// - Parameters:
    ///   - name: what a resource other than Parameters stands for; nil when such a body is refused.
    ///   - operation: the operation's name, for the refusal.
    mutating func add(body: JSONDocument, standingFor name: String?, of operation: String) throws(Fault) {
        let root = body.root
        guard let type = root["resourceType"]?.string else {
            throw Fault(.badRequest, .structure, "The body is not a FHIR resource: it has no resourceType.")
        }
        guard type == "Parameters" else {
            guard let name else {
                throw Fault(
                    .badRequest, .structure, "$\(operation) takes a Parameters resource; the body is a \(type).")
            }
            entries.append(Entry(name: name, value: .resource(root)))
            return
        }
        for (index, element) in (root["parameter"].map { Array($0.elements) } ?? []).enumerated() {
            guard let name = element["name"]?.string, !name.isEmpty else {
                throw Fault(.badRequest, .required, "Parameters.parameter[\(index)] has no name.")
            }
            entries.append(Entry(name: name, value: .element(element)))
        }
    }

    /// Whether there is a parameter of this name.
    func has(_ name: String) -> Bool { entries.contains { $0.name == name } }

    /// Every parameter of this name, in order.
    func all(_ name: String) -> [Entry] { entries.filter { $0.name == name } }

    /// The only parameter of this name; nil when there is none.
    /// - Throws: 400 when there are several.
    func one(_ name: String) throws(Fault) -> Entry? {
        let found = all(name)
        guard found.count <= 1 else {
            throw Fault(.badRequest, .invalid, "The parameter \(name) is given \(found.count) times; it may come once.")
        }
        return found.first
    }

    /// Whatever primitive the parameter holds, as its text: `string`, `code`, `uri`, `canonical`, `id`, `date` and so on.
    /// - Throws: 400 when it holds no primitive, or comes more than once.
    func string(_ name: String) throws(Fault) -> String? {
        guard let entry = try one(name) else { return nil }
        return try entry.string()
    }

    /// The texts of a parameter that may come several times.
    func strings(_ name: String) throws(Fault) -> [String] {
        try all(name).map { entry throws(Fault) in try entry.string() }
    }

    /// The text of a parameter that must be there.
    func requiredString(_ name: String) throws(Fault) -> String {
        guard let text = try string(name) else { throw .missingParameter(name) }
        return text
    }

    /// A truth value.
    func boolean(_ name: String) throws(Fault) -> Bool? {
        switch try string(name) {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw .malformedParameter(name, "true or false")
        }
    }

    /// A whole number.
    func integer(_ name: String) throws(Fault) -> Int? {
        guard let text = try string(name) else { return nil }
        guard let value = Int(text) else { throw .malformedParameter(name, "a whole number") }
        return value
    }

    /// A date or time.
    func dateTime(_ name: String) throws(Fault) -> FHIRDateTime? {
        guard let text = try string(name) else { return nil }
        guard let value = FHIRDateTime(text) else {
            throw .malformedParameter(name, "a date or time such as 2026-01-31 or 2026-01-31T08:00:00+08:00")
        }
        return value
    }

    /// A complex value such as a Coding, by the type that the definition gives it.
    /// - Parameter type: `Coding`, `CodeableConcept`, `Reference` and so on.
    /// - Throws: 400 when the parameter holds something else, or stands in the query, where it can't be written.
    func value(_ name: String, type: String) throws(Fault) -> JSONNode? {
        guard let entry = try one(name) else { return nil }
        guard case .element(let element) = entry.value, let value = element[JSONKey("value" + type)] else {
            throw .malformedParameter(name, "a \(type) in a Parameters resource")
        }
        return value
    }

    /// A resource: a parameter's, or the whole body.
    func resource(_ name: String) throws(Fault) -> JSONNode? {
        guard let entry = try one(name) else { return nil }
        return try entry.resource()
    }

    /// The parts of a parameter; nil when it isn't there.
    func parts(_ name: String) throws(Fault) -> OperationParameters? {
        guard let entry = try one(name) else { return nil }
        return try entry.parts()
    }
}

extension OperationParameters.Entry {
    /// Whatever primitive the parameter holds, as its text.
    func string() throws(Fault) -> String {
        switch value {
        case .text(let text): return text
        case .resource: throw .malformedParameter(name, "a primitive value")
        case .element(let element):
            guard let value = anyValue, let text = value.string ?? value.numberText ?? value.bool.map({ "\($0)" })
            else {
                throw .malformedParameter(
                    name, element["value"] == nil ? "a primitive value" : "a value such as valueString, not \"value\"")
            }
            return text
        }
    }

    /// The value of a parameter in a Parameters resource, whatever its type.
    var anyValue: JSONNode? {
        guard case .element(let element) = value else { return nil }
        return element.members.first { $0.key.string?.hasPrefix("value") == true }?.value
    }

    /// The resource that the parameter holds.
    func resource() throws(Fault) -> JSONNode {
        switch value {
        case .resource(let node): return node
        case .element(let element):
            if let resource = element["resource"], resource.isObject { return resource }
        case .text: break
        }
        throw .malformedParameter(name, "a resource")
    }

    /// The parts of the parameter.
    func parts() throws(Fault) -> OperationParameters {
        guard case .element(let element) = value else { throw .malformedParameter(name, "a parameter with parts") }
        return OperationParameters(partsOf: element)
    }
}

extension Fault {
    static func missingParameter(_ name: String) -> Fault {
        Fault(.badRequest, .required, "The parameter \(name) is needed.")
    }
}
