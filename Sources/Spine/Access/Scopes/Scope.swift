import FHIR

/// One SMART scope for resources: `patient/Observation.rs?category=laboratory`
/// (<https://hl7.org/fhir/smart-app-launch/STU2/scopes-and-launch-context.html>).
public struct Scope: Sendable, Hashable, CustomStringConvertible {
    /// Whose records a scope is about.
    public enum Context: String, Sendable, Hashable, CaseIterable {
        /// Those of the patient in context.
        case patient
        /// Those that the user may see.
        case user
        /// Those that the program may see.
        case system
    }

    /// What may be done.
    public struct Permissions: OptionSet, Sendable, Hashable {
        /// One bit a letter, `c` the lowest.
        public let rawValue: Int

        /// - Parameter rawValue: one bit a letter, `c` the lowest.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Create.
        public static let create = Permissions(rawValue: 1)
        /// Read, vread and the history of one resource.
        public static let read = Permissions(rawValue: 2)
        /// Update and patch.
        public static let update = Permissions(rawValue: 4)
        /// Delete.
        public static let delete = Permissions(rawValue: 8)
        /// Search, and the history of a type.
        public static let search = Permissions(rawValue: 16)

        static let letters: [(Character, Permissions)] = [
            ("c", .create), ("r", .read), ("u", .update), ("d", .delete), ("s", .search),
        ]
    }

    /// One `parameter=value`; a comma in the value means or.
    public struct Restriction: Sendable, Hashable {
        /// The search parameter's code.
        public let parameter: String
        /// `code`, `system|code`, `|code`, `system|`, or a reference; any of them must be found.
        public let values: [String]

        /// - Parameters:
        ///   - parameter: the search parameter's code.
        ///   - values: the values, any of which must be found.
        public init(parameter: String, values: [String]) {
            self.parameter = parameter
            self.values = values
        }
    }

    /// Whose records.
    public let context: Context
    /// The resource type; nil: all types.
    public let type: String?
    /// What may be done.
    public let permissions: Permissions
    /// All of these must hold.
    public let restrictions: [Restriction]

    /// Reads one scope of version 2, or of version 1 (`.read` is `rs`, `.write` is `cud`, `.*` is `cruds`).
    ///
    /// - Parameters:
    ///   - text: the scope.
    ///   - labels: knows the types, and the search parameters that a scope can be restricted by.
    public init(_ text: String, _ labels: LabelReader) throws(ScopeError) {
        guard let slash = text.firstIndex(of: "/") else { throw .malformed(text) }
        guard let context = Context(rawValue: String(text[..<slash])) else { throw .unknownContext(text) }
        let rest = text[text.index(after: slash)...]
        let query = rest.firstIndex(of: "?")
        let head = rest[..<(query ?? rest.endIndex)]
        guard let dot = head.firstIndex(of: "."), dot != head.startIndex else { throw .malformed(text) }
        let type = String(head[..<dot])
        guard type == "*" || labels.definitions.isResourceType(type) else {
            throw .unknownType(scope: text, type: type)
        }
        let letters = String(head[head.index(after: dot)...])
        guard let permissions = Self.permissions(letters) else { throw .permissions(scope: text, found: letters) }
        self.context = context
        self.type = type == "*" ? nil : type
        self.permissions = permissions
        guard let query else {
            restrictions = []
            return
        }
        guard type != "*" else { throw .restrictedWildcard(text) }
        restrictions = try Self.restrictions(rest[rest.index(after: query)...], of: type, text, labels)
    }

    private static func permissions(_ text: String) -> Permissions? {
        switch text {
        case "read": return [.read, .search]
        case "write": return [.create, .update, .delete]
        case "*": return [.create, .read, .update, .delete, .search]
        default: break
        }
        var found: Permissions = []
        var place = 0
        for letter in text {
            guard let next = Permissions.letters[place...].firstIndex(where: { $0.0 == letter }) else { return nil }
            found.insert(Permissions.letters[next].1)
            place = next + 1
        }
        return found.isEmpty ? nil : found
    }

    private static func restrictions(
        _ query: Substring, of type: String, _ scope: String, _ labels: LabelReader
    ) throws(ScopeError) -> [Restriction] {
        var found: [Restriction] = []
        for part in query.split(separator: "&", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let code = percentDecoded(sides[0]), let value = percentDecoded(sides[1]),
                !code.isEmpty, !value.isEmpty
            else { throw .restriction(scope: scope, found: String(part)) }
            let plain = code.split(separator: ":", maxSplits: 1).first.map(String.init) ?? code
            guard labels.definitions.searchParameter(plain, of: type) != nil else {
                throw .unknownParameter(scope: scope, type: type, parameter: plain)
            }
            guard plain == code, labels.restrictingPaths(code, of: type) != nil else {
                throw .unsupportedParameter(scope: scope, parameter: code)
            }
            let values = value.split(separator: ",").map(String.init)
            guard !values.isEmpty else { throw .restriction(scope: scope, found: String(part)) }
            found.append(Restriction(parameter: code, values: values))
        }
        return found
    }

    /// The scope in the form of version 2.
    public var description: String {
        let letters = Permissions.letters.filter { permissions.contains($0.1) }.map { String($0.0) }.joined()
        let query = restrictions.map { $0.parameter + "=" + $0.values.joined(separator: ",") }.joined(separator: "&")
        return "\(context.rawValue)/\(type ?? "*").\(letters)" + (query.isEmpty ? "" : "?" + query)
    }
}

/// The text behind percent escapes; nil when an escape is malformed or the bytes are no UTF-8.
private func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst(), let low = rest.popFirst(),
            let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
        else { return nil }
        bytes.append(value)
    }
    return String(validating: bytes, as: UTF8.self)
}
