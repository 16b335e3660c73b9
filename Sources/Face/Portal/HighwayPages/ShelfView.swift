import Highway

/// The shelf of dead letters as the template reads it: a delivery a card.
struct ShelfView {
    /// What the address asks for.
    struct Choice {
        let sender: String?
        /// `step/rule`, or a step.
        let reason: String?
        /// The number of the delivery before which the page begins.
        let before: Int64?

        init(sender: String?, reason: String?, before: String?) {
            self.sender = sender
            self.reason = reason
            self.before = before.flatMap { Int64($0) }
        }

        func href(before: Int64?) -> String {
            Address.make(
                "/ops/highway/dead", [("sender", sender), ("reason", reason), ("before", before.map { "\($0)" })])
        }
    }

    struct Row {
        let href: String
        let title: String
        let sender: String
        let when: String
        let reason: LetterView.Reason?
        /// Whether more is wrong with the delivery than is said here.
        let hasMore: Bool
    }

    /// Deliveries on a page.
    static let pageRows = 30
    /// Letters read for a page: a batch may have left many.
    static let lettersMax = 300

    let tabs: [HighwayTab]
    let answer: String
    let notice: String?
    let senders: [HighwayOption]
    let reasons: [HighwayOption]
    let rows: [Row]
    let hasRows: Bool
    let senderReplay: String?
    let reasonReplay: String?
    let firstHref: String?
    let nextHref: String?
    let hasPager: Bool

    /// - Parameters:
    ///   - letters: the page's, up to ``lettersMax``.
    ///   - newest: of all senders, for the list of reasons.
    init(
        _ letters: [DeadLetter], choice: Choice, newest: [DeadLetter], senders: [HighwayReport.Sender],
        notice: String?, words: Words
    ) {
        tabs = HighwayTab.all(.dead, words)
        self.notice = notice
        self.senders = HighwayOption.senders(
            senders.filter { $0.count("dead") > 0 }.map(\.name), chosen: choice.sender, words)
        var counts: [String: Int] = [:]
        for letter in newest { letter.reasons.first.map { counts["\($0.step.rawValue)/\($0.rule)", default: 0] += 1 } }
        if let reason = choice.reason, counts[reason] == nil { counts[reason] = 0 }
        reasons =
            [HighwayOption(value: "", text: words["deadAllReasons"], isChosen: choice.reason == nil)]
            + counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason, count in
                HighwayOption(
                    value: reason, text: "\(reason) (\(words.number(count)))", isChosen: reason == choice.reason)
            }
        var numbers: [Int64] = []
        for letter in letters where letter.message != numbers.last { numbers.append(letter.message) }
        let shown = numbers.prefix(Self.pageRows)
        let parts = Dictionary(grouping: letters, by: \.message)
        rows = shown.compactMap { number in
            guard let own = parts[number], let first = own.first else { return nil }
            return Row(
                href: "/ops/highway/dead/\(number)",
                title: [first.kind, first.control ?? "#\(number)"].filter { !$0.isEmpty }.joined(separator: " · "),
                sender: first.sender, when: words.dateTime(milliseconds: first.receivedAt),
                reason: first.reasons.first.map { LetterView.Reason($0, words) },
                hasMore: own.count > 1 || first.reasons.count > 1)
        }
        hasRows = !rows.isEmpty
        let isNarrowed = choice.sender != nil || choice.reason != nil
        answer = hasRows ? words["deadAnswer"] : words[isNarrowed ? "deadNoneSuch" : "deadNone"]
        senderReplay = hasRows ? choice.sender.map { Address.make("/ops/highway/replay", [("sender", $0)]) } : nil
        reasonReplay = hasRows ? choice.reason.map { Address.make("/ops/highway/replay", [("reason", $0)]) } : nil
        firstHref = choice.before == nil ? nil : choice.href(before: nil)
        let isCut = numbers.count > shown.count || letters.count == Self.lettersMax
        nextHref = isCut ? shown.last.map { choice.href(before: $0) } : nil
        hasPager = firstHref != nil || nextHref != nil
    }
}

/// What is asked before many letters are replayed.
struct ReplayView {
    let question: String
    let sender: String?
    let reason: String?
    let form: String
    let backHref: String

    /// - Parameter count: of deliveries, up to 1,000.
    init(_ group: LetterGroup, count: Int, form: String, words: Words) {
        sender = group.sender
        reason = group.reason
        self.form = form
        question =
            group.sender.map { words.counted("replaySender", count, ["sender": $0]) }
            ?? words.counted("replayReason", count, ["reason": group.reason ?? ""])
        backHref = Address.make("/ops/highway/dead", [("sender", sender), ("reason", reason)])
    }
}
