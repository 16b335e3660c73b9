import City
import JSON
import Testing

@Suite("Hazards of the simulated city")
struct HazardTests {
    /// Values by item, and conclusions, of the resources that tell hazards.
    private static func results(_ city: SimulatedCity) -> [(code: String, resource: JSONNode, value: Double?)] {
        city.all("Observation").flatMap { resource -> [(String, JSONNode, Double?)] in
            let parts = [resource] + (resource["component"].map { Array($0.elements) } ?? [])
            return parts.compactMap { part in
                guard
                    part.text("code", "coding", "system") == "https://healthbrain.dev/fhir/CodeSystem/hazard-item",
                    let code = part.code
                else { return nil }
                return (code, resource, part.number("valueQuantity", "value"))
            }
        }
    }

    @Test("are measured at workplaces and markets, most within limits, and every one at a place")
    func sites() throws {
        let city = try SimulatedCity.hangzhou.get()
        let places = Set(city.all("Location").compactMap { $0.text("id") })
        let found = Self.results(city).filter {
            $0.resource.text("subject", "reference")?.hasPrefix("Location/") == true
        }
        for one in found {
            #expect(places.contains(String(one.resource.text("subject", "reference")?.dropFirst(9) ?? "")))
        }
        let silica = found.filter { $0.code == "dust-silica" }.compactMap(\.value)
        let above = Double(silica.filter { $0 > 1 }.count) / Double(silica.count)
        #expect(silica.count > 20 && above > 0 && above < 0.3, "\(above)")
        #expect(Set(found.map(\.code)).isSuperset(of: ["noise", "toluene", "rice-lead", "pork-clenbuterol"]))
    }

    @Test("are found of pupils at their school and of workers at their employer")
    func people() throws {
        let city = try SimulatedCity.hangzhou.get()
        let found = Self.results(city).filter {
            $0.resource.text("subject", "reference")?.hasPrefix("Patient/") == true
        }
        let eyes = found.filter { $0.code == "vision-screening" }
        #expect(eyes.count > 50)
        for one in found where one.code == "vision-screening" || one.code == "check-conclusion" {
            let site = one.resource["extension"]?.elements.first {
                $0.text("url")?.hasSuffix("/monitored-site") == true
            }
            #expect(site?.text("valueReference", "reference")?.hasPrefix("Location/") == true)
        }
        let checks = found.filter { $0.code == "check-conclusion" }.compactMap {
            $0.resource.text("valueCodeableConcept", "coding", "code")
        }
        #expect(checks.contains("normal") && checks.count > 20)
    }
}
