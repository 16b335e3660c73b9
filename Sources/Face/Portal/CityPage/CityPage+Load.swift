import Calendar
import DailyCounts
import Records

extension CityModel {
    /// Reads the page's numbers. Days are full days in Shanghai: the day of `now` is not yet one.
    static func load(_ store: RecordStore, choice: Choice, now: Int64) throws -> CityModel {
        let counts = DailyCounts(store: store)
        let lastDay = try counts.lastDayWithVisits(before: CivilDay(milliseconds: now))
        var model = CityModel(
            choice: choice, residents: try counts.residents(), lastDay: lastDay, visits: [], births: 0, deaths: 0,
            diagnoses: [], pulse: try Pulse.load(store, now: now))
        guard let period = model.period else { return model }
        // The week before the last day is compared with it, so two weeks are read even for a shorter period.
        let reach = period.lowerBound.advanced(by: -max(choice.days, 7))...period.upperBound
        model = CityModel(
            choice: choice, residents: model.residents, lastDay: lastDay, visits: try counts.visits(reach),
            births: try counts.total(.births, period, district: choice.district),
            deaths: try counts.total(.deaths, period, district: choice.district),
            diagnoses: try counts.leadingDiagnoses(period, district: choice.district, limit: 10), pulse: model.pulse)
        return model
    }
}
