import FHIR

/// A search as understood: what to match, in which order, and what to send along.
struct SearchQuery {
    enum Total { case none, estimate, accurate }

    struct Sort: Equatable {
        enum Key: Equatable {
            case id
            case lastUpdated
            case parameter(String)
        }

        var key: Key
        var isDescending: Bool
    }

    struct Include: Equatable {
        /// The type that has the reference; nil for every type (`*`).
        var source: String?
        /// The code of the reference parameter; nil for every one (`*`).
        var code: String?
        /// The wanted type of the target.
        var target: String?
        /// Whether it is followed from resources that came along, too (`:iterate`).
        var iterates = false
    }

    let type: String
    var clauses: [Clause] = []
    var sorts: [Sort] = []
    var count = 20
    var total: Total?
    var countsOnly = false
    /// The part of each resource that is wanted; nil for the whole.
    var subset: ResourceSubset?
    var includes: [Include] = []
    var reverseIncludes: [Include] = []
    var cursor: Cursor?
    /// What was understood, for the `self` link.
    var understood: [(String, String)] = []
    /// What was passed over in lenient mode.
    var warnings: [Issue] = []

    static let countMax = 1000
}
