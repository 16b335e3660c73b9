import FHIR

/// What is wrong with a Questionnaire, where, and what to do about it.
public struct FormFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the resource: `Questionnaire.item[0].item[2].enableWhen[0].question`.
    public let path: String
    /// What is wrong.
    public let message: String
    /// What to do about it; empty where the message says all.
    public let hint: String
    /// Whether the form works all the same.
    public let isWarning: Bool

    init(_ path: String, _ message: String, hint: String = "", isWarning: Bool = false) {
        self.path = path
        self.message = message
        self.hint = hint
        self.isWarning = isWarning
    }

    /// One line.
    public var description: String { "\(path): \(message)" + (hint.isEmpty ? "" : " (\(hint))") }
}

/// Every fault of a Questionnaire that can't be a form.
public struct FormFaults: Error, Sendable, CustomStringConvertible {
    /// Faults and warnings, in the order of the resource.
    public let faults: [FormFault]

    /// A line for each.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
