import Identity

/// An invented town of households whose records are the background of a test: a matcher learns from it what is common.
struct Town {
    static let header =
        "record_id,source,source_type,local_id,registered_at,name,sex,birth_date,id_type,id_no,mobile,address,district,"
        + "card_no,si_card_no,ethnicity,contact_name"
    private(set) var rows: [String] = []
    private var state: UInt64

    init(households: Int, seed: UInt64) {
        state = seed
        for _ in 0..<households { addHousehold() }
    }

    private mutating func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    private mutating func pick(_ text: String) -> Character {
        text[text.index(text.startIndex, offsetBy: random(text.count))]
    }

    private mutating func addHousehold() {
        let phone = "139\(10_000_000 + random(89_999_999))"
        let flat = "湖滨新村\(1 + random(90))幢\(1 + random(4))单元\(100 * (1 + random(18)) + 1 + random(4))室"
        let year = 1950 + random(45)
        let father = resident(1, year, surname: pick("王李张陈林赵周吴"))
        let mother = resident(2, year + random(4), surname: pick("徐孙马朱胡郭何高"))
        let child = resident(1 + random(2), year + 25, surname: father.name.first ?? "王")
        for person in [father, mother, child] {
            for visit in 0..<(1 + random(3)) {
                let hasNumber = random(4) > 0
                add(
                    person.name, person.sex, person.birth, number: hasNumber ? person.number : "",
                    phone: random(5) > 0 ? phone : "", address: random(5) > 0 ? flat : "", source: "H\(visit)")
            }
        }
    }

    private mutating func resident(_ sex: Int, _ year: Int, surname: Character) -> (
        name: String, sex: Int, birth: String, number: String
    ) {
        let given = "\(pick("国建明荣丽芳英红敏文晓海"))\(pick("华平峰萍燕霞强军辉洁静波"))"
        let birth = "\(year)-\(two(1 + random(12)))-\(two(1 + random(28)))"
        let sequence = random(499) * 2 + sex % 2
        return ("\(surname)\(given)", sex, birth, Town.number("330106", birth, sequence))
    }

    private func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// A valid number by the rule of GB 11643, computed here anew.
    static func number(_ division: String, _ birth: String, _ sequence: Int) -> String {
        let digits = division + birth.filter { $0 != "-" } + String(1000 + sequence).dropFirst()
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(digits, weights).reduce(0) { $0 + ($1.0.wholeNumberValue ?? 0) * $1.1 }
        return digits + String(Array("10X98765432")[sum % 11])
    }

    /// Adds a record.
    mutating func add(
        _ name: String, _ sex: Int, _ birth: String, number: String = "", phone: String = "", address: String = "",
        source: String = "H9", card: String = "", contact: String = "", registered: String = "2024-05-06",
        id: String? = nil
    ) {
        rows.append(
            "\(id ?? "t\(rows.count)"),\(source),hospital,,\(registered),\(name),\(sex),\(birth),01,\(number),\(phone),"
                + "\(address),330106,\(card),,01,\(contact)")
    }

    var csv: [UInt8] { Array(([Self.header] + rows).joined(separator: "\n").utf8) }
}

extension Linking {
    /// The person of a record.
    func person(_ record: String) -> String? { decisions.first { $0.recordID == record }?.personID }
}
