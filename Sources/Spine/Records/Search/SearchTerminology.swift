import FHIR
import Synchronization

/// What search asks of terminology, for `:in`, `:not-in`, `:below` and `:above`.
///
/// It is asked before the search reads the database, so an answer may read the store itself.
public protocol SearchTerminology: Sendable {
    /// The codes of a value set; nil when it is not known.
    ///
    /// - Parameter url: a canonical, with or without a version, or a literal `ValueSet/id`.
    func codes(inValueSet url: String) throws -> [(system: String, code: String)]?
    /// The code and all that it subsumes; nil when the code system is not known or does not have the code.
    func descendants(of code: String, system: String) throws -> [String]?
    /// The code and all that subsume it; nil when the code system is not known or does not have the code.
    func ancestors(of code: String, system: String) throws -> [String]?
}

/// The value sets that R4 itself requires somewhere; it knows no code system's hierarchy.
struct RequiredValueSets: SearchTerminology {
    let definitions: Definitions

    func codes(inValueSet url: String) -> [(system: String, code: String)]? {
        guard let set = definitions.valueSet(url.split(separator: "|").first.map(String.init) ?? url) else {
            return nil
        }
        return zip(set.systems, set.codesBySystem).flatMap { system, codes in codes.map { (system, $0) } }
    }

    func descendants(of code: String, system: String) -> [String]? { nil }
    func ancestors(of code: String, system: String) -> [String]? { nil }
}

/// Where terminology sits once it is there; before that, only what R4 requires is known.
final class TerminologySeat: SearchTerminology {
    private let held: Mutex<any SearchTerminology>

    init(_ definitions: Definitions) { held = Mutex(RequiredValueSets(definitions: definitions)) }

    func take(_ terminology: any SearchTerminology) { held.withLock { $0 = terminology } }

    private var current: any SearchTerminology { held.withLock { $0 } }

    func codes(inValueSet url: String) throws -> [(system: String, code: String)]? {
        try current.codes(inValueSet: url)
    }

    func descendants(of code: String, system: String) throws -> [String]? {
        try current.descendants(of: code, system: system)
    }

    func ancestors(of code: String, system: String) throws -> [String]? {
        try current.ancestors(of: code, system: system)
    }
}
