/// k-anonymity of a table of persons by full-domain generalisation: every column is made as coarse as needed, and rows that
/// remain rare are left out.
public struct KAnonymity: Sendable {
    /// How many persons must share each combination of quasi-identifiers.
    public let k: Int
    /// The share of rows that may be left out, from 0 to 1.
    public let suppressionMax: Double

    /// - Parameters:
    ///   - k: how many persons must share each combination; 5 at least for open tables.
    ///   - suppressionMax: the share of rows that may be left out, from 0 to 1.
    public init(k: Int = 5, suppressionMax: Double = 0.05) {
        precondition(k >= 1 && (0...1).contains(suppressionMax), "k is positive and the share is from 0 to 1")
        self.k = k
        self.suppressionMax = suppressionMax
    }

    /// How exposed the persons of a table are.
    public struct Risk: Sendable, Hashable {
        /// The size of the smallest class; 0 for no rows.
        public let k: Int
        /// How many classes there are.
        public let classes: Int
        /// The prosecutor's risk of the most exposed person: 1 by the smallest class.
        public let highest: Double
        /// The prosecutor's risk on average: classes by rows.
        public let average: Double
        /// The share of rows that are alone in their class.
        public let unique: Double

        /// - Parameters:
        ///   - k: the size of the smallest class.
        ///   - classes: how many classes there are.
        ///   - highest: the risk of the most exposed person.
        ///   - average: the risk on average.
        ///   - unique: the share of rows alone in their class.
        public init(k: Int, classes: Int, highest: Double, average: Double, unique: Double) {
            self.k = k
            self.classes = classes
            self.highest = highest
            self.average = average
            self.unique = unique
        }
    }

    /// What came out.
    public struct Result: Sendable {
        /// For each row what it becomes, by column; nil for one left out.
        public let rows: [[String]?]
        /// How coarse each column was made: the place in its ladder.
        public let levels: [Int]
        /// How many rows were left out.
        public let suppressed: Int
        /// The discernibility metric: for each row the number it cannot be told from, for one left out all rows.
        public let discernibility: Int
        /// The risk before.
        public let before: Risk
        /// The risk after, of the rows that are left.
        public let after: Risk

        /// How many share the rarest combination that is left; 0 when nothing is.
        public var k: Int { after.k }
    }

    /// Makes a table k-anonymous, as ``generalisation(of:floors:)`` tells.
    ///
    /// - Parameter rows: for each row and column the ladder of the value, finest first. All rows have the same columns,
    ///   and a column has as many steps in all rows.
    public func anonymised(_ rows: [[[String]]]) -> Result {
        var persons: [[[String]]: Int] = [:]
        for row in rows { persons[row, default: 0] += 1 }
        let found = generalisation(of: persons.map { Group(ladders: $0.key, persons: $0.value) })
        return Result(
            rows: rows.map(found.values(of:)), levels: found.levels, suppressed: found.suppressed,
            discernibility: found.discernibility, before: found.before, after: found.after)
    }

    /// How exposed the persons of a table are.
    ///
    /// - Parameter rows: the quasi-identifiers of each person.
    public static func risk(_ rows: [[String]]) -> Risk {
        var sizes: [[String]: Int] = [:]
        for row in rows { sizes[row, default: 0] += 1 }
        return Risk(sizes: sizes.values)
    }
}

extension KAnonymity.Risk {
    /// - Parameter sizes: how many persons each class has.
    public init(sizes: some Collection<Int>) {
        let persons = Double(sizes.reduce(0, +))
        let least = sizes.min() ?? 0
        self.init(
            k: least, classes: sizes.count, highest: least == 0 ? 0 : 1 / Double(least),
            average: persons == 0 ? 0 : Double(sizes.count) / persons,
            unique: persons == 0 ? 0 : Double(sizes.count { $0 == 1 }) / persons)
    }
}

extension KAnonymity {
    /// The ladder of an age: years, bands of 5, 10 and 20 years, anything.
    public static func ageLadder(_ years: Int) -> [String] {
        let age = max(years, 0)
        guard age < 90 else { return ["90+", "90+", "90+", "80+", "*"] }
        let tens = age / 10 * 10
        let twenties = age / 20 * 20
        return [
            "\(age)", AgeBands.band(age), "\(tens)-\(tens + 9)", age >= 80 ? "80+" : "\(twenties)-\(twenties + 19)",
            "*",
        ]
    }

    /// The ladder of the age of somebody at an instant.
    ///
    /// - Parameters:
    ///   - birthDate: FHIR's date, maybe without day or month.
    ///   - now: milliseconds since 1970-01-01T00:00:00Z.
    public static func ageLadder(born birthDate: String, at now: Int64) -> [String] {
        CivilAge.years(born: birthDate, at: now).map(ageLadder) ?? ["?", "?", "?", "?", "*"]
    }

    /// The ladder of a place: district, city, province, anywhere.
    public static func placeLadder(_ division: Division?) -> [String] {
        guard let code = division?.code else { return ["?", "?", "?", "*"] }
        return [code, code.prefix(4) + "00", code.prefix(2) + "0000", "*"]
    }

    /// The ladder of a value that is told or not: a sex, an ethnic group.
    public static func plainLadder(_ value: String) -> [String] { [value, "*"] }
}
