/// What is wrong with a mapping file.
public struct MapFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file's name.
    public let file: String
    /// The line, from 1.
    public let line: Int
    /// What is wrong.
    public let what: String
    /// What to do about it.
    public let hint: String

    /// `PID.map:12: …; …`
    public var description: String { "\(file):\(line): \(what); \(hint)" }
}

/// All that is wrong with a set of mapping files.
public struct MapFaults: Error, Sendable, CustomStringConvertible {
    /// The faults, by file and line.
    public let faults: [MapFault]

    /// One fault a line.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
