/// One piece of work for a server.
struct Parcel: Sendable {
    /// The Bundle to post.
    let bundle: [UInt8]
    /// How many resources it holds.
    let resources: Int
    /// Whether it must not be sent before everything that came earlier and refers to nothing is committed.
    let isDependent: Bool
    /// Where it comes from.
    let origin: Origin
    /// What to do when the server refuses it.
    var kind = Kind.transaction

    /// How refusals are told.
    enum Kind: Sendable {
        /// A transaction as somebody else made it: refused whole.
        case transaction
        /// A batch as somebody else made it: each entry is answered alone.
        case batch
        /// Single resources put into one transaction here: refused ones are found by sending it again as a batch.
        case assembled
    }

    /// The place of a parcel in its source.
    struct Origin: Sendable {
        /// The number of the file.
        let file: Int
        /// The number of the parcel in its file, from 0.
        let ordinal: Int
        /// The line of its first document, from 1.
        let line: Int
        /// One resource in it, to be asked for later; nil when none has an id.
        var sample: String?
    }
}

/// Sends parcels to a server with a few in flight, and in an order that their references need.
struct Conveyor {
    /// How many are in flight at most.
    let jobs: Int

    /// Sends parcels until there are none.
    /// - Parameters:
    ///   - next: gives the next parcel; nil at the end.
    ///   - send: delivers one; runs in parallel.
    ///   - done: hears of each delivery, one at a time.
    func run<Delivery: Sendable>(
        next: () throws -> Parcel?,
        send: @escaping @Sendable (Parcel) async throws -> Delivery,
        done: (Parcel, Delivery) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Parcel, Delivery).self) { group in
            var running = 0
            var independents = 0
            while let parcel = try next() {
                while running >= jobs || (parcel.isDependent && independents > 0) {
                    guard let (sent, delivery) = try await group.next() else { break }
                    running -= 1
                    if !sent.isDependent { independents -= 1 }
                    try await done(sent, delivery)
                }
                running += 1
                if !parcel.isDependent { independents += 1 }
                group.addTask { (parcel, try await send(parcel)) }
            }
            for try await (sent, delivery) in group { try await done(sent, delivery) }
        }
    }
}
