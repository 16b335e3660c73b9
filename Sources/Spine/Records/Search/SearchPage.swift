public import FHIR

/// One page of a search.
public struct SearchPage: Sendable {
    /// Why a resource is on the page.
    public enum Mode: String, Sendable {
        /// It was looked for.
        case match
        /// It came along.
        case include
        /// It tells about the search.
        case outcome
    }

    /// A resource on the page.
    public struct Entry: Sendable {
        /// The current version.
        public let version: Version
        /// Why it is here.
        public let mode: Mode
    }

    /// The part of each resource that is wanted; nil for the whole.
    public var subset: ResourceSubset?
    /// The resources, in order; included ones last.
    public let entries: [Entry]
    /// How many match in all; nil when nobody asked and it would cost.
    public let total: Int?
    /// What `_cursor` of the next page is; nil on the last page.
    public let next: String?
    /// The parameters as understood.
    public let selfParameters: [(String, String)]
    /// What was passed over in lenient mode.
    public let issues: [Issue]
}
