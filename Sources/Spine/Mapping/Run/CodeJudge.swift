import Synchronization
import Terminology

/// Asks the terminology about codes, each once.
final class CodeJudge: Sendable {
    private let terminology: TerminologyService
    private let known = Mutex<[String: TerminologyService.CodingFinding]>([:])

    /// How many answers are kept.
    private static let answersMax = 50_000

    init(_ terminology: TerminologyService) { self.terminology = terminology }

    /// What a code system of HL7 or FHIR says of a code; others aren't asked.
    func finding(_ system: String, _ code: String, _ display: String?) -> TerminologyService.CodingFinding {
        guard system.hasPrefix("http://terminology.hl7.org/") || system.hasPrefix("http://hl7.org/fhir/") else {
            return .none
        }
        let key = "\(system)|\(code)|\(display ?? "")"
        if let answer = known.withLock({ $0[key] }) { return answer }
        let answer = terminology.finding(system: system, code: code, display: display)
        known.withLock { if $0.count < Self.answersMax { $0[key] = answer } }
        return answer
    }
}
