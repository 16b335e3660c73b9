public import FHIR
public import JSON
import Terminology
import Validation

/// Checks that the parts of a programme are right and fit together, and tells all faults at once.
public struct ProgrammeChecker: Sendable {
    /// The tables that resources and expressions are checked against.
    public let definitions: Definitions
    private let known: [JSONDocument]

    /// - Parameters:
    ///   - definitions: the tables that resources and expressions are checked against.
    ///   - known: definitions from elsewhere that the programme may refer to: code systems, value sets, questionnaires.
    public init(definitions: Definitions, known: [JSONDocument] = []) {
        self.definitions = definitions
        self.known = known
    }

    /// Every fault of a programme that was read, in the order of its files and lines.
    public func faults(of programme: Programme) -> [ProgrammeFault] {
        []
    }
}
