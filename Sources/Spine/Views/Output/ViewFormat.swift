/// How rows are written.
public enum ViewFormat: String, Sendable, CaseIterable {
    /// A line a row after a line of names, by RFC 4180. No value is an empty field, an empty text is `""`; lists are JSON.
    case csv
    /// A JSON object a line.
    case ndjson
    /// One array of JSON objects.
    case json

    /// The media type.
    public var mediaType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .ndjson: "application/x-ndjson"
        case .json: "application/json"
        }
    }
}
