public import Calendar
import DailyCounts
import JSON
public import Records
import Signals

/// Reads the network of laboratories from a store, and routes samples through it.
public struct LaboratoryDesk: Sendable {
    /// What a run has done.
    public struct Report: Sendable, Hashable {
        /// Samples that a laboratory got.
        public var routed = 0
        /// Those of them that another one had.
        public var rerouted = 0
        /// Samples for which no laboratory has room.
        public var waiting = 0
        /// Results that came.
        public var returned = 0
        /// Samples that were called off.
        public var cancelled = 0
        /// Whether nothing has changed.
        public var isEmpty: Bool { self == Report(waiting: waiting) }

        /// Nothing but samples that wait.
        public init(waiting: Int = 0) { self.waiting = waiting }
    }

    /// A laboratory as it stands.
    public struct Member: Sendable {
        /// The laboratory.
        public let laboratory: Laboratory
        /// How good it is known to be.
        public let standing: LaboratoryStanding
        /// Samples of today, by test.
        public var load: [String: Int] = [:]

        /// Whether it may do a test.
        public func mayTest(_ key: String) -> Bool {
            laboratory.isActive && laboratory.capacity[key] != nil && standing.mayTest(key)
        }
        /// What it can still take today of the tests that it may do.
        public var free: [String: Int] {
            var free: [String: Int] = [:]
            for (key, capacity) in laboratory.capacity where mayTest(key) {
                free[key] = max(0, capacity - (load[key] ?? 0))
            }
            return free
        }
    }

    /// The category of the ServiceRequests that the network routes.
    public static let system = "https://healthbrain.dev/fhir/CodeSystem/laboratory-network"
    /// Its code.
    public static let category = "network-sample"
    /// Laboratories, and open samples, that are looked at, at most.
    private static let laboratoriesMax = 500
    private static let samplesMax = 5_000
    /// New samples in a run, at most; the others come with the next one.
    private static let newMax = 500
    private static let step = 50

    /// The store.
    public let store: RecordStore
    /// How the network works.
    public let rules: LaboratoryRules

    /// - Parameter store: where everything is.
    public init(_ store: RecordStore, _ rules: LaboratoryRules) {
        self.store = store
        self.rules = rules
    }

    // MARK: Reading

    /// The laboratories with what they have to do on a day, by name.
    public func members(on day: CivilDay) throws -> [Member] {
        let services = try all(
            "HealthcareService",
            [
                (
                    "service-category",
                    Laboratory.Kind.allCases.map { "\(Laboratory.kindSystem)|\($0.rawValue)" }.joined(separator: ",")
                )
            ],
            limit: Self.laboratoriesMax)
        var members: [String: Member] = [:]
        for (key, document) in services {
            guard var laboratory = Laboratory(document.root, id: key.id) else { continue }
            laboratory.district = laboratory.organization.map { district(of: $0) } ?? 0
            members[key.id] = Member(laboratory: laboratory, standing: try standing(of: key.id))
        }
        let start = day.startMilliseconds
        for sample in try samples([.routed]) + samples([.returned], from: day) {
            guard let id = sample.laboratory, sample.state == .routed || sample.changedAt >= start else { continue }
            members[id]?.load[sample.test.key, default: 0] += 1
        }
        return members.values.sorted { ($0.laboratory.name, $0.laboratory.id) < ($1.laboratory.name, $1.laboratory.id) }
    }

    /// How good a laboratory is known to be.
    public func standing(of laboratory: String) throws -> LaboratoryStanding {
        let found = try all(
            "Observation",
            [
                ("focus", "HealthcareService/\(laboratory)"),
                (
                    "code",
                    "\(LaboratoryStanding.system)|external-quality-assessment,\(LaboratoryStanding.system)|internal-quality-control"
                ),
                ("_sort", "-date"),
            ], limit: 200)
        return LaboratoryStanding(
            found.flatMap { LaboratoryStanding.Check.all($0.1.root, pass: rules.assessmentPass) })
    }

    /// Samples in some states, the most pressing first.
    /// - Parameter day: those alone that changed since the beginning of it; nil for all.
    public func samples(_ states: [LaboratorySample.State], from day: CivilDay? = nil) throws -> [LaboratorySample] {
        var query = LaboratorySample.search(states, count: 500)
        if let day { query.append(("modified", "ge\(day.isoText)T00:00:00+08:00")) }
        return try all("Task", query, limit: Self.samplesMax).compactMap { LaboratorySample($0.1.root) }
            .sorted { ($0.due, $0.id) < ($1.due, $1.id) }
    }

