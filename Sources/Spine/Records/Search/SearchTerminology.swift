import Terminology

/// What search asks of terminology, for `:in`, `:not-in`, `:below` and `:above`.
///
/// It is asked before the search reads the database, because an answer may read the store itself. What is not known is
/// nil; other failures are thrown.
struct SearchTerminology: Sendable {
    let service: TerminologyService

    /// The codes of a value set.
    ///
    /// - Parameter url: a canonical, with or without a version.
    func codes(inValueSet url: String) throws -> [(system: String, code: String)]? {
        try known { () throws(TerminologyError) in try service.codes(inValueSet: url).map { ($0.system, $0.code) } }
    }

    /// The code and all that it subsumes.
    func descendants(of code: String, system: String) throws -> [String]? {
        try known { () throws(TerminologyError) in try service.descendants(system: system, code: code) }
    }

    /// The code and all that subsume it.
    func ancestors(of code: String, system: String) throws -> [String]? {
        try known { () throws(TerminologyError) in try service.ancestors(system: system, code: code) }
    }

    private func known<T>(_ answer: () throws(TerminologyError) -> T) throws(TerminologyError) -> T? {
        do {
            return try answer()
        } catch {
            if error.kind == .notFound { return nil }
            throw error
        }
    }
}
