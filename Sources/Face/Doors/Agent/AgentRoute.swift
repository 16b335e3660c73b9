/// A way to the place where everything goes.
protocol AgentRoute: Sendable {
    /// Sends an item once.
    func send(_ item: AgentQueue.Item) async -> AgentAnswer
    /// Closes what is open.
    func close() async
}

/// What came of sending an item.
enum AgentAnswer: Sendable, Hashable {
    /// It is kept there.
    case taken
    /// It won't ever be taken: why.
    case refused(String)
    /// Not now: why, and when to try again at the earliest, in seconds.
    case later(String, afterSeconds: Double?)
}
