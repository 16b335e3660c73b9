import Foundation
import HTTPTypes
import JSON
import Testing

/// Random people ask random cities for random things, by HTTP; what they may see is stated here a second time, over plain
/// facts. `HEALTHBRAIN_TEST_SEED` repeats a run, `HEALTHBRAIN_TEST_CASES` changes how many requests a city is asked.
@Suite("whoever asks for whatever")
struct GuardedPropertyTests {
    /// 10,000 requests a run; on PostgreSQL, where each waits for the database, 1,000.
    private static let cities: Range<UInt64> =
        ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_STORES"] == "postgres" ? 0..<2 : 0..<20
    private static let cases =
        ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_CASES"].flatMap { Int($0) } ?? 500

    private static let seed: UInt64 = {
        let seed =
            ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0..<1 << 40)
        print("GuardedPropertyTests: seed \(seed); repeat with HEALTHBRAIN_TEST_SEED=\(seed)")
        return seed
    }()

    @Test("gets exactly what the rules let them see", arguments: cities)
    func everything(number: UInt64) async throws {
        var random = Dice(Self.seed &+ number)
        let city = SmallCity(&random)
        let generator = random
        try await withGuardedDoor(records: city.bundle) { house async throws in
            var random = generator
            let people = try await city.settle(house)
            for request in 0..<Self.cases {
                let (person, pass) = people[random.below(people.count)]
                let wish = city.wish(&random)
                let answer = try await ask(house, wish, pass)
                let note = "seed \(Self.seed), city \(number), request \(request): \(person) \(wish) → \(answer.status)"
                check(answer, wish, person, city, Comment(rawValue: note))
                guard case .likeMissing(let reference, let twin) = wish.kind else { continue }
                let seen = city.seen(by: person).contains(reference)
                let other = try await ask(house, twin, pass)
                #expect(seen || (answer.status == other.status && answer.body == other.body), Comment(rawValue: note))
            }
            // Nothing that was asked has changed anything.
            for type in ["Patient", "Observation", "Encounter", "Condition"] {
                let all = try await house.door.get("/fhir/\(type)?_count=100", house.program)
                #expect(Set(all.references) == Set(city.personal.filter { $0.hasPrefix(type + "/") }))
            }
        }
    }

    private func ask(_ house: GuardedDoor, _ wish: SmallCity.Wish, _ pass: GuardedDoor.Pass) async throws -> Answer {
        var headers = wish.method == .get ? pass.headers : pass.writing
        for field in wish.headers { headers[field.name] = field.value }
        return try await house.door.send(wish.method, wish.uri, headers, wish.body.map { Array($0.utf8) })
    }

    private func check(
        _ answer: Answer, _ wish: SmallCity.Wish, _ person: SmallCity.Person, _ city: SmallCity, _ note: Comment
    ) {
        let seen = city.seen(by: person)
        switch wish.kind {
        case .one(let reference):
            let expected = seen.contains(reference) ? [200] : [404, 403]
            #expect(expected.contains(answer.status), note)
        case .many(let expected):
            #expect([200, 403, 404].contains(answer.status), note)
            let found = Set(answer.references.filter { city.personal.contains($0) })
            #expect(found.isSubset(of: seen), note)
            if answer.status == 200, let expected { #expect(found == expected(person), note) }
        case .total(let all, let expected):
            #expect([200, 403].contains(answer.status), note)
            let (number, shown) = (expected(person).count, answer.json["total"]?.integer)
            if case .manager = person {
                // Whoever only counts is shown multiples of 5, and no small number.
                let rounded = (all + 2) / 5 * 5
                #expect(answer.status == 403 || shown == nil || (shown == rounded && !(1...4).contains(all)), note)
            } else if answer.status == 200 {
                #expect(shown == number, note)
            }
        case .rows(let expected):
            #expect([200, 403].contains(answer.status), note)
            let rows = answer.status == 200 ? try? JSONDocument(parsing: answer.body).root.elements : nil
            let found = rows.map { Set($0.compactMap { $0["key"]?.string }) } ?? []
            #expect(found == (answer.status == 200 ? expected(person) : []), note)
        case .batch(let references):
            #expect(answer.status == 200, note)
            let statuses =
                answer.json["entry"].map { $0.elements.map { $0["response"]?["status"]?.string ?? "" } } ?? []
            #expect(statuses.count == references.count, note)
            for (reference, status) in zip(references, statuses) {
                #expect(status.hasPrefix("200") == seen.contains(reference), note)
            }
        case .likeMissing:
            #expect(answer.status >= 200 && answer.status < 500, note)
        }
        for (patient, name) in city.names where answer.text.contains(name) && !wish.uri.contains("%") {
            #expect(city.knowsName(person, of: patient), note)
        }
    }
}
