/// What registries report by month: marriages and divorces of each district, by its health commission. House default, no statistics.
struct CityRegister: Sendable {
    private static let firstSerial = 2_000_000
    /// A year for each 1,000 residents.
    private let marriages = 5.0
    private let divorces = 2.0

    /// Writes the MeasureReports of one district, one for each month that is over.
    func write(district: Int, model: CityModel, to bundle: inout BundleWriter) {
        guard
            let office = model.network.institutions.first(where: {
                $0.kind == .commission && $0.district == district
            }) ?? model.network.institutions.first(where: { $0.kind == .cdc && $0.district == district })
        else { return }
        let people = Double(model.places.districts.reduce(0) { $0 + $1.population })
        let share = Double(model.places.districts[district].population) / people
        let thousands = Double(model.options.residents) * share / 1_000
        var random = SeededGenerator(seed: office.key, purpose: .registers)
        let (from, until) = (model.start.civil, model.end.civil)
        for number in from.year * 12 + from.month - 1..<until.year * 12 + until.month - 1 {
            let counts = [("marriages", "结婚登记", marriages), ("divorces", "离婚登记", divorces)].map {
                ($0.0, $0.1, random.count(mean: thousands * $0.2 / 12))
            }
            let (first, next) = (Self.firstDay(number), Self.firstDay(number + 1))
            bundle.add("MeasureReport", ResourceID(owner: office.key, serial: Self.firstSerial + number)) { text in
                text.put(#","status":"complete","type":"summary","measure":"https://healthbrain.dev/fhir/Measure/"#)
                text.put(#"population-register","date":""#)
                text.put(next)
                text.put(#"","reporter":"#)
                text.put(office.reference)
                text.put(#","period":{"start":""#)
                text.put(first)
                text.put(#"","end":""#)
                text.put(next.adding(days: -1))
                text.put(#""},"group":["#)
                for (place, item) in counts.enumerated() {
                    text.put(place == 0 ? #"{"code":"# : #",{"code":"#)
                    text.put(
                        Codes.concept(
                            system: Codes.house + "/CodeSystem/population-register", code: item.0, display: item.1))
                    text.put(#","population":[{"count":"#)
                    text.put(item.2)
                    text.put("}]}")
                }
                text.put("]")
            }
        }
    }

    private static func firstDay(_ month: Int) -> CivilDay {
        CivilDay(year: month / 12, month: month % 12 + 1, day: 1)
    }
}
