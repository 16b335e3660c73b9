import Access
import FHIR
import JSON
import Records

/// Writes a copy for research: first counts who shares which quasi-identifiers, then makes these so coarse that enough persons
/// share each combination, and leaves out who remains rare, with all that is about them.
struct ResearchRun {
    let request: ExportRequest
    let study: ResearchStudy
    let walk: ExportWalk
    let store: RecordStore
    let definitions: Definitions
    let folder: ExportFolder
    let limits: ExportLimits
    let tell: @Sendable (String) -> Void

    private var now: Int64 { walk.moment.milliseconds }

    func run() async throws -> ExportOutcome {
        let pseudonyms = Pseudonyms(secret: study.secret)
        let columns = try QuasiIdentifiers(study.profile, definitions)
        tell("counting quasi-identifiers")
        let census = try await census(columns, pseudonyms)
        let found = KAnonymity(k: study.k, suppressionMax: study.profile.suppressionMax)
            .generalisation(of: census.groups, floors: columns.floors, ceilings: columns.ceilings)
        var report = ResearchReport(study: study, columns: columns.columns, found: found, census: census, at: now)
        var files: [ExportJob.File] = []
        let expected = try store.status().resourceCounts
        for (place, type) in request.types.enumerated() where !study.profile.typesLeftOut.contains(type) {
            tell("\(type), \(place + 1) of \(request.types.count) types")
            var lines = ShuffledFiles(folder: folder, type: type, expected: expected[type] ?? 0)
            if type == "Patient" {
                try await writePatients(census, found, columns, pseudonyms, &lines, &report)
            } else {
                try await write(type, census, found, pseudonyms, &lines, &report)
            }
            guard report.bytes + lines.bytes <= limits.jobBytesMax else { throw ExportFault.full }
            report.bytes += lines.bytes
            files += try lines.finish()
        }
        for (name, text) in [("report.json", report.json()), ("report.md", Array(report.markdown().utf8))] {
            let file = try ExportFile(folder.path(of: name))
            try file.write(text)
            try file.close()
            files.append(ExportJob.File(name: name, type: nil, count: 1, bytes: file.bytes))
        }
        return ExportOutcome(moment: walk.moment, files: files, summary: report.summary)
    }

    // MARK: Persons

    /// Who has which quasi-identifiers.
    struct Census {
        /// The combinations as they were found.
        var groups: [KAnonymity.Group] = []
        /// The place in ``groups`` of each person, by a number made of the person's token.
        var places: [UInt64: Int32] = [:]

        /// What a person becomes; nil for one left out, or who is not counted.
        func values(_ person: UInt64, _ found: KAnonymity.Generalisation) -> [String]? {
            places[person].flatMap { found.values(of: groups[Int($0)].ladders) }
        }

        var persons: Int { groups.reduce(0) { $0 + $1.persons } }
    }

    private func number(of person: String, _ pseudonyms: Pseudonyms) -> UInt64 {
        UInt64(pseudonyms.token("Patient/" + person).prefix(16), radix: 16) ?? 0
    }

    private func census(_ columns: QuasiIdentifiers, _ pseudonyms: Pseudonyms) async throws -> Census {
        var known: [[[String]]: Int32] = [:]
        var persons: [Int] = []
        var census = Census()
        try await walk.each("Patient") { resource in
            let ladders = try columns.ladders(of: resource.document.root, at: now)
            let place = known[ladders] ?? Int32(known.count)
            if known.updateValue(place, forKey: ladders) == nil { persons.append(0) }
            guard census.places.updateValue(place, forKey: number(of: resource.key.id, pseudonyms)) == nil else {
                return
            }
            persons[Int(place)] += 1
        }
        census.groups = known.sorted { $0.value < $1.value }.map {
            KAnonymity.Group(ladders: $0.key, persons: persons[Int($0.value)])
        }
        return census
    }

    private func writePatients(
        _ census: Census, _ found: KAnonymity.Generalisation, _ columns: QuasiIdentifiers, _ pseudonyms: Pseudonyms,
        _ lines: inout ShuffledFiles, _ report: inout ResearchReport
    ) async throws {
        var sizes: [[String]: Int] = [:]
        var tally = ResearchReport.Tally()
        try await walk.each("Patient") { resource in
            tally.before += 1
            guard let values = census.values(number(of: resource.key.id, pseudonyms), found) else {
                tally.suppressed += 1
                return
            }
            sizes[values, default: 0] += 1
            tally.after += 1
            try lines.add(
                columns.person(values).resource(of: resource.key.id, pseudonyms),
                token: pseudonyms.token("Patient/" + resource.key.id))
        }
        report.types["Patient"] = tally
        // What is written is counted again: somebody may have become invisible since.
        if let least = sizes.values.min(), least < study.k { throw ExportFault.unsettled(k: study.k) }
    }

    // MARK: What is about them

    private func write(
        _ type: String, _ census: Census, _ found: KAnonymity.Generalisation, _ pseudonyms: Pseudonyms,
        _ lines: inout ShuffledFiles, _ report: inout ResearchReport
    ) async throws {
        let masker = Masker(definitions)
        let finder = PersonFinder(store, definitions)
        var tally = ResearchReport.Tally()
        var chapters: [String: ResearchReport.Tally] = [:]
        try await walk.each(type) { resource in
            let root = resource.document.root
            let chapter = type == "Condition" ? Self.chapter(of: root) : nil
            tally.before += 1
            if let chapter { chapters[chapter, default: .init()].before += 1 }
            guard !study.profile.leavesOut(root) else { return tally.leftOut += 1 }
            guard let persons = finder.persons(of: root) else { return tally.unknown += 1 }
            guard persons.allSatisfy({ census.values(number(of: $0, pseudonyms), found) != nil }) else {
                return tally.suppressed += 1
            }
            var identifiers = DirectIdentifiers(of: root)
            for person in persons { identifiers.add(finder.identifiers(of: person)) }
            let line = masker.researchLine(
                of: root, person: persons.min() ?? "", pseudonyms, identifiers: identifiers,
                shiftDaysMax: study.profile.shiftDaysMax, now: now)
            guard let line else { return tally.leftOut += 1 }
            tally.after += 1
            if let chapter { chapters[chapter, default: .init()].after += 1 }
            try lines.add(line, token: pseudonyms.token(resource.key.description))
        }
        report.types[type] = tally
        if !chapters.isEmpty { report.chapters = chapters }
    }

    /// The first character of a code of ICD-10.
    private static func chapter(of condition: JSONNode) -> String? {
        let codings = condition["code"]?["coding"].map { Array($0.elements) } ?? []
        let coding = codings.first { $0["system"]?.string?.lowercased().contains("icd-10") == true }
        return coding?["code"]?.string.map { String($0.prefix(1)) }
    }
}
