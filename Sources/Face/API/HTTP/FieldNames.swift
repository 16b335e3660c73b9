import HTTPTypes

/// Header names of FHIR's REST interface that HTTP itself does not define.
extension HTTPField.Name {
    /// `Prefer` (RFC 7240): what the client wants back, and how strict the server should be.
    static let prefer = named("Prefer")
    /// `If-None-Exist`: the search of a conditional create.
    static let ifNoneExist = named("If-None-Exist")
    /// `Accept-Patch` (RFC 5789): the forms of patches that are understood.
    static let acceptPatch = named("Accept-Patch")
    /// `X-Request-Id`: the name of one request in everybody's logs.
    static let requestID = named("X-Request-Id")
    /// `Forwarded` (RFC 7239): for whom a proxy asks.
    static let forwarded = named("Forwarded")
    /// The same before there was a standard.
    static let forwardedFor = named("X-Forwarded-For")

    /// `X-Progress`: how far a bulk export is, in words.
    static let progress = named("X-Progress")

    /// `Host`: the library takes the first one away from the fields, so that whatever is left is a second one.
    static let host = named("Host")

    private static func named(_ text: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name(text.description) else {
            preconditionFailure("\(text) is not a valid HTTP field name")
        }
        return name
    }
}
