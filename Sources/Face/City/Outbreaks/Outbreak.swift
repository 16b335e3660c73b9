/// An outbreak that the simulator plants: the truth about it, which no record tells.
public struct PlantedOutbreak: Sendable, Hashable, Identifiable {
    /// As in `outbreaks.tsv`: `school`, `wave`, `dengue`, `rise`, `artefact`.
    public let id: String
    /// In Chinese.
    public let nameZh: String
    /// In English.
    public let nameEn: String
    /// Code of ICD-10 of the illness.
    public let code: String
    /// The illness in Chinese.
    public let illness: String
    /// GB/T 2260 code of the district; nil for the whole city.
    public let district: String?
    /// The first day on which somebody may be seen, `yyyy-MM-dd`.
    public let first: String
    /// The last one.
    public let last: String
    /// From when what causes it shows in what its district samples, such as water; the first day where nothing does.
    public let exposed: String
    /// Whether nobody is ill and it must not be told: positives of a contaminated run.
    public let isArtefact: Bool
}

/// Somebody who belongs to a planted outbreak, and the day on which a doctor or laboratory sees it.
public struct PlantedCase: Sendable, Hashable {
    /// ``PlantedOutbreak/id``.
    public let outbreak: String
    /// The id of the Patient.
    public let patient: String
    /// `yyyy-MM-dd`.
    public let day: String
}

/// One outbreak as it runs: whom it may reach, how likely, and on which days.
struct Outbreak: Sendable {
    enum Kind: String {
        /// People fall ill and see a doctor.
        case illness
        /// The same, after one traveller who lives anywhere.
        case imported
        /// Tests of people who aren't ill come back positive.
        case positives
    }

    let number: Int
    let id: String
    let nameZh: String
    let nameEn: String
    let kind: Kind
    /// Index into the model's diagnoses.
    let diagnosis: Int
    /// Index of the district; nil for the whole city.
    let district: Int?
    let ages: Range<Int>
    /// How likely each of those is to be reached.
    let risk: Double
    /// How many that makes, on average.
    let wanted: Double
    let first: CivilDay
    /// How the cases spread over the days from the first one.
    let course: WeightedChoice
    let days: Int
    /// Household of the traveller who brings it.
    let traveller: Int
}

/// The course of an outbreak as `outbreaks.tsv` names it: percentages of days, or one of three shapes.
enum OutbreakCourse {
    /// Weights by day; nil for what can't be read.
    static func weights(_ text: String) -> [Double]? {
        let parts = text.parts(":")
        let numbers = parts.dropFirst().compactMap { Int($0) }
        switch parts.first {
        case "wave": return numbers.count == 1 && numbers[0] > 2 ? wave(days: numbers[0]) : nil
        case "rise": return numbers.count == 1 && numbers[0] > 2 ? (1...numbers[0]).map(Double.init) : nil
        case "generations":
            guard numbers.count == 2, numbers[0] > 4, numbers[1] > 0 else { return nil }
            return generations(apart: numbers[0], count: numbers[1])
        default:
            let days = text.parts(",").compactMap(Double.init)
            return days.isEmpty || days.count != text.parts(",").count ? nil : days
        }
    }

    /// Up and down like a bell, steeper at first.
    private static func wave(days: Int) -> [Double] {
        (0..<days).map { day in
            let x = (Double(day) + 0.5) / Double(days)
            return x * x * (1 - x)
        }
    }

    /// Generations that double, each spread over five days around its middle; none before the first of them.
    private static func generations(apart: Int, count: Int) -> [Double] {
        var weights = [Double](repeating: 0, count: apart * count + 3)
        for generation in 1...count {
            for (offset, weight) in zip(-2...2, [1.0, 2, 3, 2, 1]) {
                weights[generation * apart + offset] += weight * Double(1 << (generation - 1))
            }
        }
        return weights
    }
}
