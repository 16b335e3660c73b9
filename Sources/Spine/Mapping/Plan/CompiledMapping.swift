import HL7v2

/// The maps that hold for one sender, or for all without a file of their own.
final class CompiledMapping: Sendable {
    let plan: MappingPlan
    let program: Program
    let sender: String?
    let charset: Charset?
    let zone: Zone
    let codes: CodeJudge?

    init(
        _ plan: MappingPlan, sender: SenderSyntax?, zone: String, _ tables: ConceptMapTables, _ codes: CodeJudge?
    ) {
        self.codes = codes
        self.plan = plan
        self.sender = sender?.name
        charset = sender?.charset.flatMap { Charset($0) }
        self.zone = Zone(sender?.zone ?? zone)
        var builder = ProgramBuilder(plan)
        program = builder.program(
            authorities: sender?.authorities ?? [:],
            translations: (sender?.translations ?? [:]).compactMapValues { tables.table($0) })
    }

    /// The zone of times that name none.
    struct Zone: Sendable {
        /// `+08:00`
        let text: String
        /// East of Greenwich.
        let minutes: Int

        init(_ text: String) {
            self.text = text
            let parts = text.dropFirst().split(separator: ":").map { Int($0) ?? 0 }
            let size = (parts.first ?? 0) * 60 + (parts.count > 1 ? parts[1] : 0)
            minutes = text.hasPrefix("-") ? -size : size
        }
    }
}
