public import Calendar

/// The visits of one day in one district.
public struct VisitCount: Sendable, Hashable {
    /// The day in Shanghai.
    public let day: CivilDay
    /// A kind of visit.
    public let kind: DailyCountKind
    /// GB/T 2260 code of the institution's district; 0 when unknown.
    public let district: Int
    /// Visits.
    public let count: Int

    /// The visits of a day in a district.
    public init(day: CivilDay, kind: DailyCountKind, district: Int, count: Int) {
        self.day = day
        self.kind = kind
        self.district = district
        self.count = count
    }
}

/// How often a diagnosis was made in a period.
public struct DiagnosisCount: Sendable, Hashable {
    /// The code system, such as `http://hl7.org/fhir/sid/icd-10`.
    public let system: String
    /// The code in its system.
    public let code: String
    /// The words that came with the code when it was first seen.
    public let display: String
    /// Diagnoses in the period.
    public let count: Int
    /// Diagnoses in the period of equal length before it.
    public let countBefore: Int

    /// How often a diagnosis was made in a period, and in the one before.
    public init(system: String, code: String, display: String, count: Int, countBefore: Int) {
        self.system = system
        self.code = code
        self.display = display
        self.count = count
        self.countBefore = countBefore
    }
}
