/// What is counted and watched: a notifiable disease or a syndrome.
public struct WatchedCondition: Sendable, Hashable, Identifiable {
    /// What the law asks of a notifiable disease.
    public struct Duty: Sendable, Hashable {
        /// 甲, 乙 or 丙.
        public let legalClass: String
        /// How it is managed, such as 乙类按甲类措施管理.
        public let management: String
        /// Hours from the diagnosis to the report.
        public let hours: Int
        /// Its code on the report card; nil where none was seen.
        public let cardCode: String?
    }

    /// So many cases are an event that is told at once, whatever is usual.
    public struct EventRule: Sendable, Hashable {
        /// Persons, at least.
        public let cases: Int
        /// Within so many days; nil: at any time, so that each new case counts.
        public let days: Int?
    }

    /// `NID-A-002`, or the name of a syndrome such as `ili`.
    public let id: String
    /// A number for tables, which never changes its meaning.
    public let number: Int
    /// In Chinese.
    public let nameZh: String
    /// In English.
    public let nameEn: String
    /// nil for a syndrome.
    public let duty: Duty?
    /// nil where the counts are judged against what is usual alone.
    public let event: EventRule?
    /// Where the definition comes from, in English.
    public let source: String
    /// The same in Chinese; in English where the file says it in no other way.
    public let sourceZh: String

    /// Whether records about persons and streams count for it; else only results at sites tell it.
    public let isCounted: Bool

    /// Whether the law asks to report it.
    public var isNotifiable: Bool { duty != nil }
}
