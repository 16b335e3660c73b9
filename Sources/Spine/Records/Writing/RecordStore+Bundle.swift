import FHIR
public import JSON

extension RecordStore {
    /// At most this many entries stand in one Bundle.
    public static let bundleEntriesMax = 20_000

    /// Carries out a transaction or a batch (FHIR R4, http.html#transaction).
    ///
    /// - Parameter bundle: a Bundle of type `transaction` or `batch`.
    /// - Returns: the text of the response Bundle.
    /// - Throws: ``RecordsError``; a refused transaction has written nothing.
    public func process(bundle: JSONDocument) async throws(RecordsError) -> [UInt8] {
        try await seen(by: nil, trace: AccessTrace(AccessTrace.Who())).process(bundle: bundle)
    }
}

extension SeenRecords {
    /// Carries out a transaction or a batch (FHIR R4, http.html#transaction).
    ///
    /// - Parameter bundle: a Bundle of type `transaction` or `batch`.
    /// - Returns: the text of the response Bundle.
    /// - Throws: ``RecordsError``; a refused transaction has written nothing.
    public func process(bundle: JSONDocument) async throws(RecordsError) -> [UInt8] {
        let root = bundle.root
        guard root["resourceType"]?.equals("Bundle") == true else {
            throw RecordsError(.invalid, "The body is not a Bundle.", expression: "Bundle")
        }
        let nodes = root["entry"].map { Array($0.elements) } ?? []
        guard nodes.count <= RecordStore.bundleEntriesMax else {
            throw RecordsError(
                .tooCostly,
                "The Bundle has \(nodes.count) entries; at most \(RecordStore.bundleEntriesMax) are "
                    + "taken at once.")
        }
        switch root["type"]?.string {
        case "transaction": return try await transaction(nodes)
        case "batch": return await batch(nodes)
        default:
            throw RecordsError(
                .invalid, "The Bundle's type is transaction or batch; found “\(root["type"]?.string ?? "none")”.",
                expression: "Bundle.type")
        }
    }

    // MARK: Batch

    private func batch(_ nodes: [JSONNode]) async -> [UInt8] {
        var responses: [BundleResponse] = []
        for (index, node) in nodes.enumerated() {
            do throws(RecordsError) {
                responses.append(try await single(BundleEntry(node, index: index)))
            } catch {
                responses.append(.failed(error))
            }
        }
        return BundleResponse.bundle(responses, type: "batch-response", parts.definitions)
    }

    private func single(_ entry: BundleEntry) async throws(RecordsError) -> BundleResponse {
        switch entry.request {
        case .create(let type, let ifNoneExist):
            return .written(try await create(type: type, try entry.body(), ifNoneExist: ifNoneExist))
        case .update(let key, let ifMatch, let mustBeNew):
            return .written(try await update(key, try entry.body(), ifMatch: ifMatch, ifNoneMatchAny: mustBeNew))
        case .conditionalUpdate(let type, let query, let ifMatch):
            return .written(
                try await conditionalUpdate(type: type, query: query, try entry.body(), ifMatch: ifMatch))
        case .delete(let key, let ifMatch):
            return .deleted(try await delete(key, ifMatch: ifMatch))
        case .conditionalDelete(let type, let query):
            return .deleted(try await conditionalDelete(type: type, query: query).first)
        case .patch(let key, let ifMatch):
            return .written(try await patch(key, try entry.patchBody(), ifMatch: ifMatch))
        case .conditionalPatch(let type, let query, let ifMatch):
            return .written(
                try await conditionalPatch(type: type, query: query, try entry.patchBody(), ifMatch: ifMatch))
        default:
            return try get(entry)
        }
    }

    private func get(_ entry: BundleEntry) throws(RecordsError) -> BundleResponse {
        switch entry.request {
        case .read(let key): return .read(try read(key))
        case .vread(let key, let number): return .read(try version(key, number))
        case .search(let type, let query): return .found(try search(type: type, parameters: URLQuery.parse(query)))
        default: throw RecordsError(.internal, "The entry does not read.", expression: entry.expression)
        }
    }

    // MARK: Transaction

    private func transaction(_ nodes: [JSONNode]) async throws(RecordsError) -> [UInt8] {
        let entries = try await read(nodes)
        let plan = try TransactionPlan(entries, store: store)
        let isConditional = plan.isConditional
        let outcomes: [WriteOutcome?]
        if isConditional {
            outcomes = try await store.writer.write(size: plan.writes.count, searches: true, for: writer()) {
                try plan.resolved($0)
            }
        } else {
            let prepared = try await prepare(plan)
            outcomes = try await store.writer.write(plan.writes.compactMap { prepared[$0.index] }, for: writer())
        }
        var responses: [Int: BundleResponse] = [:]
        for (entry, outcome) in zip(plan.writes, outcomes) {
            switch entry.request {
            case .delete, .conditionalDelete: responses[entry.index] = .deleted(outcome)
            default: if let outcome { responses[entry.index] = .written(outcome) }
            }
        }
        for entry in entries where responses[entry.index] == nil {
            do { responses[entry.index] = try get(entry) } catch {
                // The writes stand; a read that finds nothing is told in its own entry.
                responses[entry.index] = .failed(error)
            }
        }
        return BundleResponse.bundle(
            entries.compactMap { responses[$0.index] }, type: "transaction-response", parts.definitions)
    }

    /// Reads the entries; every fault of every entry is told at once.
    private func read(_ nodes: [JSONNode]) async throws(RecordsError) -> [BundleEntry] {
        var entries: [BundleEntry] = []
        var issues: [Issue] = []
        var category = RecordsError.Category.invalid
        entries.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            do {
                entries.append(try BundleEntry(node, index: index))
            } catch {
                category = error.category
                issues += error.issues
            }
        }
        if !issues.isEmpty { throw RecordsError(category, issues: issues) }
        return entries
    }

    /// Checks, indexes and compresses the resources of a transaction without conditions.
    private func prepare(_ plan: TransactionPlan) async throws(RecordsError) -> [Int: PreparedWrite] {
        var prepared: [Int: PreparedWrite] = [:]
        var issues: [Issue] = []
        var category: RecordsError.Category?
        for entry in plan.writes {
            do throws(RecordsError) {
                prepared[entry.index] = try plan.prepare(entry, parts: parts)
            } catch {
                category = category ?? error.category
                issues += error.issues.map { $0.inside(entry) }
            }
        }
        if let category { throw RecordsError(category, issues: issues) }
        return prepared
    }
}

extension BundleEntry {
    fileprivate func body() throws(RecordsError) -> JSONDocument {
        guard let resource else { throw RecordsError(.invalid, "The entry has no resource.", expression: expression) }
        return resource
    }

    fileprivate func patchBody() throws(RecordsError) -> ResourcePatch {
        guard let patch else { throw RecordsError(.invalid, "The entry has no patch.", expression: expression) }
        return patch
    }
}

extension Issue {
    /// The issue with its place in the Bundle.
    fileprivate func inside(_ entry: BundleEntry) -> Issue {
        let place = expression.map { path in
            // `Patient.name[0]` → `Bundle.entry[3].resource.name[0]`.
            "\(entry.expression).resource" + (path.firstIndex(of: ".").map { path[$0...] } ?? "")
        }
        return Issue(
            severity: severity, code: code, diagnostics: diagnostics,
            expression: place ?? "\(entry.expression).resource")
    }
}
