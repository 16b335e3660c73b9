import Identity
import Testing

/// Who is one person: what is certain, what is asked, and that the order of arrival says nothing.
@Suite("Groups of persons")
struct PersonGroupsTests {
    private static let matcher = Matcher(LearnedModel(assumingRecords: 1_000_000))
    private static let number = Town.number("330106", "1980-03-07", 252)
    private static let other = Town.number("330106", "1980-03-07", 254)

    private static func member(
        _ id: String, _ name: String = "欧阳晚晴", born: String = "1980-03-07", sex: String = "2",
        _ more: [ColumnRole: String] = [:]
    ) -> PersonGroups.Member {
        var fields: [ColumnRole: String] = [.name: name, .birthDate: born, .sex: sex]
        fields.merge(more) { $1 }
        return PersonGroups.Member(id: id, fields: fields)
    }

    private static func member(_ id: String, _ more: [ColumnRole: String]) -> PersonGroups.Member {
        member(id, "欧阳晚晴", more)
    }

    private static func with(_ one: [ColumnRole: String], _ more: [ColumnRole: String]) -> [ColumnRole: String] {
        one.merging(more) { $1 }
    }

    private static func groups(
        _ members: [PersonGroups.Member], _ decided: [PersonGroups.Decided] = []
    ) -> PersonGroups { PersonGroups(members, decided: decided, matcher: matcher) }

    @Test("name, sex and birth date alone are asked about, in one hospital and in two")
    func asksAboutNamesakes() {
        let apart = [
            Self.member("a", [.card: "0001", .source: "h1"]), Self.member("b", [.card: "0002", .source: "h1"]),
        ]
        let two = [Self.member("a"), Self.member("b", [.card: "7", .source: "h2"])]
        for members in [apart, two] {
            let found = Self.groups(members)
            #expect(found.persons == [["a"], ["b"]])
            #expect(found.doubts.map { [$0.one, $0.other] } == [["a", "b"]])
        }
    }

    @Test("two numbers of one hospital need a proven number more, be phone and home the same")
    func heedsTheHospital() {
        let home: [ColumnRole: String] = [.phone: "13957112233", .address: "西湖区文三路100号3幢2单元501室"]
        func pair(_ more: [ColumnRole: String], _ second: String) -> PersonGroups {
            Self.groups([
                Self.member("a", Self.with(Self.with(home, more), [.card: "0001", .source: "h1"])),
                Self.member("b", Self.with(Self.with(home, more), [.card: "0002", .source: second])),
            ])
        }
        #expect(pair([:], "h1").persons.count == 2)
        #expect(pair([:], "h1").doubts.count == 1)
        #expect(pair([:], "h2").persons == [["a", "b"]])
        #expect(pair([.idNumber: Self.number], "h1").persons == [["a", "b"]])
    }

    @Test("one valid resident number is one person, with 15 or 18 digits; two are two, and nobody is asked")
    func heedsTheNumber() {
        let ancestor = String(Self.number.prefix(6) + Self.number.dropFirst(8).dropLast())
        let same = Self.groups([
            Self.member("a", [.idNumber: Self.number]), Self.member("b", "欧阳婉晴", [.idNumber: ancestor]),
        ])
        #expect(same.persons == [["a", "b"]])
        let phone: [ColumnRole: String] = [.phone: "13957112233"]
        let two = Self.groups([
            Self.member("a", Self.with(phone, [.idNumber: Self.number])),
            Self.member("b", Self.with(phone, [.idNumber: Self.other])),
        ])
        #expect(two.persons.count == 2)
        #expect(two.doubts.isEmpty)
    }

    @Test("who can't be put to one of two persons is put to neither, and both are asked about")
    func asksWhenTwoFit() {
        let phone: [ColumnRole: String] = [.phone: "13957112233"]
        let found = Self.groups([
            Self.member("a", Self.with(phone, [.idNumber: Self.number])),
            Self.member("b", Self.with(phone, [.idNumber: Self.other])), Self.member("c", phone),
        ])
        #expect(found.persons.count == 3)
        #expect(found.doubts.map { [$0.one, $0.other] } == [["a", "c"], ["b", "c"]])
    }

    @Test("a phone that people share joins nobody, and twins are two")
    func keepsHouseholdsApart() {
        let home: [ColumnRole: String] = [.phone: "13957112233", .address: "西湖区文三路100号3幢2单元501室"]
        let family = Self.groups([
            Self.member("a", "王伟", born: "1980-03-07", sex: "1", home),
            Self.member("b", "沈丽", born: "1982-11-20", sex: "2", home),
            Self.member("c", "王小雨", born: "2010-05-02", sex: "2", home),
        ])
        #expect(family.persons.count == 3)
        #expect(family.doubts.isEmpty)
        let born: [ColumnRole: String] = [
            .registeredAt: "2026-01-02", .idNumber: Self.number, .phone: "13957112233",
        ]
        let twins = Self.groups([
            Self.member("a", "沈丽之女1", born: "2026-01-01", born), Self.member("b", "沈丽之女2", born: "2026-01-01", born),
        ])
        #expect(twins.persons.count == 2)
        #expect(twins.doubts.isEmpty)
    }

    @Test("a newborn and the child named later are at least asked about")
    func findsNewborns() {
        let mother: [ColumnRole: String] = [.contactName: "沈丽", .phone: "13957112233"]
        let found = Self.groups([
            Self.member(
                "a", "沈丽之女", born: "2026-01-01",
                [.registeredAt: "2026-01-02", .idNumber: Self.number, .phone: "13957112233"]),
            Self.member("b", "王小雨", born: "2026-01-01", Self.with(mother, [.idNumber: Self.number])),
        ])
        #expect(found.persons.count == 1 || found.doubts.count == 1)
    }

    @Test("what reviewers decide stands, and who is held waits for them")
    func heedsReviewers() {
        let members = [Self.member("a", [.idNumber: Self.number]), Self.member("b", [.idNumber: Self.number])]
        let no = Self.groups(members, [.init("b", "a", isSame: false)])
        #expect(no.persons.count == 2 && no.doubts.isEmpty)
        let yes = Self.groups(
            [Self.member("a", [.idNumber: Self.number]), Self.member("b", [.idNumber: Self.other])],
            [.init("a", "b", isSame: true)])
        #expect(yes.persons == [["a", "b"]])
        var held = members
        held[0].isHeld = true
        #expect(Self.groups(held).persons.count == 2)
        #expect(Self.groups(held).doubts.count == 1)
    }

    @Test("the order of the records says nothing", arguments: 0..<20 as Range<UInt64>)
    func isIndifferentToOrder(_ seed: UInt64) {
        let town = Town(households: 8, seed: seed)
        var members: [PersonGroups.Member] = town.rows.enumerated().map { at, row in
            let fields = MatcherTests.fields(row)
            return PersonGroups.Member(id: "r\(at)", fields: fields, isHeld: at % 17 == 0)
        }
        let decided = [PersonGroups.Decided("r1", "r5", isSame: true), .init("r2", "r3", isSame: false)]
        let first = Self.groups(members, decided)
        var random = SplitMix(state: seed)
        for _ in 0..<6 {
            members.shuffle(using: &random)
            let again = Self.groups(members, decided.reversed())
            #expect(again == first)
        }
        // No person holds two valid numbers but by a reviewer.
        let numbers = Dictionary(members.map { ($0.id, $0.fields[.idNumber].flatMap { ResidentNumber($0) }) }) { $1 }
        for person in first.persons where !person.contains("r1") {
            #expect(Set(person.compactMap { numbers[$0] ?? nil }).count < 3)
        }
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
