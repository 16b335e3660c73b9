/// A value of an answer whose fields have names of OAuth's own.
enum PlainJSON: Encodable, Sendable {
    case text(String)
    case list([String])
    case flag(Bool)
    case number(Int)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        }
    }
}
