/// A category of data that needs its own grant: level 5 of GB/T 39725-2020.
public enum Sensitivity: String, Sendable, Hashable, CaseIterable {
    /// HIV and AIDS 艾滋病.
    case hiv
    /// Sexually transmitted diseases 性病.
    case sexuallyTransmitted
    /// Mental health 精神卫生.
    case mentalHealth
    /// Reproductive medicine 生殖医学.
    case reproductive
    /// Genetics 遗传.
    case genetic
    /// Abuse and violence 虐待.
    case abuse
    /// Tuberculosis, where the city chose so.
    case tuberculosis
    /// Hepatitis B and C, where the city chose so.
    case hepatitis
    /// Marked as restricted without a category that we know.
    case restricted

    /// The categories that are sensitive everywhere; tuberculosis and hepatitis are the city's choice.
    public static let everywhere = Set(allCases).subtracting([.tuberculosis, .hepatitis])

    /// The category that a security label names; nil for labels that name none.
    public static func ofLabel(system: String, code: String) -> Sensitivity? {
        SensitivityTables.category(ofLabel: system, code)
    }
}
