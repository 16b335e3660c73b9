/// How the frequency of illness runs through the year and the week.
struct Seasons: Sendable {
    /// A rise around one day of the year; the height falls to nothing `halfWidth` days away.
    struct Bump: Sendable {
        let peakDay: Double
        let halfWidth: Double
        let height: Double
    }

    struct Season: Sendable {
        let name: String
        let base: Double
        let bumps: [Bump]
        /// Peaks in winter, so that its year runs from July to June.
        let isWinter: Bool
    }

    let all: [Season]
    /// Monday first.
    let outpatientWeek: [Double]
    let emergencyWeek: [Double]
    private let indices: [String: Int]

    func index(_ name: String) throws(CityError) -> Int {
        guard let index = indices[name] else { throw .resource("seasons.tsv", reason: "no season \(name)") }
        return index
    }

    init() throws(CityError) {
        var all: [Season] = []
        var indices: [String: Int] = [:]
        for row in try Table(named: "seasons.tsv").rows {
            var bumps: [Bump] = []
            for part in try row.text("bumps").parts(";") {
                let values = part.parts(":").compactMap(Double.init)
                guard values.count == 3 else { throw row.fault("bumps", "day:halfwidth:height") }
                bumps.append(Bump(peakDay: values[0], halfWidth: values[1], height: values[2]))
            }
            let highest = bumps.max { $0.height < $1.height }
            let name = try row.text("name")
            indices[name] = all.count
            all.append(
                Season(
                    name: name, base: try row.number("base"), bumps: bumps,
                    isWinter: (highest?.peakDay ?? 0) < 60 || (highest?.peakDay ?? 0) > 330))
        }
        self.all = all
        self.indices = indices
        var weeks: [String: [Double]] = [:]
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        for row in try Table(named: "weekdays.tsv").rows {
            var week: [Double] = []
            for name in names { week.append(try row.number(name)) }
            weeks[try row.text("kind")] = week
        }
        guard let outpatient = weeks["outpatient"], let emergency = weeks["emergency"] else {
            throw .resource("weekdays.tsv", reason: "rows outpatient and emergency are needed")
        }
        outpatientWeek = outpatient
        emergencyWeek = emergency
    }

    /// The factor of a season on a day; each year's wave has a height of its own.
    func factor(_ index: Int, on day: CivilDay, seed: UInt64) -> Double {
        let season = all[index]
        let dayOfYear = Double(day.dayOfYear)
        let civil = day.civil
        let year = season.isWinter && civil.month < 7 ? civil.year - 1 : civil.year
        let bits = scrambled(seed ^ scrambled(UInt64(truncatingIfNeeded: year * 64 + index)))
        let height = 0.75 + 0.5 * Double(bits >> 11) * 0x1p-53
        var factor = season.base
        for bump in season.bumps {
            var distance = abs(dayOfYear - bump.peakDay)
            if distance > 182.5 { distance = 365 - distance }
            let relative = distance / bump.halfWidth
            if relative < 1 {
                let rest = 1 - relative * relative
                factor += bump.height * height * rest * rest
            }
        }
        return factor
    }
}
