/// A code with its system, as search parameters of type token see it.
public struct Token: Sendable, Hashable {
    /// The code system; empty when none is named.
    public let system: String
    /// The code; of a reference its text.
    public let code: String

    /// - Parameters:
    ///   - system: the code system; empty for none.
    ///   - code: the code.
    public init(system: String, code: String) {
        self.system = system
        self.code = code
    }

    /// Whether a search value such as `code`, `system|code`, `|code` or `system|` finds it.
    public func matches(_ value: String) -> Bool {
        guard let bar = value.lastIndex(of: "|") else { return code == value }
        let wanted = value[value.index(after: bar)...]
        return system == value[..<bar] && (wanted.isEmpty || code == wanted)
    }
}
