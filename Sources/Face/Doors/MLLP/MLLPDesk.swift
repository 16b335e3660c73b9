import HL7v2

/// Reads what a connection brought, has it kept, and writes the replies: one frame for each that came, at most.
///
/// Nothing is answered `AA` or `CA` before the inbox has said that it is kept. Source of the rules: HL7 v2.8, chapter 2.9.
struct MLLPDesk: Sendable {
    /// Who is at the other end.
    struct Caller: Sendable {
        var peer: String
        /// The name that the connection is configured to.
        var name: String?
    }

    let inbox: any InboxDoor
    let callers: MLLPCallers
    let counters: MLLPCounters
    let limits: V2Limits
    /// The moment and the id of each reply.
    let occasion: @Sendable () -> Acknowledgment.Occasion

    /// The replies to what came, in its order, in their frames.
    func answer(_ events: [MLLPFrames.Event], from caller: Caller) async -> [[UInt8]] {
        let letters = events.compactMap { event in letter(event, caller) }
        let kept = letters.filter { !$0.arrival.bytes.isEmpty }
        var refusals = (kept.isEmpty ? [] : await inbox.accept(kept.map(\.arrival)))[...]
        return letters.compactMap { letter in
            let refusal = letter.arrival.bytes.isEmpty ? nil : refusals.popFirst() ?? nil
            return reply(letter, refusal).map(MLLPFrames.framed)
        }
    }

    // MARK: - Reading

    /// A frame, read as far as the reply needs it.
    private struct Letter {
        var arrival: DoorArrival
        var items: [Item] = []
        var isBatch = false
        var isAnswered = true

        struct Item {
            var header: MessageHeader
            var delimiters: Delimiters
            var charset: Charset
            var faults: [Fault]
            /// What keeps the message from being worked on though it can be read and is kept.
            var hindrances: [Fault] = []
            var verdict: Acknowledgment.Verdict?
        }
    }

    private func letter(_ event: MLLPFrames.Event, _ caller: Caller) -> Letter? {
        switch event {
        case .noise: return nil
        case .message(let bytes): return bytes.allSatisfy { $0 <= 0x20 } ? nil : letter(bytes, caller)
        case .unfinished(let bytes):
            // The sender goes on with its next frame, so that nobody waits for a reply to this one.
            counters.count(.unreadable)
            let fault = Fault(
                .error, .segmentSequence, "the frame has no end",
                hint: "end each message with the bytes 1C 0D, and send it again")
            return Letter(arrival: arrival(bytes, nil, caller, "\(fault)"), isAnswered: false)
        case .tooLong(let bytesMax):
            counters.count(.long)
            let fault = Fault(
                .error, .internalError, "the frame is longer than \(bytesMax) bytes", hint: "send it in parts")
            return Letter(arrival: arrival([], nil, caller, "\(fault)"), items: [nameless(fault)])
        }
    }

    private func letter(_ bytes: [UInt8], _ caller: Caller) -> Letter {
        let reading = Reading(bytes, limits: limits)
        var items = reading.items.map { item in
            let header = item.message.map { MessageHeader($0) } ?? MessageHeader()
            return Letter.Item(
                header: header, delimiters: item.message?.delimiters ?? .usual, charset: reading.charset,
                faults: item.faults, hindrances: item.message.map { inbox.faults(of: $0, header) } ?? [])
        }
        if let fault = reading.faults.first(where: { $0.severity == .error }) ?? Self.emptiness(reading) {
            items = [headed(bytes, fault)]
        }
        for place in items.indices where items[place].verdict == nil {
            // Nobody can tell from such a reply which message it is about, and sending it again won't help.
            if items[place].header == MessageHeader() { items[place].verdict = .rejected }
        }
        let facility = items.first?.header.sendingFacility
        let stranger = stranger(items, caller.name ?? (callers.collective == nil ? facility : nil))
        if let stranger {
            // Nothing of a batch is taken that brings messages of somebody else.
            for place in items.indices {
                items[place].verdict = .rejected
                items[place].faults.append(stranger)
            }
        }
        let isRefused = stranger != nil || items.allSatisfy { $0.verdict == .rejected || $0.faults.refuses }
        if isRefused { counters.count(stranger == nil ? .unreadable : .sender) }
        let reason = items.lazy.flatMap(\.faults).first { $0.severity == .error }
        return Letter(
            arrival: arrival(bytes, facility, caller, isRefused ? reason.map { "\($0)" } : nil), items: items,
            isBatch: reading.items.contains { $0.piece.batch != nil })
    }

