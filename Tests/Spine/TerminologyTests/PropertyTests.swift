import FHIR
import JSON
import Terminology
import Testing

/// What must hold for any code system and value set, tried on many that a seed makes.
@Suite("Properties of terminology")
struct PropertyTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let system = "http://seeded.example"

    /// A system whose concepts have up to two parents, each with a smaller number.
    private static func codeSystem(_ random: inout Seeded, count: Int) -> (String, parents: [[Int]]) {
        var parents: [[Int]] = []
        let concepts = (0..<count).map { number -> String in
            let chosen =
                number == 0
                ? []
                : (0..<Int.random(in: 0...2, using: &random)).map { _ in Int.random(in: 0..<number, using: &random) }
            parents.append(Array(Set(chosen)))
            var properties = Set(chosen).map { #"{"code":"parent","valueCode":"c\#($0)"}"# }
            properties.append(#"{"code":"kind","valueString":"k\#(number % 3)"}"#)
            return
                #"{"code":"c\#(number)","display":"Name \#(number)","property":[\#(properties.joined(separator: ","))]}"#
        }
        let text =
            #"{"resourceType":"CodeSystem","url":"\#(system)","status":"active","content":"complete","concept":[\#(concepts.joined(separator: ","))]}"#
        return (text, parents)
    }

    private static func rule(_ random: inout Seeded, count: Int) -> String {
        let number = Int.random(in: 0..<count, using: &random)
        let body: String
        switch Int.random(in: 0..<6, using: &random) {
        case 0: body = #""concept":[{"code":"c\#(number)"},{"code":"c\#((number + 1) % count)"}]"#
        case 1: body = #""filter":[{"property":"concept","op":"is-a","value":"c\#(number)"}]"#
        case 2: body = #""filter":[{"property":"concept","op":"descendent-of","value":"c\#(number)"}]"#
        case 3: body = #""filter":[{"property":"concept","op":"is-not-a","value":"c\#(number)"}]"#
        case 4:
            body =
                #""filter":[{"property":"kind","op":"=","value":"k\#(number % 3)"},{"property":"concept","op":"generalizes","value":"c\#(number)"}]"#
        default: body = #""filter":[{"property":"kind","op":"in","value":"k0,k\#(number % 3)"}]"#
        }
        return #"{"system":"\#(system)",\#(body)}"#
    }

    @Test("an expansion has exactly the codes that validation accepts", arguments: 0..<40)
    func expansionAgreesWithValidation(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        let count = Int.random(in: 3...40, using: &random)
        let (codes, _) = Self.codeSystem(&random, count: count)
        let includes = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.rule(&random, count: count) }
        let excludes = (0..<Int.random(in: 0...2, using: &random)).map { _ in Self.rule(&random, count: count) }
        let inner = Club.valueSet("inner", #"{"include":[\#(includes.joined(separator: ","))]}"#)
        let outer = Club.valueSet(
            "outer",
            #"{"include":[{"valueSet":["\#(Club.url("inner"))"]}],"exclude":[\#(excludes.joined(separator: ","))]}"#)
        let service = try service(codes, inner, excludes.isEmpty ? inner.replacing("inner", with: "outer") : outer)
        for name in ["inner", "outer"] {
            let expanded = try service.codes(inValueSet: Club.url(name)).map(\.code)
            #expect(Set(expanded).count == expanded.count)
            for number in 0..<count {
                let isIn = service.contains(valueSet: Club.url(name), system: Self.system, code: "c\(number)")
                #expect(isIn == expanded.contains("c\(number)"), "c\(number) in \(name)")
                let answer = try service.validate(
                    [CodingReference(system: Self.system, code: "c\(number)")],
                    in: ValueSetReference(url: Club.url(name)))
                #expect(answer.result == isIn)
            }
        }
    }

    @Test("subsumption is what following the parents finds, and is transitive", arguments: 0..<20)
    func subsumption(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed) &* 7919)
        let count = Int.random(in: 2...30, using: &random)
        let (codes, parents) = Self.codeSystem(&random, count: count)
        let service = try service(codes)
        var above: [Set<Int>] = []
        for number in 0..<count {
            above.append(parents[number].reduce(into: Set(parents[number])) { $0.formUnion(above[$1]) })
        }
        for low in 0..<count {
            for high in 0..<count {
                let outcome = try service.subsumes(
                    CodingReference(system: Self.system, code: "c\(high)"), CodingReference(code: "c\(low)"))
                let expected: Subsumption =
                    low == high
                    ? .equivalent
                    : above[low].contains(high)
                        ? .subsumes
                        : above[high].contains(low) ? .subsumedBy : .notSubsumed
                #expect(outcome == expected)
            }
            #expect(
                Set(try service.ancestors(system: Self.system, code: "c\(low)", includingSelf: false))
                    == Set(above[low].map { "c\($0)" }))
        }
    }

    @Test("the pages of an expansion are the expansion", arguments: [1, 3, 7, 50])
    func pages(_ size: Int) throws {
        var random = Seeded(state: 11)
        let (codes, _) = Self.codeSystem(&random, count: 40)
        let service = try service(codes)
        let url = "\(Self.system)?fhir_vs"
        var paged: [String] = []
        while true {
            let page = try service.expanded(url) { ($0.offset, $0.count) = (paged.count, size) }
            if page.isEmpty { break }
            paged += page
        }
        #expect(paged == (try service.expanded(url)))
    }
}
