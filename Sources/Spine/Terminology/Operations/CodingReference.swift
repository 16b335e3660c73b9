public import JSON

/// A code as a client names it: `Coding`, or the single parameters.
public struct CodingReference: Sendable, Equatable {
    /// The canonical URL of the code system; nil when not said.
    public var system: String?
    /// The version of the system; nil when not said.
    public var version: String?
    /// The code.
    public var code: String
    /// The name that the client gave it; nil when not said.
    public var display: String?

    /// - Parameters:
    ///   - system: the canonical URL of the code system.
    ///   - version: the version of the system.
    ///   - code: the code.
    ///   - display: the name that the client gave it.
    public init(system: String? = nil, version: String? = nil, code: String, display: String? = nil) {
        self.system = system
        self.version = version
        self.code = code
        self.display = display
    }

    /// Reads a `Coding`; nil when it has no code.
    public init?(_ coding: JSONNode) {
        guard let code = coding["code"]?.string else { return nil }
        self.init(
            system: coding["system"]?.string, version: coding["version"]?.string, code: code,
            display: coding["display"]?.string)
    }

    /// The codings of a `CodeableConcept` that have a code.
    public static func list(_ concept: JSONNode) -> [CodingReference] {
        guard let elements = concept["coding"]?.elements else { return [] }
        return elements.compactMap { CodingReference($0) }
    }

    /// `code (system)`, for messages.
    var text: String { system.map { "“\(code)” (\($0))" } ?? "“\(code)”" }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let system { writer.member("system", string: system) }
        if let version { writer.member("version", string: version) }
        writer.member("code", string: code)
        if let display { writer.member("display", string: display) }
        writer.endObject()
    }
}
