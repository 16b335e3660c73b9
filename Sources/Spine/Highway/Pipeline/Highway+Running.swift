import FHIR
import Records
import SQL
import Synchronization

extension Highway {
    /// The longest pause after the store has failed, in milliseconds.
    private static let pauseMax = 30_000

    /// Works until nothing waits: while one batch is committed the next is made ready.
    func drain() async throws {
        var queue = FairQueue()
        var current = try await batch(&queue, besides: [])
        while !current.isEmpty {
            let batch = current
            let ids = Set(batch.map(\.message.id))
            async let committed: Void = commit(batch)
            // What is prepared beside a commit may be outdated by it; the transaction looks again.
            let next = try await self.batch(&queue, besides: ids)
            try await committed
            current = next
        }
    }

    // MARK: Taking

    /// The next messages, mapped and checked, each sender's in order.
    private func batch(_ queue: inout FairQueue, besides underWay: Set<Int64>) async throws -> [PreparedMessage] {
        if isClosed.load(ordering: .acquiring) || Task.isCancelled { return [] }
        let chosen = try next(&queue, besides: underWay)
        if chosen.isEmpty { return [] }
        try probe(.taken)
        var prepared: [PreparedMessage] = []
        prepared.reserveCapacity(chosen.count)
        try await withThrowingTaskGroup(of: PreparedMessage.self) { group in
            for (message, attempts) in chosen {
                group.addTask { await self.prepare(message, attempts: attempts) }
            }
            for try await message in group { prepared.append(message) }
        }
        try probe(.prepared)
        return prepared.sorted { $0.message.id < $1.message.id }
    }

    private func next(
        _ queue: inout FairQueue, besides underWay: Set<Int64>
    ) throws -> [(message: StoredMessage, attempts: Int)] {
        try store.readSQL { db in
            let senders = try db.query(
                "SELECT sender FROM highway_count WHERE name = 'waiting' AND amount > 0"
            ) { $0.text(0) }
            var queues: [String: [FairQueue.Waiting]] = [:]
            var attempts: [Int64: Int] = [:]
            for sender in senders {
                queues[sender] = try db.query(
                    "SELECT id, size, attempts FROM highway_waiting WHERE sender = ? ORDER BY id LIMIT \(options.batchMax + underWay.count)",
                    [.text(sender)]
                ) { row in
                    attempts[row.int(0)] = Int(row.int(2))
                    return FairQueue.Waiting(id: row.int(0), bytes: Int(row.int(1)))
                }.filter { !underWay.contains($0.id) }
            }
            let chosen = queue.next(queues, countMax: options.batchMax, bytesMax: options.batchBytesMax)
            return try StoredMessage.read(chosen.map(\.id), in: db).map { ($0, attempts[$0.id] ?? 0) }
        }
    }

    // MARK: Committing

    /// Writes a batch; waits and tries again while the store can't.
    private func commit(_ batch: [PreparedMessage]) async throws {
        var wagons = wagons(batch)
        var pause = 50
        var failures: [Int64: Int] = [:]
        while !wagons.isEmpty {
            let results = await store.write(inOrder: wagons.map(\.work))
            try probe(.afterCommit)
            var again: [Wagon] = []
            var hasFailed = false
            for (wagon, result) in zip(wagons, results) {
                switch result {
                case .success(let outcomes): finish(wagon, outcomes)
                case .failure(let error) where error.isPassing:
                    hasFailed = true
                    again += try passing(wagon, error, &failures)
                case .failure(let error): again += refused(wagon, error)
                }
            }
            if hasFailed {
                foreign.failed()
                try stopIfClosed()
                try? await Task.sleep(for: .milliseconds(pause))
                pause = min(pause * 2, Self.pauseMax)
            }
            wagons = again
        }
    }

    private func stopIfClosed() throws {
        if isClosed.load(ordering: .acquiring) || Task.isCancelled { throw Stopped() }
    }

    /// Pieces of one sender each, in order.
    private func wagons(_ batch: [PreparedMessage]) -> [Wagon] {
        var wagons: [Wagon] = []
        var open: [String: [PreparedMessage]] = [:]
        for message in batch {
            let sender = message.message.sender
            open[sender, default: []].append(message)
            guard let full = open[sender], full.count >= options.wagonMax else { continue }
            wagons.append(Wagon(sender, full, self))
            open[sender] = nil
        }
        return wagons + open.sorted { $0.key < $1.key }.map { Wagon($0.key, $0.value, self) }
    }

    /// The store failed, and may not the next time. What fails again and again while the shelf can be written goes there.
    private func passing(_ wagon: Wagon, _ error: RecordsError, _ failures: inout [Int64: Int]) throws -> [Wagon] {
        guard error.category == .internal else { return [wagon] }
        if wagon.messages.count > 1 { return wagon.messages.map { Wagon(wagon.sender, [$0], self) } }
        let message = wagon.messages[0]
        failures[message.message.id, default: 0] += 1
        guard failures[message.message.id, default: 0] >= options.attemptsMax else { return [wagon] }
        return [shelved(wagon.sender, message, error)]
    }

    /// A refusal concerns one message: it is found by writing each by itself.
    private func refused(_ wagon: Wagon, _ error: RecordsError) -> [Wagon] {
        if wagon.messages.count > 1 { return wagon.messages.map { Wagon(wagon.sender, [$0], self) } }
        return [shelved(wagon.sender, wagon.messages[0], error)]
    }

    private func shelved(_ sender: String, _ message: PreparedMessage, _ error: RecordsError) -> Wagon {
        var message = message
        let step: Step = error.category == .multipleMatches ? .identify : .commit
        for place in message.items.indices {
            message.items[place].parts = []
            if message.items[place].item.refusals.isEmpty {
                message.items[place].item.refusals = error.issues.prefix(20).map {
                    Refusal(
                        step: step, rule: "\($0.code.rawValue)", place: $0.expression ?? "", what: $0.diagnostics,
                        hint: "correct it, and replay the message")
                }
            }
        }
        return Wagon(sender, [message], self)
    }

    private func finish(_ wagon: Wagon, _ outcomes: [WriteOutcome?]) {
        ranks.remember(wagon.result.ranks.map { ($0.key, $0.rank) })
        let head = outcomes.compactMap { $0.flatMap { $0.changed ? $0.version.sequence : nil } }.max()
        let now = options.now()
        for message in wagon.messages where !message.isDead {
            let event = message.items.compactMap(\.item.event).max()
            lags.note(wagon.sender, event: event, received: message.message.received, recorded: now)
        }
        if let head { lags.wrote(head, at: now) }
    }

    /// Ends the highway where a test wants it to.
    private func probe(_ point: ProbePoint) throws {
        do { try options.probe(point) } catch { throw Stopped() }
    }
}

extension RecordsError {
    /// Whether the same write may go through another time.
    fileprivate var isPassing: Bool { category == .unavailable || category == .internal }
}
