import Highway

/// A page of the highway in the row of its pages.
struct HighwayTab {
    enum Place: CaseIterable {
        case senders
        case dead
        case codes
        case quality
        case out
    }

    let href: String
    let text: String
    let isCurrent: Bool

    static func all(_ current: Place, _ words: Words) -> [HighwayTab] {
        Place.allCases.map { place in
            let (href, key) =
                switch place {
                case .senders: ("/ops/highway", "highwaySenders")
                case .dead: ("/ops/highway/dead", "highwayDead")
                case .codes: ("/ops/highway/codes", "unmappedTitle")
                case .quality: ("/ops/highway/quality", "qualityTitle")
                case .out: ("/ops/highway/out", "outTitle")
                }
            return HighwayTab(href: href, text: words[key], isCurrent: place == current)
        }
    }
}

/// A choice in a list of senders or reasons.
struct HighwayOption {
    let value: String
    let text: String
    let isChosen: Bool

    /// Everybody, then each sender; one that was asked for and is not among them too.
    static func senders(_ senders: [String], chosen: String?, _ words: Words) -> [HighwayOption] {
        let all = chosen.map { senders.contains($0) ? senders : senders + [$0] } ?? senders
        return [HighwayOption(value: "", text: words["highwayAllSenders"], isChosen: chosen == nil)]
            + all.map { HighwayOption(value: $0, text: $0, isChosen: $0 == chosen) }
    }
}

/// Letters that are replayed together: all of a sender, or all of a reason.
struct LetterGroup {
    let sender: String?
    let reason: String?

    /// nil unless it is one of both.
    init?(sender: String?, reason: String?) {
        guard (sender == nil) != (reason == nil) else { return nil }
        self.sender = sender
        self.reason = reason
    }

    var letters: DeadLetters { sender.map { .sender($0) } ?? .reason(reason ?? "") }
    var name: String { sender ?? reason ?? "" }
}

extension Words {
    /// A share in percent to a tenth, rounded down so that 100% means all.
    func share(_ value: Double) -> String {
        let tenths = Int((value * 1000 + 1e-9).rounded(.down))
        return tenths == 1000 ? "100%" : "\(tenths / 10).\(tenths % 10)%"
    }

    /// The 50th, 90th and 99th percentile, in units that all languages share.
    static func percentiles(_ lag: LagHistogram?) -> String {
        guard let lag, lag.count > 0 else { return "—" }
        return [0.5, 0.9, 0.99].compactMap { lag.percentile($0).map(span) }.joined(separator: " / ")
    }

    static func span(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<120_000: "\(milliseconds / 1000) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        case ..<172_800_000: "\(milliseconds / 3_600_000) h"
        default: "\(milliseconds / 86_400_000) d"
        }
    }

    /// What a step on the way of a message is called.
    func step(_ step: Step) -> String {
        switch step {
        case .read: self["stepRead"]
        case .map: self["stepMap"]
        case .check: self["stepCheck"]
        case .identify: self["stepIdentify"]
        case .commit: self["stepCommit"]
        }
    }

    /// What a side of quality is called.
    func dimension(_ dimension: QualityDimension) -> String {
        switch dimension {
        case .completeness: self["qualityCompleteness"]
        case .validity: self["qualityValidity"]
        case .consistency: self["qualityConsistency"]
        case .timeliness: self["qualityTimeliness"]
        case .uniqueness: self["qualityUniqueness"]
        }
    }

    /// What a rule asks; its title is in Chinese and then, after a blank, in English.
    func title(_ rule: QualityRule) -> String {
        let parts = rule.title.split(separator: " ", maxSplits: 1).map(String.init)
        return (language == .zh ? parts.first : parts.last) ?? rule.id
    }
}
