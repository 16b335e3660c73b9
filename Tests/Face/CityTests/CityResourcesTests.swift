import City
import JSON
import Testing

@Suite("The city's data files")
struct CityResourcesTests {
    @Test("have a boundary for every district, under its code", arguments: CityResources.cities)
    func boundaries(city: String) throws {
        let features = try JSONDocument(parsing: CityResources.boundaries(city: city)).root["features"]
        let codes = Set((features?.elements.map { $0 } ?? []).compactMap { $0.text("id") })
        #expect(codes == Set(try CityResources.districts(city: city).map(\.code)))
    }

    @Test(
        "have the residents of the census",
        arguments: [("hangzhou", 11_936_010), ("jiaxing", 5_400_868), ("wenzhou", 9_572_903)])
    func populations(city: String, census: Int) throws {
        let sum = try CityResources.districts(city: city).reduce(0) { $0 + $1.population }
        #expect(abs(sum - census) < 2_500)
    }

    @Test("say so when the city is unknown")
    func unknown() {
        #expect(throws: CityError.unknownCity("atlantis", known: CityResources.cities)) {
            try CityResources.boundaries(city: "atlantis")
        }
    }
}
