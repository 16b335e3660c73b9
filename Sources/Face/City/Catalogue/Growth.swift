/// Usual weight and length of children by age, read between the rows of `growth.tsv`.
struct Growth: Sendable {
    private let months: [Double]
    private let weight: [[Double]]
    private let length: [[Double]]

    /// From this age on, adult values are used.
    static let untilMonths = 216

    init() throws(CityError) {
        var months: [Double] = []
        var weight: [[Double]] = [[], []]
        var length: [[Double]] = [[], []]
        for row in try Table(named: "growth.tsv").rows {
            months.append(try row.number("months"))
            weight[0].append(try row.number("boy_weight"))
            weight[1].append(try row.number("girl_weight"))
            length[0].append(try row.number("boy_length"))
            length[1].append(try row.number("girl_length"))
        }
        self.months = months
        self.weight = weight
        self.length = length
    }

    func weight(_ sex: Sex, months age: Double) -> Double { value(weight[sex.rawValue], at: age) }
    func length(_ sex: Sex, months age: Double) -> Double { value(length[sex.rawValue], at: age) }

    private func value(_ values: [Double], at age: Double) -> Double {
        var index = 0
        while index + 2 < months.count, age > months[index + 1] { index += 1 }
        let share = min(max((age - months[index]) / (months[index + 1] - months[index]), 0), 1)
        return values[index] + (values[index + 1] - values[index]) * share
    }
}
