import UCUM

/// Units that a rule may name.
enum Units {
    /// Whether a unit is one of UCUM's, or a working day, which UCUM writes as an annotation.
    static func isKnown(_ unit: String) -> Bool { UCUM.isValid(unit) }
}