    /// What each district's centre has of what it must have.
    public func capabilities() throws -> [(district: Int, organization: String, has: Set<String>)] {
        let services = try all(
            "HealthcareService", [("service-category", "\(Laboratory.kindSystem)|cdc")], limit: Self.laboratoriesMax)
        return try DiseaseControlCentres(store).ofDistrict.sorted { $0.key < $1.key }.map { district, organization in
            var has: Set<String> = []
            for (_, document) in try all("Device", [("organization", organization), ("status", "active")], limit: 500) {
                for coding in document.root["type"]?["coding"].map({ Array($0.elements) }) ?? [] {
                    if let code = coding["code"]?.string { has.insert(code) }
                }
            }
            for (key, document) in services where document.root["providedBy"]?["reference"]?.string == organization {
                guard let laboratory = Laboratory(document.root, id: key.id), laboratory.isActive else { continue }
                has.formUnion(laboratory.tests.map(\.code))
            }
            return (district, organization, has.intersection(rules.classA.map(\.code)))
        }
    }

    private func all(
        _ type: String, _ query: [(String, String)], limit: Int
    ) throws -> [(ResourceKey, JSONDocument)] {
        var found: [(ResourceKey, JSONDocument)] = []
        var cursor: String?
        repeat {
            let page = try store.search(type: type, parameters: query + (cursor.map { [("_cursor", $0)] } ?? []))
            for entry in page.entries {
                found.append((entry.version.key, try JSONDocument(parsing: entry.version.json())))
            }
            cursor = page.next
        } while cursor != nil && found.count < limit
        return found
    }

    private func district(of organization: String) -> Int {
        guard let key = ResourceKey(reference: organization), key.type == "Organization",
            let version = try? store.read(key), let document = try? JSONDocument(parsing: version.json())
        else { return 0 }
        return Int(Recorded.district(of: document))
    }

    // MARK: Writing

    /// Takes in results and new samples, takes samples from laboratories that may not test them any more, and gives every sample that waits to one that
    /// has room. Each sample is written with its ServiceRequest in one transaction; one that somebody has just changed waits for the
    /// next run.
    ///
    /// - Parameter now: milliseconds since 1970 UTC.
    /// - Throws: ``RecordsError`` when the store can't be read or written.
    public func run(now: Int64) async throws -> Report {
        var report = Report()
        let open = try await settled(try samples([.routed, .waiting]), &report, now: now)
        let members = try members(on: CivilDay(milliseconds: now))
        let byID = Dictionary(members.map { ($0.laboratory.id, $0) }) { first, _ in first }
        var looking: [LaboratorySample] = []
        for sample in open {
            if sample.state == .routed, let id = sample.laboratory, byID[id]?.mayTest(sample.test.key) == true {
                continue
            }
            looking.append(sample)
        }
        looking += try arrivals(now: now)
        let assigned = SampleRouting.assign(
            looking.map {
                SampleRouting.Sample(id: $0.request, test: $0.test.key, district: $0.district, due: $0.due)
            },
            members.filter { $0.laboratory.isActive }.map { SampleRouting.Place($0.laboratory, free: $0.free) })
        let centre = looking.isEmpty ? nil : try DiseaseControlCentres(store).ofCity
        for before in looking {
            var sample = before
            if let id = assigned[sample.request], let laboratory = byID[id]?.laboratory {
                let isRerouted = sample.state == .routed || sample.reason == .rerouted
                (sample.state, sample.laboratory, sample.routedAt) = (.routed, id, now)
                (sample.owner, sample.reason) = (
                    laboratory.organization ?? "HealthcareService/\(id)", isRerouted ? .rerouted : nil
                )
                sample.changedAt = now
                guard try await write(sample) else { continue }
                report.routed += 1
                if isRerouted { report.rerouted += 1 }
            } else {
                report.waiting += 1
                guard sample.id.isEmpty || sample.state == .routed else { continue }
                (sample.state, sample.laboratory, sample.routedAt) = (.waiting, nil, nil)
                (sample.owner, sample.reason, sample.changedAt) = (centre ?? sample.requester, .noCapacity, now)
                _ = try await write(sample)
            }
        }
        return report
    }

