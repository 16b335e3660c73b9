/// What people die of, and whether in hospital.
struct DeathCauses: Sendable {
    struct Cause: Sendable {
        let concept: [UInt8]
        let inHospitalPercent: Int
        let department: Int
    }

    private let causes: [Cause]
    private let choice: WeightedChoice

    init(departments: Departments) throws(CityError) {
        var causes: [Cause] = []
        var weights: [Double] = []
        for row in try Table(named: "deathcauses.tsv").rows {
            causes.append(
                Cause(
                    concept: Codes.disease(try row.text("code"), try row.text("name")),
                    inHospitalPercent: try row.integer("in_hospital_percent"),
                    department: try departments.index(row.text("department"))))
            weights.append(try row.number("weight"))
        }
        guard !causes.isEmpty else { throw .resource("deathcauses.tsv", reason: "it has no row") }
        self.causes = causes
        choice = WeightedChoice(weights)
    }

    func pick(_ random: inout SeededGenerator) -> Cause { causes[choice.pick(&random)] }
}
