import FHIR
import SQL

extension WriteSession {
    /// The same writes with the rows that the search parameters of this moment give: they may have changed since the
    /// writes were prepared.
    func indexed(_ writes: [PreparedWrite]) throws(RecordsError) -> [PreparedWrite] {
        let indexer = parts.indexer
        let isStale = writes.contains { write in
            if case .put(let body, _, _) = write.operation { return body.revision != indexer.catalogue.revision }
            return false
        }
        guard isStale else { return writes }
        return try writes.map { write throws(RecordsError) in
            guard case .put(let body, let ifMatch, let mustBeNew) = write.operation,
                body.revision != indexer.catalogue.revision
            else { return write }
            var write = write
            write.operation = .put(
                try body.indexed(by: indexer, as: write.key), ifMatch: ifMatch, mustBeNew: mustBeNew)
            return write
        }
    }

    /// What SearchParameters among the writes make of the catalogue; nil when nothing.
    ///
    /// - Throws: ``RecordsError`` of category `unprocessable` when one can't stand beside the others.
    func catalogue(after writes: [PreparedWrite]) throws(RecordsError) -> ParameterCatalogue? {
        var own = writes.filter { $0.key.type == ParameterRegistry.type }
        guard !own.isEmpty else { return nil }
        // A composite may come before what it is made of.
        own = own.filter { !$0.isComposite } + own.filter(\.isComposite)
        var next = catalogue
        for write in own {
            switch write.operation {
            case .put(let body, _, _):
                do throws(RecordsError) {
                    try next.put(write.key.id, body.parameter, parts.definitions)
                } catch {
                    guard isReplay else { throw error }
                    try next.put(write.key.id, nil, parts.definitions)
                }
            case .delete: try next.put(write.key.id, nil, parts.definitions)
            case .keep: continue
            }
        }
        return next == catalogue ? nil : next
    }

    /// Adds index rows of resources that stand already, uncounted. Rows that are there are not written twice.
    func index(_ rows: [(rows: IndexRows, rid: Int64, shard: Int64)]) throws {
        if isBuffered {
            let targets = Set(rows.flatMap { $0.rows.references.map(\.target) })
            try lookUp(
                Dictionary(
                    uniqueKeysWithValues: targets.filter { memory.rids[$0] == nil && found[$0] == nil }.map {
                        ($0, false)
                    }))
        }
        if buffer.isWhole {
            // There a resource's rows go together, and no key keeps one from standing twice.
            try flush()
            for table in IndexTable.allCases {
                let pairs = Set(rows.flatMap { each in each.rows.params(of: table).map { [$0, each.rid] } })
                guard !pairs.isEmpty else { continue }
                try db.delete(
                    from: table.name,
                    columns: [.integers("param", pairs.map { $0[0] }), .integers("rid", pairs.map { $0[1] })])
            }
        }
        for each in rows where each.rows.count > 0 {
            try buffer.add(each.rows, rid: each.rid, shard: each.shard, counts: false) { try rid(of: $0) }
        }
    }
}

extension PreparedWrite {
    fileprivate var isComposite: Bool {
        if case .put(let body, _, _) = operation { return body.parameter?.type == .composite }
        return false
    }
}
