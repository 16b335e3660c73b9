import FHIRPath
public import JSON

/// Where a measured value is to come to: `PlanDefinition.goal.target` with a `detailRange` whose ends are expressions of the
/// programme's parameters. They may ask for the Patient alone.
public struct PathwayGoal: Sendable {
    /// The system of what is measured.
    public let system: String
    /// The code of what is measured, such as 8480-6.
    public let code: String
    /// What the goal is.
    public let title: Words
    let low: PathwayExpression?
    let high: PathwayExpression?

    /// A goal as it is for one person.
    public struct Range: Sendable, Hashable {
        /// The code of what is measured.
        public let code: String
        /// What the goal is.
        public let title: Words
        /// Not below this; nil where it is open.
        public let low: Double?
        /// Below this; nil where it is open.
        public let high: Double?
    }
}

extension Pathway {
    /// The goals for a person as they are at a time.
    /// - Parameter patient: the Patient.
    public func goals(for patient: JSONDocument, now: Int64) -> [PathwayGoal.Range] {
        guard !goals.isEmpty, let record = PersonRecord([patient]) else { return [] }
        let evaluation = Evaluation(self, record, now: now, nil)
        func number(_ expression: PathwayExpression?) -> Double? {
            guard let expression else { return nil }
            let scope = Evaluation.Scope(moment: Moment(milliseconds: now))
            switch evaluation.values(expression, scope, "goal").first?.system {
            case .integer(let number)?: return Double(number)
            case .decimal(let number)?: return Double(number.text)
            case .quantity(let quantity)?: return Double(quantity.value.text)
            default: return nil
            }
        }
        return goals.compactMap { goal in
            let (low, high) = (number(goal.low), number(goal.high))
            return low == nil && high == nil
                ? nil : PathwayGoal.Range(code: goal.code, title: goal.title, low: low, high: high)
        }
    }
}
