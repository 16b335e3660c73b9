import FHIR
import Records
import SQL
import Synchronization

extension Highway {
    /// The longest pause after the store has failed, in milliseconds.
    private static let pauseMax = 30_000

    /// Works until nothing waits: while one batch is committed the next is made ready.
    ///
    /// - Parameters:
    ///   - density: how thick messages come.
    ///   - isLeading: whether this server is still the one that works, asked once a batch.
    /// - Returns: false when it no longer is.
    func drain(_ density: inout Density, while isLeading: @Sendable () -> Bool) async throws -> Bool {
        var queue = FairQueue()
        var current = try await batch(&queue, besides: [])
        while !current.wagons.isEmpty {
            let (batch, isFull) = current
            let ids = Set(batch.flatMap(\.messages).map(\.message.id))
            async let committed: Void = commit(batch)
            if let next = density.took(ids.count, isFull: isFull) {
                try? await Task.sleep(until: next, clock: .continuous)
            }
            // What is prepared beside a commit may be outdated by it; the transaction looks again.
            let next = try await self.batch(&queue, besides: ids)
            try await committed
            guard isLeading() else { return false }
            current = next
        }
        return true
    }

    // MARK: Taking

    /// The next messages, mapped and checked, each sender's in order, and whether more wait.
    private func batch(
        _ queue: inout FairQueue, besides underWay: Set<Int64>
    ) async throws -> (wagons: [Wagon], isFull: Bool) {
        if isClosed.load(ordering: .acquiring) || Task.isCancelled { return ([], false) }
        let taken = options.now()
        let (messages, isFull) = try next(&queue, besides: underWay)
        let trains = trains(messages)
        if trains.isEmpty { return ([], false) }
        try probe(.taken)
        let prepared = try await prepare(trains)
        try probe(.prepared)
        let stops = (taken, options.now())
        return (zip(trains, prepared).map { Wagon($0[0].message.sender, $1, stops, self) }, isFull)
    }

    private func next(
        _ queue: inout FairQueue, besides underWay: Set<Int64>
    ) throws -> (messages: [(message: StoredMessage, attempts: Int)], isFull: Bool) {
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
            let messages = try StoredMessage.read(chosen.map(\.id), in: db).map { ($0, attempts[$0.id] ?? 0) }
            return (messages, chosen.count < queues.values.reduce(0) { $0 + $1.count })
        }
    }

    // MARK: Committing

    /// What a batch has come to.
    private struct Progress {
        /// What is to be written yet, each sender's in order.
        var left: [Wagon]
        /// How often the store failed on a message for a fault of its own.
        var failures: [Int64: Int] = [:]
        /// Whether the store has failed for a fault of its own: from then on one piece is written at a time, so that it is
        /// told from its neighbours.
        var isSingle = false
        /// Whether the store has failed since the last pause.
        var hasFailed = false
    }

    /// Writes a batch; waits and tries again while the store can't.
    private func commit(_ batch: [Wagon]) async throws {
        var progress = Progress(left: batch)
        var pause = 50
        while !progress.left.isEmpty {
            let wagons = progress.left
            progress.left = []
            progress.hasFailed = false
            if progress.isSingle {
                try await writeSingly(wagons, &progress)
            } else {
                try await write(wagons, &progress)
            }
            if progress.hasFailed {
                try stopIfClosed()
                try? await Task.sleep(for: .milliseconds(pause))
                pause = min(pause * 2, Self.pauseMax)
            }
        }
    }

    /// One after the other. What comes after a failure waits where it is of the same sender.
    private func writeSingly(_ wagons: [Wagon], _ progress: inout Progress) async throws {
        var held: Set<String> = []
        for wagon in wagons {
            if held.contains(wagon.sender) {
                progress.left.append(wagon)
                continue
            }
            let before = progress.left.count
            try await write([wagon], &progress)
            if progress.left.count > before { held.insert(wagon.sender) }
        }
    }

    private func write(_ wagons: [Wagon], _ progress: inout Progress) async throws {
        let results = await store.write(inOrder: wagons.map(\.work))
        try probe(.afterCommit)
        for (wagon, result) in zip(wagons, results) {
            switch result {
            case .success(let outcomes): finish(wagon, outcomes)
            // Another server works: what it has left is taken from the inbox again.
            case .failure where wagon.result.isGone: foreign.failed()
            case .failure(let error) where error.isPassing:
                if !progress.hasFailed { foreign.failed() }
                progress.hasFailed = true
                progress.isSingle = progress.isSingle || error.category == .internal
                progress.left += passing(wagon, error, wagons.count == 1, &progress.failures)
            case .failure(let error): progress.left += refused(wagon, error)
            }
        }
    }

    private func stopIfClosed() throws {
        if isClosed.load(ordering: .acquiring) || Task.isCancelled { throw Stopped() }
    }

    /// Pieces of one sender each, in order.
    private func trains(
        _ batch: [(message: StoredMessage, attempts: Int)]
    ) -> [[(message: StoredMessage, attempts: Int)]] {
        var trains: [[(message: StoredMessage, attempts: Int)]] = []
        var open: [String: Int] = [:]
        for one in batch {
            let sender = one.message.sender
            if let place = open[sender], trains[place].count < options.wagonMax {
                trains[place].append(one)
            } else {
                open[sender] = trains.count
                trains.append([one])
            }
        }
        return trains
    }

    /// The store failed, and may not the next time. What fails again and again by itself while the shelf can be written goes
    /// there.
    private func passing(
        _ wagon: Wagon, _ error: RecordsError, _ wasAlone: Bool, _ failures: inout [Int64: Int]
    ) -> [Wagon] {
        guard error.category == .internal, wasAlone else { return [wagon] }
        if wagon.messages.count > 1 { return wagon.messages.map { Wagon(wagon.sender, [$0], wagon.stops, self) } }
        let message = wagon.messages[0]
        failures[message.message.id, default: 0] += 1
        guard failures[message.message.id, default: 0] >= options.attemptsMax else { return [wagon] }
        return [shelved(wagon, message, error)]
    }

    /// A refusal concerns one message: it is found by writing each by itself.
    private func refused(_ wagon: Wagon, _ error: RecordsError) -> [Wagon] {
        if wagon.messages.count > 1 { return wagon.messages.map { Wagon(wagon.sender, [$0], wagon.stops, self) } }
        return [shelved(wagon, wagon.messages[0], error)]
    }

    private func shelved(_ wagon: Wagon, _ message: PreparedMessage, _ error: RecordsError) -> Wagon {
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
        return Wagon(wagon.sender, [message], wagon.stops, self)
    }

    private func finish(_ wagon: Wagon, _ outcomes: [WriteOutcome?]) {
        ranks.remember(wagon.result.ranks.map { ($0.key, $0.rank) })
        let head = outcomes.compactMap { $0.flatMap { $0.changed ? $0.version.sequence : nil } }.max()
        let now = options.now()
        for message in wagon.messages where !message.isDead {
            let event = message.items.compactMap(\.item.event).max()
            lags.note(
                wagon.sender, event: event, received: message.message.received, stops: wagon.stops, recorded: now)
        }
        if let head {
            let events = wagon.messages.filter { !$0.isDead }.flatMap(\.items).compactMap(\.item.event)
            lags.wrote(head, of: events, at: now)
        }
    }

    /// Ends the highway where a test wants it to.
    private func probe(_ point: ProbePoint) throws {
        do { try options.probe(point) } catch { throw Stopped() }
    }
}

extension RecordsError {
    /// Whether the same write may go through another time.
    var isPassing: Bool { category == .unavailable || category == .internal }
}
