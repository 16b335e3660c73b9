import Pathways

/// Which questionnaires residents are offered for themselves: those that a step of a followed programme gives to them, and those that
/// stand beside programmes. The others of a programme are for those who look after them.
struct OwnForms {
    /// How addresses of the programmes' questionnaires begin.
    private let bases: Set<String>
    /// Addresses of those that residents are given.
    private let given: Set<String>

    init(_ pathways: [Pathway]) {
        bases = Set(
            pathways.compactMap { pathway in
                pathway.url.firstRange(of: "/PlanDefinition/").map { pathway.url[..<$0.lowerBound] + "/Questionnaire/" }
            }.map(String.init))
        given = Set(
            pathways.flatMap { pathway in
                pathway.parts.filter { $0.role.flatMap { pathway.setting.roles[$0] }?.reach == .resident }
                    .compactMap(\.questionnaire)
            }.map { String($0.prefix { $0 != "|" }) })
    }

    /// Whether a questionnaire is offered.
    func has(_ url: String?) -> Bool {
        guard let url else { return true }
        return given.contains(url) || !bases.contains(where: url.hasPrefix)
    }
}
