import Testing
import UCUM

/// The grammar and arithmetic of <https://ucum.org/ucum>.
@Suite("UCUM")
struct UCUMTests {
    @Test(
        "accepts codes of the grammar",
        arguments: [
            "1", "m", "mg/dL", "10*9/L", "10^3/uL", "/min", "{beats}/min", "mm[Hg]", "[in_i]", "[lb_av]", "kg/m2", "%",
            "Cel", "[degF]", "[pH]", "[iU]/mL", "m[IU]/L", "ug/(24.h)", "mL/min/{1.73_m2}", "10*-6", "m/s2", "g.m/s2",
            "dB[SPL]", "ueq/L", "mosm/kg", "{score}", "U/g{Hb}", "{INR}", "kcal/(8.h)", "d", "wk", "mo", "a", "'", "''",
            "umol/g{creat}", "1{tablet}", "100{WBCs}", "B[10.nV]", "cal_[15]", "m[H2O]", "/(12.h)", "dar", "cd",
            "Kibit",
        ])
    func acceptsCodes(_ code: String) {
        #expect(UCUM.isValid(code), "\(code)")
    }

    @Test(
        "refuses what is no code, saying where",
        arguments: [
            ("", 0), ("mg/dl/", 6), ("MG/DL", 3), ("kg m", 2), ("mg//dL", 3), ("(m", 2), ("m)", 1), ("m{a", 3),
            ("m{a b}", 3),
            ("µg", 0), ("beats/min", 0), ("k[in_i]", 0), ("m+", 0), ("[H", 0), ("bpm", 0), ("m2{x}3", 5), ("0.m", 0),
            ("m99999", 0), ("(m)2", 3), (".m", 0), ("{a}}", 3), ("°C", 0), ("kPA", 0),
        ])
    func refusesOthers(_ code: String, offset: Int) {
        #expect(!UCUM.isValid(code))
        let error = #expect(throws: UCUMError.self) { try UCUMUnit(parsing: code) }
        #expect(error?.offset == offset, "\(code): \(error.map(String.init(describing:)) ?? "")")
        #expect(error?.description.isEmpty == false)
    }

    @Test("bounds length, depth and size")
    func bounds() {
        #expect(!UCUM.isValid(String(repeating: "m.", count: 200) + "m"))
        #expect(!UCUM.isValid(String(repeating: "(", count: 40) + "m" + String(repeating: ")", count: 40)))
        #expect(!UCUM.isValid("Ym64.Ym64.Ym64"))
        #expect(UCUM.isValid("((m))"))
    }

    @Test(
        "converts between commensurable units",
        arguments: [
            (1.0, "[in_i]", "cm", 2.54), (4040, "mg", "g", 4.04), (1, "[lb_av]", "g", 453.59237), (7, "d", "wk", 1),
            (37, "Cel", "[degF]", 98.6), (98.6, "[degF]", "Cel", 37), (0, "Cel", "K", 273.15),
            (80, "[degRe]", "Cel", 100),
            (1, "[mi_i]", "km", 1.609344), (120, "mm[Hg]", "kPa", 15.99864), (7, "[pH]", "mol/L", 1e-7),
            (1e-7, "mol/L", "[pH]", 7), (90, "mg/dL", "g/L", 0.9), (1, "10*9/L", "10*3/uL", 1), (1, "[IU]", "[iU]", 1),
            (180, "deg", "rad", Double.pi), (1, "[gal_us]", "L", 3.785411784), (3, "B", "1", 1000),
            (20, "dB", "1", 100),
            (1, "kg.m/s2", "N", 1), (1, "cal", "J", 4.184), (60, "/min", "Hz", 1), (2, "h", "min", 120),
            (1, "L", "dm3", 1),
            (25000, "mCel", "Cel", 25), (1, "mol", "10*23", 6.0221367), (5, "%", "1", 0.05),
            (1, "Np", "1", 2.718281828459045),
        ])
    func converts(_ value: Double, from: String, to: String, expected: Double) throws {
        let source = try UCUMUnit(parsing: from)
        let target = try UCUMUnit(parsing: to)
        let result = try #require(source.convert(value, to: target))
        #expect(abs(result - expected) <= abs(expected) * 1e-12)
        let back = try #require(target.convert(result, to: source))
        #expect(abs(back - value) <= Swift.max(abs(value), 1) * 1e-12)
    }

    @Test("keeps decimal prefixes exact to the last digit", arguments: 1...2000)
    func keepsPrefixesExact(_ thousandths: Int) throws {
        let milligram = try UCUMUnit(parsing: "mg")
        let gram = try UCUMUnit(parsing: "g")
        #expect(milligram.convert(Double(thousandths), to: gram) == Double(thousandths) / 1000)
        #expect(milligram.canonical(Double(thousandths)).value == Double(thousandths) / 1000)
    }

    @Test(
        "does not compare what measures different things",
        arguments: [
            ("m", "s"), ("[iU]", "g"), ("[iU]", "1"), ("[hp_X]", "[hp_C]"), ("mol/L", "g/L"), ("Cel", "J"), ("m2", "m"),
        ])
    func keepsMeasuresApart(_ one: String, _ other: String) throws {
        let one = try UCUMUnit(parsing: one)
        let other = try UCUMUnit(parsing: other)
        #expect(!one.isCommensurable(with: other))
        #expect(one.convert(1, to: other) == nil)
    }

    @Test(
        "names the canonical unit",
        arguments: [("N", "m.s-2.g"), ("mg/dL", "m-3.g"), ("{x}", "1"), ("[IU]/L", "m-3.[iU]"), ("V", "m2.s-2.g.C-1")])
    func namesCanonicalUnits(_ code: String, _ canonical: String) throws {
        #expect(try UCUMUnit(parsing: code).dimensions.description == canonical)
    }

    @Test("has no value on a logarithmic scale for a negative number")
    func hasNoLogarithmOfNegativeNumbers() throws {
        let ratio = try UCUMUnit(parsing: "1")
        #expect(ratio.convert(-1, to: try UCUMUnit(parsing: "B")) == nil)
    }

    @Test("answers for any text without a fault", arguments: 0..<200 as Range<UInt64>)
    func survivesAnyText(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let alphabet = Array("m/.()[]{}10*^-+kgLsdaCel'%é ")
        var text = ""
        for _ in 0..<Int(seed % 24) {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            text.append(alphabet[Int(state % UInt64(alphabet.count))])
        }
        if let unit = UCUM.unit(text) {
            #expect(unit.isCommensurable(with: unit))
        } else {
            #expect(throws: UCUMError.self) { try UCUMUnit(parsing: text) }
        }
    }
}
