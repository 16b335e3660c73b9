import City
import Foundation

/// What was planted in a simulated city, kept apart from its records: for reports, never for a detector.
struct OutbreakTruth: Codable {
    /// One outbreak and whom it reached.
    struct Outbreak: Codable {
        var id: String
        var zh: String
        var en: String
        var code: String
        var illness: String
        var district: String?
        var first: String
        var last: String
        var exposed: String
        var isArtefact: Bool
        var cases: [Case]
    }

    /// Somebody whom it reached, and the day.
    struct Case: Codable {
        var patient: String
        var day: String
    }

    var outbreaks: [Outbreak]

    init(_ simulation: CitySimulation) {
        outbreaks = simulation.outbreaks.map {
            Outbreak(
                id: $0.id, zh: $0.nameZh, en: $0.nameEn, code: $0.code, illness: $0.illness, district: $0.district,
                first: $0.first, last: $0.last,
                exposed: $0.exposed, isArtefact: $0.isArtefact, cases: [])
        }
    }

    /// Takes in what a bundle's records don't tell.
    mutating func add(_ planted: [PlantedCase]) {
        for one in planted {
            guard let index = outbreaks.firstIndex(where: { $0.id == one.outbreak }) else { continue }
            outbreaks[index].cases.append(Case(patient: one.patient, day: one.day))
        }
    }

    /// Writes the file, whole or not at all.
    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
