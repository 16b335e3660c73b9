/// What a member's value must be, as a small number for the validator.
enum ValueKind: UInt8 {
    /// An object with a structure.
    case complex
    /// An object that names its own type.
    case resource
    /// The `resourceType` of a resource.
    case resourceType
    case base64Binary, boolean, canonical, code, date, dateTime, decimal, id, instant, integer, markdown, oid
    case positiveInt, string, time, unsignedInt, uri, url, uuid, xhtml

    init(_ member: Member) {
        self = member.isPrimitive ? Self(primitive: member.type) : member.type == "Resource" ? .resource : .complex
    }

    private init(primitive name: String) {
        switch name {
        case "base64Binary": self = .base64Binary
        case "boolean": self = .boolean
        case "canonical": self = .canonical
        case "code": self = .code
        case "date": self = .date
        case "dateTime": self = .dateTime
        case "decimal": self = .decimal
        case "id": self = .id
        case "instant": self = .instant
        case "integer": self = .integer
        case "markdown": self = .markdown
        case "oid": self = .oid
        case "positiveInt": self = .positiveInt
        case "time": self = .time
        case "unsignedInt": self = .unsignedInt
        case "uri": self = .uri
        case "url": self = .url
        case "uuid": self = .uuid
        case "xhtml": self = .xhtml
        default: self = .string
        }
    }
}
