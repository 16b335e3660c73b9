import Identity
import Testing

/// GB 11643-1999; the first two are the standard's own examples.
@Suite("Resident number")
struct ResidentNumberTests {
    @Test(
        "reads valid numbers",
        arguments: [
            ("11010519491231002X", "1949-12-31", 2), ("440524188001010014", "1880-01-01", 1),
            ("１１０１０５１９４９１２３１００２ｘ", "1949-12-31", 2), (" 110105 19491231 002x ", "1949-12-31", 2),
            ("110105491231002", "1949-12-31", 2),
        ])
    func readsValid(_ text: String, birthDate: String, sex: Int) throws {
        let number = try #require(ResidentNumber(text))
        #expect(number.birthDate == birthDate)
        #expect(number.sex == sex)
        #expect(number.text.count == 18)
    }

    @Test("brings 15 places to 18")
    func growsOld() {
        #expect(ResidentNumber("110105491231002")?.text == "11010519491231002X")
        #expect(ResidentNumber("110105491231002")?.division == "110105")
    }

    @Test(
        "refuses others",
        arguments: [
            "", "110105194912310021", "11010519491331002X", "1101051949123100", "000000000000000000", "不详",
            "11010519491231X02X", "110105491331002", "330100000000000000",
        ])
    func refusesOthers(_ text: String) { #expect(ResidentNumber(text) == nil) }

    @Test("one wrong digit, or two neighbours swapped, makes a number invalid", arguments: 0..<17)
    func findsSlips(_ place: Int) {
        let digits = Array(Town.number("330106", "1986-02-13", 472))
        for digit in "0123456789" where digit != digits[place] {
            var wrong = digits
            wrong[place] = digit
            #expect(ResidentNumber(String(wrong)) == nil)
        }
        if place < 16, digits[place] != digits[place + 1] {
            var swapped = digits
            swapped.swapAt(place, place + 1)
            #expect(ResidentNumber(String(swapped)) == nil)
        }
    }
}
