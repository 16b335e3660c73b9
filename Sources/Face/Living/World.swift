import Programmes

/// What is the same for everybody who lives: the tables, the forms and series of the programmes, and who works where.
struct World: Sendable {
    let manners: Manners
    let draw: Draw
    let chart: Chart
    let filling: FormFilling
    let doses: DoseChoice
    /// The ids of the followed pathways.
    let pathways: [String]
    let hospitals: [String]
    /// Family doctors by centre.
    let doctors: [String: [String]]
    /// How many times as often as the tables say a centre is late or never does a thing.
    let slackness: [String: Double]

    /// Whether something happens to somebody, where that isn't left to chance.
    func isFated(_ person: Inhabitant, _ event: String) -> Bool? { person.fate[event].map { $0 == "yes" } }

    /// The centres in an order of chance: the first are slack, the last diligent, by the shares of the settings.
    static func slackness(_ centres: Set<String>, _ manners: Manners, _ draw: Draw) -> [String: Double] {
        let order = centres.sorted { (draw.unit($0, "slack"), $0) < (draw.unit($1, "slack"), $1) }
        func count(_ share: String) -> Int { Int((manners.setting(share) * Double(order.count)).rounded(.up)) }
        let (slack, diligent) = (count("slackShare"), count("diligentShare"))
        var found: [String: Double] = [:]
        for (index, centre) in order.enumerated() {
            if index < slack {
                found[centre] = manners.setting("slackFactor")
            } else if index >= order.count - diligent {
                found[centre] = manners.setting("diligentFactor")
            }
        }
        return found
    }
}
