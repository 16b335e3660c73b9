/// The codes of a value set that some element is bound to with strength `required`.
public struct RequiredValueSet: Sendable {
    /// The canonical URL, without version.
    public let url: String
    /// The code systems that the codes come from.
    public let systems: [String]
    private let systemTable: NameTable
    private let codeTables: [NameTable]
    private let codeLists: [[String]]

    init(url: String, codes: [(system: String, codes: [String])]) {
        self.url = url
        systems = codes.map(\.system)
        systemTable = NameTable(systems)
        codeTables = codes.map { NameTable($0.codes) }
        codeLists = codes.map(\.codes)
    }

    /// All codes, in the order of the table.
    public var codes: [String] {
        codeLists.flatMap { $0 }
    }

    /// Whether some system of the value set has the code.
    public func contains(_ code: String) -> Bool {
        codeTables.contains { $0.position(of: code) != nil }
    }

    /// Whether the value set has the code from this system.
    public func contains(system: String, code: String) -> Bool {
        systemTable.position(of: system).map { codeTables[$0].position(of: code) != nil } ?? false
    }

    func contains(_ code: UnsafeBufferPointer<UInt8>) -> Bool {
        for table in codeTables where table.position(of: code) != nil { return true }
        return false
    }

    func contains(system: UnsafeBufferPointer<UInt8>, code: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let position = systemTable.position(of: system) else { return false }
        return codeTables[position].position(of: code) != nil
    }
}
