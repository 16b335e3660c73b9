/// Who acts, from which session and for what purpose: what is alike in all events of one sender, with its encoding at hand.
public final class AuditParty: Sendable {
    /// The account, the person, the role, the organisation and the program.
    public let agent: AuditAgent
    /// The session, by an identifier that can't be used to enter it.
    public let session: String
    /// The purpose of use, a code of v3-ActReason.
    public let purpose: String
    /// The texts of the agent as they stand in an entry.
    let encodedAgent: [UInt8]
    /// Session and purpose as they stand in an entry.
    let encodedRest: [UInt8]

    /// - Parameters:
    ///   - agent: who acts.
    ///   - session: from which session; empty where there is none.
    ///   - purpose: why; empty where it is not known.
    public init(_ agent: AuditAgent, session: String = "", purpose: String = "") {
        self.agent = agent
        self.session = session
        self.purpose = purpose
        var bytes: [UInt8] = []
        agent.encode(into: &bytes)
        encodedAgent = bytes
        bytes.removeAll()
        bytes.appendText(session)
        bytes.appendText(purpose)
        encodedRest = bytes
    }
}
