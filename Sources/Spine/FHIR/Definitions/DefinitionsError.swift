public import JSON

/// Why the tables of FHIR could not be loaded.
public enum DefinitionsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file of the tables is not there or cannot be read.
    case unreadable(file: String)
    /// A file of the tables is not JSON.
    case malformed(file: String, JSONError)
    /// A record of a file does not have the expected shape; records are counted from zero.
    case unexpectedRecord(file: String, record: Int)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .unreadable(let file): "the FHIR definitions lack \(file)"
        case .malformed(let file, let error): "the FHIR definitions in \(file) are not JSON: \(error)"
        case .unexpectedRecord(let file, let record): "record \(record) of the FHIR definitions in \(file) is malformed"
        }
    }
}
