import Records

/// Goes through what may be exported, page by page, and leaves room for others meanwhile.
struct ExportWalk: Sendable {
    /// What the one who asked reaches now; asked for again for each page, so that what is taken from them ends at once.
    let view: @Sendable () throws(RecordsError) -> SeenRecords
    let moment: StoreMoment
    /// How long it rests after each page, as a multiple of the time that the page took.
    let rest: Double
    /// Throws when nobody waits for it any more.
    let check: @Sendable () throws -> Void

    /// Resources that are read at a time.
    static let pageResources = 250

    func each(_ type: String, _ body: (TakenResource) throws -> Void) async throws {
        var place: Int64? = 0
        while let after = place {
            try Task.checkCancellation()
            try check()
            let start = ContinuousClock.now
            let page = try view().take(type: type, after: after, limit: Self.pageResources, asOf: moment)
            for resource in page.resources { try body(resource) }
            place = page.next
            if place != nil, rest > 0 { try await Task.sleep(for: start.duration(to: .now) * rest) }
            await Task.yield()
        }
    }
}
