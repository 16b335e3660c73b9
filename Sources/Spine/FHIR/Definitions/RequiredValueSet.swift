/// The codes of a value set that some element is bound to with strength `required`.
public struct RequiredValueSet: Sendable {
    /// The canonical URL, without version.
    public let url: String
    /// The code systems that the codes come from.
    public let systems: [String]
    /// The codes of each system, in the order of the table.
    public let codesBySystem: [[String]]
    /// List 0: the systems; then a list for each system's codes; last a list of all codes.
    private let tables: NameTables

    init(url: String, codes: [(system: String, codes: [String])]) {
        self.url = url
        systems = codes.map(\.system)
        codesBySystem = codes.map(\.codes)
        tables = NameTables([systems] + codesBySystem + [codesBySystem.flatMap { $0 }])
    }

    /// All codes, in the order of the table.
    public var codes: [String] {
        codesBySystem.flatMap { $0 }
    }

    /// Whether some system of the value set has the code.
    public func contains(_ code: String) -> Bool {
        tables.position(of: code, in: systems.count + 1) != nil
    }

    /// Whether the value set has the code from this system.
    public func contains(system: String, code: String) -> Bool {
        tables.position(of: system).map { tables.position(of: code, in: $0 + 1) != nil } ?? false
    }

    func contains(system: UnsafeBufferPointer<UInt8>, code: UnsafeBufferPointer<UInt8>) -> Bool {
        tables.position(of: system).map { tables.position(of: code, in: $0 + 1) != nil } ?? false
    }
}
