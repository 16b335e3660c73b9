import SQL

/// What a start does with the journal that it finds: moves what is whole into the log, and says there what may be missing.
struct JournalRecovery {
    private let folder: JournalFolder
    private let options: AuditJournal.Options
    private let database: any SQLDatabase
    /// Everything handed before this instant is in the log or in the whole part of the journal.
    private var intact: Int64?
    /// Whether something behind that is damaged or gone, whatever the machine did.
    private var isDamaged = false
    private var boot: String?

    init(_ folder: JournalFolder, _ options: AuditJournal.Options, _ database: any SQLDatabase) {
        self.folder = folder
        self.options = options
        self.database = database
    }

    /// Whether the machine was started since; also when that is not known.
    private var isAnotherLife: Bool { boot.map { $0.isEmpty || $0 != options.machine.boot } ?? false }

    /// - Returns: the number of the segment to begin.
    mutating func run() throws -> Int64 {
        let known = try database.read { [name = folder.name] db in try JournalRow.find(name, in: db) }
        let start = known?.segment ?? 0
        let segments = folder.segments.filter { $0 >= start }
        intact = known?.at
        if let known, known.isOpen, segments.first != known.segment { isDamaged = true }
        var expected = segments.first ?? 0
        for segment in segments {
            if segment != expected { isDamaged = true }
            expected = segment + 1
            try drain(segment, from: segment == start ? known?.position ?? 0 : 0, isLast: segment == segments.last)
        }
        let wasOpen = known?.isOpen == true || !segments.isEmpty
        let next = max(start, (segments.last ?? -1) + 1)
        try begin(next, reportsLoss: wasOpen && (isDamaged || isAnotherLife))
        for segment in folder.segments where segment < next { folder.remove(segment) }
        return next
    }

    private mutating func drain(_ segment: Int64, from start: Int64, isLast: Bool) throws {
        var position = start
        // The times of frames that are in the log already count too.
        var scanned = Int64(0)
        let size = folder.size(segment)
        if start > size { isDamaged = true }
        let isStopped = isDamaged
        while scanned < size {
            let bytes = try folder.read(
                segment, from: scanned, count: Int(min(size - scanned, Int64(AuditJournal.chunkBytes))))
            let (frames, count, end) = try JournalFrame.scan(bytes)
            var entries: [AuditTrail.Encoded] = []
            for frame in frames {
                switch frame {
                case .header(let at, let life):
                    boot = life
                    if !isStopped { intact = max(intact ?? at, at) }
                case .mark(let at): if !isStopped { intact = max(intact ?? at, at) }
                case .entry(let entry, let bytes): entries.append(AuditTrail.Encoded(entry: entry, bytes: bytes))
                }
            }
            let upTo = scanned + Int64(count)
            if upTo > position {
                // A chunk begins where the one before ended, and so did those of the process that died.
                let fresh = try scanned >= position ? entries : self.entries(segment, position, upTo)
                try move(
                    fresh,
                    JournalRow(
                        name: folder.name, segment: segment, position: upTo, at: intact ?? options.now(), isOpen: true))
                position = upTo
            }
            scanned = upTo
            if end == .damaged || end == .blank || count == 0 { break }
        }
        guard scanned < size else { return }
        let rest = try folder.read(
            segment, from: scanned, count: Int(min(size - scanned, Int64(AuditJournal.chunkBytes))))
        switch (try? JournalFrame.scan(rest))?.end {
        case .blank: break
        // A write that a kill has broken off leaves a piece of a frame at the very end, and nobody was told that it is kept.
        case .cut where isLast: break
        default: isDamaged = true
        }
    }

    private func entries(_ segment: Int64, _ lower: Int64, _ upper: Int64) throws -> [AuditTrail.Encoded] {
        let bytes = try folder.read(segment, from: lower, count: Int(upper - lower))
        return try JournalFrame.scan(bytes).frames.compactMap(\.encodedEntry)
    }

    private func move(_ entries: [AuditTrail.Encoded], _ row: JournalRow) throws {
        try database.write { db in
            try AuditTrail.append(entries, in: db)
            try row.update(in: db)
        }
    }

    private func begin(_ segment: Int64, reportsLoss: Bool) throws {
        let now = options.now()
        var entries = [AuditEntry(at: now, action: .start)]
        if reportsLoss {
            // The machine stopped before it started again.
            let upper = isAnotherLife ? min(now, options.machine.bootedAt ?? now) : now
            let lower = min(intact ?? upper, upper)
            entries.insert(
                AuditEntry(
                    at: now, action: .possibleLoss, outcome: .majorFailure,
                    reason: isAnotherLife ? "power-cut" : "journal-damaged", period: lower..<upper), at: 0)
        }
        let row = JournalRow(name: folder.name, segment: segment, position: 0, at: now, isOpen: false)
        try database.write { db in
            // Only one process opens a database of SQLite: another journal that seems in use there has lost its folder.
            let lost =
                db.kind == .sqlite
                ? try db.query(
                    "SELECT at FROM audit_journal WHERE open = 1 AND journal <> ?", [.text(folder.name)]
                ) { $0.int(0) } : []
            for at in lost {
                entries.insert(
                    AuditEntry(
                        at: now, action: .possibleLoss, outcome: .majorFailure, reason: "journal-missing",
                        period: min(at, now)..<now), at: 0)
                try db.execute("UPDATE audit_journal SET open = 0 WHERE journal <> ?", .text(folder.name))
            }
            try AuditTrail.append(entries, in: db)
            try row.update(in: db)
        }
    }
}
