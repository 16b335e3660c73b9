/// What matching looks at of one record, in plain numbers.
struct Features: Sendable {
    /// Number in the names; -1 none.
    var name: Int32 = -1
    /// The mother of a newborn's record, else the contact; -1 none.
    var guardian: Int32 = -1
    /// yyyymmdd; 0 none.
    var birth: Int32 = 0
    /// Numbers of words of the parted columns; -1 none.
    var given: Int32 = -1
    var surname: Int32 = -1
    var address1: Int32 = -1
    var address2: Int32 = -1
    var suburb: Int32 = -1
    var postcode: Int32 = -1
    var streetNumber: Int32 = -1
    /// The record's own number.
    var number = DocumentNumber.none
    var identifier = DocumentNumber.none
    /// The number of a parent or relative that stands in the record's place for its own.
    var guardianNumber: UInt64 = 0
    /// 0 none; likewise below.
    var phone: UInt64 = 0
    var socialCard: UInt64 = 0
    var card: UInt64 = 0
    var source: UInt64 = 0
    var flat: UInt64 = 0
    var estate: UInt64 = 0
    var district: UInt32 = 0
    var ethnicity: UInt32 = 0
    /// 1 male, 2 female, 0 unknown (GB/T 2261.1).
    var sex: UInt8 = 0
    /// Which of twins a newborn's record is about; 0 not said.
    var birthOrder: UInt8 = 0
    var isNewborn = false
    /// Whether the birth date stands in the record, and wasn't taken from its number.
    var isBirthStated = false
}

/// Short texts of the parted columns, each held once.
struct Words: Sendable {
    private var numbering = Numbering()
    private(set) var texts: [[UInt8]] = []

    /// Depends on the text alone, not on its number.
    func hash(of word: Int32) -> UInt64 { numbering.keys[Int(word)] }

    mutating func number(of text: [UInt8]) -> Int32 {
        if text.isEmpty { return -1 }
        let (number, isNew) = numbering.number(of: Hash.of(text))
        if isNew { texts.append(text) }
        return number
    }
}

/// Records made ready for matching.
struct Roster: Sendable {
    private(set) var features: [Features] = []
    private(set) var names = Names()
    private(set) var words = Words()
    /// Raw names that were read before.
    private var read = Numbering()
    private var readNames: [ReadName] = []
    private var scalars: [UInt32] = []

    private struct ReadName {
        var name: Int32
        var mother: Int32
        var isPerhapsReal: Bool
        var birthOrder: UInt8
    }

    var count: Int { features.count }

    /// Adds a record.
    /// - Parameter field: gives a role's text to a closure; empty if there is none.
    mutating func append(_ field: (ColumnRole, (UnsafeBufferPointer<UInt8>) -> Void) -> Void) {
        var record = Features()
        var scalars: [UInt32] = []
        swap(&scalars, &self.scalars)
        func fold(_ role: ColumnRole) -> Bool {
            field(role) { Text.folded($0, into: &scalars) }
            return !scalars.isEmpty
        }

        if fold(.birthDate) { record.birth = BirthDate.read(scalars) }
        record.isBirthStated = record.birth > 0
        if fold(.sex) { record.sex = Self.sex(scalars) }
        var registered: Int32 = 0
        if fold(.registeredAt) { registered = BirthDate.read(scalars) }
        if fold(.source) { record.source = Hash.of(scalars) }
        var isResident = true
        if fold(.idType) { isResident = scalars == [0x30, 0x31] || scalars == [0x31] || !Self.isCode(scalars) }
        var stated = DocumentNumber.none
        if fold(.idNumber) { stated = DocumentNumber(scalars, resident: isResident) }

        var mother: Int32 = -1
        readName(&record, &mother, stated, registered, fold: fold, scalars: { scalars })
        settleNumber(&record, stated)

        if fold(.contactName) { record.guardian = nameNumber(scalars).name }
        if mother >= 0 { record.guardian = mother }
        if fold(.identifier) { record.identifier = DocumentNumber(scalars, resident: false) }
        if fold(.phone) { record.phone = Self.phone(scalars) }
        if fold(.socialCard) { record.socialCard = Self.cardNumber(scalars) }
        if fold(.card) {
            let card = Self.cardNumber(scalars)
            record.card = card == 0 ? 0 : Hash.combined(card, record.source)
        }
        if fold(.district) { record.district = UInt32(truncatingIfNeeded: Hash.of(scalars)) }
        if fold(.ethnicity) { record.ethnicity = UInt32(truncatingIfNeeded: Hash.of(scalars)) }
        if fold(.address) {
            let address = Address(scalars)
            record.flat = address.flat
            record.estate = address.estate
        }
        if fold(.streetNumber) { record.streetNumber = words.number(of: Self.word(scalars)) }
        if fold(.address1) { record.address1 = words.number(of: Self.word(scalars)) }
        if fold(.address2) { record.address2 = words.number(of: Self.word(scalars)) }
        if fold(.suburb) { record.suburb = words.number(of: Self.word(scalars)) }
        if fold(.postcode) { record.postcode = words.number(of: Self.word(scalars)) }
        self.scalars = scalars
        features.append(record)
    }

