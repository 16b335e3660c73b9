import City
import FHIR
import JSON
import Testing

@Suite("A city's bundles")
struct CityBundleTests {
    static func options(
        _ city: String = "hangzhou", seed: UInt64 = 3, residents: Int = 60, days: Int = 200
    ) -> CityOptions {
        CityOptions(city: city, seed: seed, residents: residents, days: days, endDate: "2026-03-31")
    }

    private static func bytes(_ options: CityOptions) throws -> [[UInt8]] {
        try CitySimulation(options).bundles().map(\.json)
    }

    @Test("are the same bytes for the same options")
    func repeatable() throws {
        #expect(try Self.bytes(Self.options()) == Self.bytes(Self.options()))
    }

    @Test("differ with the seed and with the city")
    func different() throws {
        let one = try Self.bytes(Self.options())
        #expect(try one != Self.bytes(Self.options(seed: 4)))
        #expect(try one != Self.bytes(Self.options("wenzhou")))
    }

    @Test("hold resources that R4 allows", arguments: CityResources.cities)
    func valid(city: String) throws {
        let validator = Validator(try Definitions.r4())
        for bundle in try CitySimulation(Self.options(city, residents: 150, days: 730)).bundles() {
            let issues = validator.validate(try JSONDocument(parsing: bundle.json))
            #expect(issues.isEmpty, "\(bundle.label): \(issues.prefix(3))")
        }
    }

    @Test("put each resource once, under its own id, at most 200 in a bundle")
    func entries() throws {
        var seen: Set<String> = []
        for bundle in try CitySimulation(Self.options(residents: 200)).bundles() {
            let root = try JSONDocument(parsing: bundle.json).root
            let entries = try #require(root["entry"])
            #expect(root.text("type") == "transaction")
            #expect(entries.count == bundle.resources)
            #expect(entries.count <= 200)
            for entry in entries.elements {
                let type = try #require(entry.text("resource", "resourceType"))
                let id = try #require(entry.text("resource", "id"))
                #expect(entry.text("request", "method") == "PUT")
                #expect(entry.text("request", "url") == "\(type)/\(id)")
                #expect(seen.insert("\(type)/\(id)").inserted)
            }
        }
    }

    @Test("refer only to resources of the same or an earlier bundle")
    func references() throws {
        var known: Set<String> = []
        for bundle in try CitySimulation(Self.options(residents: 200)).bundles() {
            let root = try JSONDocument(parsing: bundle.json).root
            var wanted: [String] = []
            for entry in root["entry"]?.elements ?? root.elements {
                known.insert(entry.text("request", "url") ?? "")
                Self.collect(entry, into: &wanted)
            }
            let missing = wanted.filter { !known.contains($0) }
            #expect(missing.isEmpty)
        }
    }

    private static func collect(_ node: JSONNode, into references: inout [String]) {
        for (key, value) in node.members {
            if key.equals("reference"), let text = value.string { references.append(text) }
            collect(value, into: &references)
        }
        for element in node.elements { collect(element, into: &references) }
    }

    @Test("write every time of day in the zone of Shanghai, and none after the last day")
    func times() throws {
        let city = try SimulatedCity.hangzhou.get()
        for encounter in city.all("Encounter") {
            let start = try #require(encounter.text("period", "start"))
            #expect(start.hasSuffix("+08:00"))
            #expect(start < "2026-07-01")
            if let end = encounter.text("period", "end") {
                #expect(end >= start)
                #expect(end < "2026-07-01")
            } else {
                #expect(encounter.text("status") == "in-progress")
            }
        }
    }

    @Test("come one by one, even of a city of twenty million")
    func streaming() throws {
        let city = try CitySimulation(
            CityOptions(city: "wenzhou", seed: 5, residents: 20_000_000, days: 30, endDate: "2026-03-31"))
        var bundles = city.bundles()
        var resources = 0
        for _ in 0..<300 {
            let next = bundles.next()
            let bundle = try #require(next)
            #expect(bundle.json.count < 2_000_000)
            resources += bundle.resources
        }
        #expect(resources > 10_000)
    }

    @Test("stay within the number of resources that fills the demonstration in a minute")
    func amount() throws {
        let city = try SimulatedCity.hangzhou.get()
        #expect((70_000...112_500).contains(city.resources.count))
    }

    @Test("end with progress 1")
    func progress() throws {
        let steps = try CitySimulation(Self.options()).bundles().map(\.progress)
        #expect(steps.last == 1)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test(
        "need options within their ranges",
        arguments: [
            CityOptions(city: "atlantis", endDate: "2026-01-01"),
            CityOptions(residents: 0, endDate: "2026-01-01"),
            CityOptions(days: 0, endDate: "2026-01-01"),
            CityOptions(endDate: "2026-02-29"),
            CityOptions(endDate: "tomorrow"),
        ])
    func refused(options: CityOptions) {
        #expect(throws: CityError.self) { try CitySimulation(options) }
    }
}
