import JSON

/// One measured number of an Observation or of one of its components.
struct Reading: Sendable, Equatable {
    let name: Concept
    let value: Double
    /// The number as written, so that `5.10` stays `5.10`.
    let number: String
    let unit: String
    /// The reference range; either end may be open.
    let low: Double?
    let high: Double?

    var text: String { unit.isEmpty ? number : number + " " + unit }

    var flag: ClinicalFact.Flag? {
        if let low, value < low { return .low }
        if let high, value > high { return .high }
        return nil
    }

    /// Every measured number of an Observation.
    static func all(_ observation: JSONNode) -> [Reading] {
        if let own = Reading(observation) { return [own] }
        let readings = (observation["component"]?.elements).map { $0.compactMap(Reading.init) } ?? []
        // A blood pressure is written systolic first, whatever the order of its components (LOINC 8480-6, 8462-4).
        return readings.map(\.name.code) == ["8462-4", "8480-6"] ? readings.reversed() : readings
    }

    private init?(_ node: JSONNode) {
        guard let quantity = node["valueQuantity"], let value = quantity["value"]?.double,
            let number = quantity["value"]?.numberText, let name = Concept(node["code"])
        else { return nil }
        self.name = name
        self.value = value
        self.number = Self.shortened(number, value)
        unit = quantity["unit"]?.string ?? quantity["code"]?.string ?? ""
        let range = node["referenceRange"]?[0]
        low = range?["low"]?["value"]?.double
        high = range?["high"]?["value"]?.double
    }

    /// As written up to four decimals, else rounded to two: a generator's digits help nobody read.
    private static func shortened(_ number: String, _ value: Double) -> String {
        guard let dot = number.firstIndex(of: "."), number[dot...].count > 5, abs(value) < 1e12 else { return number }
        let hundredths = Int((abs(value) * 100).rounded())
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        let rest = hundredths % 100
        return "\(sign)\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