    /// Adds a record of texts.
    mutating func append(_ fields: [ColumnRole: String]) {
        append { role, body in
            var text = fields[role] ?? ""
            text.withUTF8(body)
        }
    }

    private mutating func readName(
        _ record: inout Features, _ mother: inout Int32, _ stated: DocumentNumber, _ registered: Int32,
        fold: (ColumnRole) -> Bool, scalars: () -> [UInt32]
    ) {
        if fold(.name) {
            let read = nameNumber(scalars())
            if read.mother < 0 {
                record.name = read.name
            } else if !read.isPerhapsReal || isNewborn(record.birth, stated, registered) {
                mother = read.mother
                record.isNewborn = true
                record.birthOrder = read.birthOrder
            } else {
                record.name = read.name
            }
            return
        }
        let surname = fold(.surname) ? scalars() : []
        let given = fold(.given) ? scalars() : []
        if let first = surname.first ?? given.first, Hanzi.isHan(first) {
            record.name = nameNumber(surname + given).name
        } else {
            record.surname = words.number(of: Self.word(surname))
            record.given = words.number(of: Self.word(given))
        }
    }

    /// Whether 陈丽子 is the child of 陈丽: registered within a month of birth, or carrying the number of somebody older.
    private func isNewborn(_ birth: Int32, _ stated: DocumentNumber, _ registered: Int32) -> Bool {
        guard birth > 0 else { return false }
        if registered > 0, (0...31).contains(BirthDate.days(registered) - BirthDate.days(birth)) { return true }
        return stated.kind == .resident && birth / 10_000 - stated.birth / 10_000 >= 12
    }

    /// A number whose date contradicts the stated birth date isn't the record's own (a parent's in a child's record).
    private func settleNumber(_ record: inout Features, _ stated: DocumentNumber) {
        guard stated.kind == .resident else {
            if !record.isNewborn { record.number = stated }
            return
        }
        let isOtherSex = record.sex > 0 && record.sex != stated.sex
        if record.birth == 0, !record.isNewborn, !isOtherSex { record.birth = stated.birth }
        if stated.birth == record.birth || (!isOtherSex && Self.mayBeOneBirth(stated.birth, record.birth)) {
            record.number = stated
        } else {
            record.guardianNumber = stated.code
        }
    }

    /// Whether two dates may be one, one of them wrongly written.
    static func mayBeOneBirth(_ a: Int32, _ b: Int32) -> Bool {
        switch BirthLevel.level(a, b) {
        case BirthLevel.different: false
        case BirthLevel.fifteenYears: (355...376).contains(abs(BirthDate.days(a) - BirthDate.days(b)))
        case BirthLevel.twoParts: abs(a / 10_000 - b / 10_000) <= 1
        default: true
        }
    }

    private mutating func nameNumber(_ folded: [UInt32]) -> ReadName {
        let (number, isNew) = read.number(of: Hash.of(folded))
        if isNew {
            let name = PersonName(folded)
            readNames.append(
                ReadName(
                    name: name.motherLength > 0 && !name.isPerhapsReal ? -1 : names.number(of: name),
                    mother: name.motherLength > 0 ? names.number(of: name.mother) : -1,
                    isPerhapsReal: name.isPerhapsReal, birthOrder: name.birthOrder))
        }
        return readNames[Int(number)]
    }

    private static func isCode(_ scalars: [UInt32]) -> Bool { scalars.allSatisfy { (0x30...0x39).contains($0) } }

    private static func sex(_ scalars: [UInt32]) -> UInt8 {
        switch scalars.first {
        case 0x31, 0x6D, 0x7537: 1
        case 0x32, 0x66, 0x5973: 2
        default: 0
        }
    }

    /// Digits of a phone number without the country code; 0 for none and for fillers (13800000000).
    static func phone(_ scalars: [UInt32]) -> UInt64 {
        var digits = scalars.filter { (0x30...0x39).contains($0) }.map { UInt8($0 - 0x30) }
        if digits.count == 13, digits.starts(with: [8, 6]) { digits.removeFirst(2) }
        guard (7...15).contains(digits.count) else { return 0 }
        let tail = digits.suffix(8)
        if (0...9).contains(where: { digit in tail.count(where: { $0 == digit }) >= 7 }) { return 0 }
        if digits.count >= 8, digits.suffix(6).allSatisfy({ $0 == 0 }) { return 0 }
        return digits.reduce(1) { $0 * 10 + UInt64($1) }
    }

    private static func cardNumber(_ scalars: [UInt32]) -> UInt64 {
        let number = DocumentNumber(scalars, resident: false)
        return number.kind == .none ? 0 : Hash.combined(number.code, UInt64(number.length))
    }

    private static func word(_ scalars: [UInt32]) -> [UInt8] {
        var text = String.UnicodeScalarView()
        for scalar in scalars { text.append(Unicode.Scalar(scalar) ?? "\u{FFFD}") }
        return Array(String(text).utf8)
    }
}
