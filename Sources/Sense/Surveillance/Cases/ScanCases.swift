/// How many replicates may be asked for.
private let replicates = 0...1_000_000

/// A case of `SpatialEpi::kulldorff`.
struct SpatialScanCase {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func outputs(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> [CaseOutput] {
        let path = "\(try settings.fileName("dataset"))__areas.csv"
        let table = try inputs.table(path)
        guard let x = try table.numbers("x"), let y = try table.numbers("y"), let cases = try table.counts("cases"),
            let population = try table.numbers("population")
        else { throw SurveillanceFault(path, "needs the columns x, y, cases and population") }
        let total = cases.reduce(0, +)
        let people = population.reduce(0, +)
        let expected = try table.numbers("expected") ?? population.map { people > 0 ? total * $0 / people : 0 }
        guard !(x + y + cases + population + expected).contains(where: \.isNaN) else {
            throw SurveillanceFault(path, "misses a value")
        }
        let model = try settings.required("model", settings.choice("model", SpatialScan.Model.self))
        let scan = SpatialScan(
            model, populationBound: try settings.number("pop_upper_bound") ?? 0.5,
            replicates: try settings.integer("n_simulations", replicates) ?? 999,
            significance: try settings.number("alpha_level") ?? 0.1)
        let areas = x.indices.map {
            SpatialScan.Area(x: x[$0], y: y[$0], cases: cases[$0], population: population[$0], expected: expected[$0])
        }
        return [JSONText.clusters(id, try scan.scan(areas).clusters)]
    }
}

/// A case of R's `scanstatistics`.
struct SpaceTimeScanCase {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func outputs(_ id: String, _ inputs: CaseInputs) async throws(SurveillanceFault) -> [CaseOutput] {
        let dataset = try settings.fileName("dataset")
        let areas = try inputs.table("\(dataset)__areas.csv")
        guard let x = try areas.numbers("x"), let y = try areas.numbers("y") else {
            throw SurveillanceFault("\(dataset)__areas.csv", "needs the columns x and y")
        }
        guard !(x + y).contains(where: \.isNaN) else {
            throw SurveillanceFault("\(dataset)__areas.csv", "misses a place")
        }
        let cases = try Self.rows(inputs.table("\(dataset)__counts.csv"), Table.counts)
        var population: [[Double]]?
        if inputs.read("\(dataset)__population.csv") != nil {
            population = try Self.rows(inputs.table("\(dataset)__population.csv"), Table.numbers)
        }
        let null = try settings.required("method", settings.choice("method", SpaceTimeScan.Null.self))
        let scan = SpaceTimeScan(
            null, nearest: try settings.integer("k_nearest") ?? 1, longest: try settings.integer("max_duration"),
            replicates: try settings.integer("n_mcsim", replicates) ?? 999,
            significance: try settings.number("alpha_level") ?? 0.1)
        let counts = SpaceTimeScan.Counts(places: zip(x, y).map { ($0, $1) }, cases: cases, population: population)
        return [JSONText.clusters(id, try await scan.scan(counts))]
    }

    private static func rows(
        _ table: Table, _ read: (Table) -> (String) throws(SurveillanceFault) -> [Double]?
    ) throws(SurveillanceFault) -> [[Double]] {
        var columns: [[Double]] = []
        for name in table.columns where name != "t" { columns.append(try read(table)(name) ?? []) }
        return table.rows.indices.map { row in columns.map { $0[row] } }
    }
}

/// JSON as text.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 32:
                quoted += "\\u00" + (scalar.value < 16 ? "0" : "1") + String(scalar.value % 16, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// A number; null where JSON has none for it.
    static func number(_ number: Double) -> String { number.isFinite ? Table.text(number) : "null" }

    static func clusters(_ id: String, _ clusters: [Cluster]) -> CaseOutput {
        let items = clusters.enumerated().map { rank, cluster in
            let duration = cluster.duration.map { "\"duration\": \($0), " } ?? ""
            return """
                  {"rank": \(rank + 1), "areas": [\(cluster.areas.map(String.init).joined(separator: ", "))], \(duration)\
                "cases": \(number(cluster.cases)), "expected": \(number(cluster.expected)), \
                "llr": \(number(cluster.llr)), "p_value": \(number(cluster.p)), \
                "recurrence_interval": \(number(cluster.recurrenceInterval))}
                """
        }
        let text = "{\"id\": \(quoted(id)), \"clusters\": [\n\(items.joined(separator: ",\n"))\n]}\n"
        return CaseOutput(name: "\(id).json", text: text)
    }
}