    /// What is wrong when a message is of another sender than the connection's. What can't be read names nobody, and is
    /// not asked.
    private func stranger(_ items: [Letter.Item], _ expected: String?) -> Fault? {
        guard let expected,
            let said = items.lazy.compactMap(\.header.sendingFacility).first(where: { $0 != expected })
        else { return nil }
        return Fault(
            .error, .unknownKey, Fault.Place("MSH", field: 4),
            "the message is of '\(said.prefix(50))', and the connection is of '\(expected.prefix(50))'",
            hint: "send each institution's messages over its own connection, or have it configured")
    }

    private static func emptiness(_ reading: Reading) -> Fault? {
        guard reading.items.isEmpty else { return nil }
        return Fault(.error, .segmentSequence, "there is no message", hint: "begin each message with MSH")
    }

    private func arrival(_ bytes: [UInt8], _ facility: String?, _ caller: Caller, _ refusal: String?) -> DoorArrival {
        DoorArrival(
            bytes: bytes, sender: callers.collective ?? caller.name ?? facility ?? caller.peer, peer: caller.peer,
            refusal: refusal)
    }

    /// What is answered to something that can't be read: by its header when at least that is there.
    private func headed(_ bytes: [UInt8], _ fault: Fault) -> Letter.Item {
        let decoded = TextDecoding().decode(bytes)
        let start = decoded.text.indices.first { place in
            decoded.text[place] == UInt8(ascii: "M") && (place == 0 || decoded.text[place - 1] < 0x20)
                && decoded.text[place...].starts(with: "MSH".utf8)
        }
        guard let start, let message = MessageParser(limits: limits).parse(Array(decoded.text[start...])).message else {
            return nameless(fault)
        }
        return Letter.Item(
            header: MessageHeader(message), delimiters: message.delimiters, charset: decoded.charset, faults: [fault],
            verdict: .rejected)
    }

    private func nameless(_ fault: Fault) -> Letter.Item {
        Letter.Item(header: MessageHeader(), delimiters: .usual, charset: .utf8, faults: [fault], verdict: .rejected)
    }

    // MARK: - Replying

    private func reply(_ letter: Letter, _ refusal: DoorRefusal?) -> [UInt8]? {
        guard letter.isAnswered else { return nil }
        let replies = letter.items.compactMap { reply($0, refusal) }
        guard !replies.isEmpty else { return nil }
        for reply in replies { counters.replied(reply.code) }
        let bytes = replies.flatMap(\.bytes)
        guard letter.isBatch else { return bytes }
        var head = MessageWriter()
        head.segment("BHS", ["", "", "", "", .init(occasion().time)])
        var tail = MessageWriter()
        tail.segment("BTS", [.init("\(replies.count)")])
        return head.bytes + bytes + tail.bytes
    }

    /// In enhanced mode whether the message is kept, where the sender asks for that; else what an application would say, in
    /// whose place the inbox stands: what is kept is worked on, or put before a person. An event that nobody maps is refused in
    /// both modes; a segment that is missing is an application's matter.
    private func reply(_ item: Letter.Item, _ refusal: DoorRefusal?) -> Acknowledgment.Reply? {
        var (faults, verdict) = (item.faults, item.verdict)
        switch refusal {
        case nil: break
        case .busy(let reason, let seconds):
            counters.count(.busy)
            verdict = .error
            faults = [
                Fault(.error, .internalError, reason, hint: "send the message again in \(seconds) seconds")
            ]
        case .refused(let reason):
            counters.count(.inbox)
            verdict = .rejected
            faults = [Fault(.error, .internalError, reason, hint: "don't send the message again as it is")]
        }
        let acknowledgment = Acknowledgment(to: item.header, delimiters: item.delimiters, charset: item.charset)
        let occasion = occasion()
        let hindrances = refusal == nil ? item.hindrances : []
        let rejected = hindrances.filter { Acknowledgment.verdict([$0]) == .rejected }
        if item.header.isEnhanced,
            let reply = acknowledgment.reply(.accept, faults: faults + rejected, verdict, on: occasion)
        {
            return reply
        }
        return acknowledgment.reply(.application, faults: faults + hindrances, verdict, on: occasion)
    }
}
