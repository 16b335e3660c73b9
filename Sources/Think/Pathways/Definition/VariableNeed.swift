/// A variable that an expression uses, and where its values come from.
struct VariableNeed: Sendable {
    enum Source: Sendable {
        case doses([String])
        case variable(PathwayExpression, isMomentary: Bool)
        case moment, entered, opens, due, basis
        case record
        case selection(RecordSelection)
        case parameter(ProgrammeSetting.Parameter, isVarying: Bool)
    }

    let name: String
    let source: Source
    /// The same for the same name.
    let number: Int

    /// Whether it is the same for every moment of a person.
    var isSettled: Bool {
        switch source {
        case .doses, .record, .selection: true
        case .variable(_, let isMomentary): !isMomentary
        case .parameter(_, let isVarying): !isVarying
        case .moment, .entered, .opens, .due, .basis: false
        }
    }
}

/// Which variables the expressions of a pathway need: what other variables give first, for working them out uses the same environment.
struct VariableNeeds: Sendable {
    private var needs: [ObjectIdentifier: [VariableNeed]] = [:]
    /// How many names there are.
    private(set) var count = 0

    init(
        _ expressions: [PathwayExpression], variables: [String: PathwayExpression], doses: [String: [String]],
        momentary: Set<String>, varying: Set<String>, _ setting: ProgrammeSetting
    ) {
        var numbers: [String: Int] = [:]
        for expression in expressions where needs[expression.id] == nil {
            let own = expression.names.sorted().compactMap { name -> VariableNeed? in
                let source: VariableNeed.Source
                if let variable = variables[name] {
                    // The doses of a series are found by the name of the variable that gives them.
                    source =
                        doses[name].map { .doses($0) } ?? .variable(variable, isMomentary: momentary.contains(name))
                } else {
                    switch name {
                    case "moment": source = .moment
                    case "entered": source = .entered
                    case "opens": source = .opens
                    case "due": source = .due
                    case "basis": source = .basis
                    case "record": source = .record
                    default:
                        if let selection = expression.selections[name] {
                            source = .selection(selection)
                        } else if let parameter = setting.parameters[name] {
                            source = .parameter(parameter, isVarying: varying.contains(name))
                        } else {
                            return nil
                        }
                    }
                }
                let number = numbers[name] ?? numbers.count
                numbers[name] = number
                return VariableNeed(name: name, source: source, number: number)
            }
            func isOther(_ need: VariableNeed) -> Bool { variables[need.name] != nil }
            needs[expression.id] = own.filter(isOther) + own.filter { !isOther($0) }
        }
        count = numbers.count
    }

    func of(_ expression: PathwayExpression) -> [VariableNeed] { needs[expression.id] ?? [] }
}
