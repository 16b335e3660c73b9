import Calendar
import DailyCounts

/// The city's page as plain data.
struct CityModel: Sendable {
    /// What the address asks for.
    struct Choice: Sendable, Equatable {
        /// The lengths of period on offer, in days.
        static let periods = [14, 30, 90, 365]

        /// The period, in days.
        var days = 90
        /// GB/T 2260 code of the chosen district, nil for the whole city.
        var district: Int?

        /// Reads `days` and `district`; what is not on offer is left at its default.
        init(query: [(name: String, value: String)] = []) {
            for (name, value) in query {
                switch name {
                case "days":
                    if let days = Int(value), Self.periods.contains(days) { self.days = days }
                case "district":
                    if let code = Int(value), (100_000...999_999).contains(code) { district = code }
                default: break
                }
            }
        }
    }

    /// One district over the period.
    struct DistrictRow: Sendable, Equatable {
        /// GB/T 2260 code; 0 when the institution's district is not known.
        let district: Int
        let visits: Int
        let visitsBefore: Int
        /// Visits of each day of the period, oldest first.
        let daily: [Int]
    }

    let choice: Choice
    /// Living residents by district.
    let residents: [Int: Int]
    /// The last full day on which there was a visit; nil in an empty store.
    let lastDay: CivilDay?
    /// Visits of the period and of the one before it.
    let visits: [VisitCount]
    let births: Int
    let deaths: Int
    let diagnoses: [DiagnosisCount]
    let pulse: Pulse

    /// The days of the period, both included; nil in an empty store.
    var period: ClosedRange<CivilDay>? {
        lastDay.map { $0.advanced(by: 1 - choice.days)...$0 }
    }

    /// Residents of the chosen district, or of all.
    var residentsTotal: Int {
        choice.district.map { residents[$0] ?? 0 } ?? residents.values.reduce(0, +)
    }

    /// Visits on a day in the chosen district, or in all.
    func visits(on day: CivilDay, kind: DailyCountKind? = nil) -> Int {
        visits.reduce(0) { sum, count in
            count.day == day && isChosen(count) && (kind == nil || count.kind == kind) ? sum + count.count : sum
        }
    }

    /// Visits of each day of the period in the chosen district, or in all, oldest first.
    var dailyVisits: [Int] {
        guard let period else { return [] }
        var daily = [Int](repeating: 0, count: choice.days)
        for count in visits where isChosen(count) && period.contains(count.day) {
            daily[count.day.number - period.lowerBound.number] += count.count
        }
        return daily
    }

    /// Every district that has a boundary or a visit, most visits first; equal ones by code.
    /// - Parameter known: the codes that have a boundary.
    func districtRows(known: [Int]) -> [DistrictRow] {
        guard let period else { return [] }
        var daily: [Int: [Int]] = [:]
        var before: [Int: Int] = [:]
        for code in known { daily[code] = [Int](repeating: 0, count: choice.days) }
        for count in visits {
            if period.contains(count.day) {
                daily[count.district, default: [Int](repeating: 0, count: choice.days)][
                    count.day.number - period.lowerBound.number] += count.count
            } else {
                before[count.district, default: 0] += count.count
            }
        }
        return daily.map { district, days in
            DistrictRow(
                district: district, visits: days.reduce(0, +), visitsBefore: before[district] ?? 0, daily: days)
        }.sorted { ($1.visits, $0.district) < ($0.visits, $1.district) }
    }

    private func isChosen(_ count: VisitCount) -> Bool { choice.district.map { $0 == count.district } ?? true }
}