    /// ServiceRequests that nobody has routed yet.
    private func arrivals(now: Int64) throws -> [LaboratorySample] {
        let found = try all(
            "ServiceRequest",
            [
                ("category", "\(Self.system)|\(Self.category)"), ("status", "active"), ("performer:missing", "true"),
                ("_sort", "authored"), ("_count", "\(Self.newMax)"),
            ], limit: Self.newMax)
        let known = Set(try samples([.waiting]).map(\.request))
        var districts: [String: Int] = [:]
        return found.compactMap { key, document in
            let request = document.root
            guard !known.contains(key.description), let test = LaboratoryTest(request["code"]) else { return nil }
            let requester = request["requester"]?["reference"]?.string
            var district = 0
            if let requester {
                district = districts[requester] ?? self.district(of: requester)
                districts[requester] = district
            }
            let authored = LaboratorySample.instant(request["authoredOn"]) ?? now
            return LaboratorySample(
                request: key.description, patient: request["subject"]?["reference"]?.string, requester: requester,
                test: test, district: district, authored: authored,
                due: authored + rules.turnAround(request["priority"]?.string ?? "routine"), now: now)
        }
    }

    /// Closes the samples of which results are there, and those that were called off; returns the others.
    private func settled(
        _ open: [LaboratorySample], _ report: inout Report, now: Int64
    ) async throws -> [LaboratorySample] {
        var rest: [LaboratorySample] = []
        for start in stride(from: 0, to: open.count, by: Self.step) {
            let some = open[start..<min(start + Self.step, open.count)]
            var results: [String: [String]] = [:]
            for (key, document) in try all(
                "Observation",
                [("based-on", some.map(\.request).joined(separator: ",")), ("status", "final,amended,corrected")],
                limit: 1_000)
            {
                for basis in document.root["basedOn"].map({ Array($0.elements) }) ?? [] {
                    if let request = basis["reference"]?.string {
                        results[request, default: []].append(key.description)
                    }
                }
            }
            let ids = some.compactMap { ResourceKey(reference: $0.request)?.id }.joined(separator: ",")
            let dropped = Set(
                try all("ServiceRequest", [("_id", ids), ("status", "revoked,entered-in-error")], limit: Self.step)
                    .map(\.0.description))
            for before in some {
                var sample = before
                if let found = results[sample.request] {
                    (sample.state, sample.results, sample.changedAt, sample.reason) = (
                        .returned, found.sorted(), now, nil
                    )
                    // Who asked has to act on it.
                    sample.owner = sample.requester ?? sample.owner
                    if try await write(sample) { report.returned += 1 }
                } else if dropped.contains(sample.request) {
                    (sample.state, sample.changedAt) = (.cancelled, now)
                    if try await write(sample) { report.cancelled += 1 }
                } else {
                    rest.append(sample)
                }
            }
        }
        return rest
    }

    /// Writes a sample with what its ServiceRequest says of it.
    /// - Returns: false where somebody was faster.
    private func write(_ sample: LaboratorySample) async throws -> Bool {
        guard let key = ResourceKey(reference: sample.request) else { return false }
        do {
            let version = try store.read(key)
            let request = try JSONDocument(parsing: version.json()).root
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("resourceType", string: "Bundle")
            writer.member("type", string: "transaction")
            writer.key("entry")
            writer.beginArray()
            if sample.state != .cancelled {
                entry(&writer, "PUT", key.description, ifMatch: version.versionID) { writer in
                    write(request, of: sample, to: &writer)
                }
            }
            if sample.id.isEmpty {
                entry(&writer, "POST", "Task", ifMatch: nil) { sample.write(to: &$0) }
            } else {
                entry(&writer, "PUT", "Task/\(sample.id)", ifMatch: sample.version) { sample.write(to: &$0) }
            }
            writer.endArray()
            writer.endObject()
            _ = try await store.process(bundle: try JSONDocument(parsing: writer.bytes))
            return true
        } catch let error as RecordsError
            where [.preconditionFailed, .conflict, .notFound, .gone].contains(error.category)
        {
            return false
        }
    }

    /// The ServiceRequest with its performer, and completed where results are there; everything else as it was.
    private func write(_ request: JSONNode, of sample: LaboratorySample, to writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in request.members where key.string != "performer" && key.string != "status" {
            writer.key(key.string ?? "")
            writer.node(value)
        }
        let status = request["status"]?.string ?? "active"
        writer.member("status", string: sample.state == .returned && status == "active" ? "completed" : status)
        if let laboratory = sample.laboratory {
            writer.key("performer")
            writer.beginArray()
            writer.beginObject()
            writer.member("reference", string: "HealthcareService/\(laboratory)")
            writer.endObject()
            writer.endArray()
        }
        writer.endObject()
    }

    private func entry(
        _ writer: inout JSONWriter, _ method: String, _ url: String, ifMatch: Int?,
        _ resource: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        writer.key("resource")
        resource(&writer)
        writer.key("request")
        writer.beginObject()
        writer.member("method", string: method)
        writer.member("url", string: url)
        if let ifMatch { writer.member("ifMatch", string: "W/\"\(ifMatch)\"") }
        writer.endObject()
        writer.endObject()
    }
}
