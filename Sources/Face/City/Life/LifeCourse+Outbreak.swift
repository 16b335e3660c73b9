/// What planted outbreaks do to a resident.
extension LifeCourse {
    /// The visit, or the test, of a resident whom an outbreak reaches. Chance comes from a source of its own.
    mutating func meet(_ outbreak: Outbreak, on day: CivilDay, to bundle: inout BundleWriter) {
        let usual = random
        random = SeededGenerator(
            seed: scrambled(person.key ^ scrambled(UInt64(outbreak.number + 1))), purpose: .outbreakVisits)
        defer { random = usual }
        switch outbreak.kind {
        case .illness, .imported: fallIll(with: outbreak.diagnosis, on: day, to: &bundle)
        case .positives:
            testInfluenza(at: Moment(day: day, minute: officeMinute()), isPositive: true, to: &bundle)
        }
        bundle.tell(PlantedCase(outbreak: outbreak.id, patient: person.id.text, day: day.text))
    }
}

extension ResourceID {
    /// As it stands in references.
    var text: String { String(decoding: fragment { $0.put(self) }, as: UTF8.self) }
}
