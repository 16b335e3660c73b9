import JSON
import Series

// Series of doses: their conditions compile, and what pathways name is there.
extension CheckRun {
    mutating func series() {
        usedSources.formUnion(programme.namedBySeries.sources)
        usedParameters.formUnion(programme.namedBySeries.parameters)
        let scope = ExpressionScope.pathway(.plan, parameters: parameterNames, named: [])
        for file in programme.files(.series) {
            for (key, node) in file.document.root["states"]?.members.map({ ($0.key, $0.value) }) ?? [] {
                guard let text = node["when"]?.string else { continue }
                usedParameters.formUnion(ExpressionText(text).variables)
                do throws(ExpressionFault) { _ = try scope.compile(text, definitions) } catch {
                    tell(
                        file, .expression, "states.\(key.string ?? "").when", node["when"], row: error.row,
                        error.message,
                        hint: error.hint)
                }
            }
        }
    }

    /// The series that a pathway's named expression names, with blanks between them.
    mutating func series(named node: JSONNode?, _ file: ProgrammeFile, _ path: String) {
        let known = programme.doses?.series.map(\.id) ?? []
        let names = (node?.string ?? "").split(separator: " ").map(String.init)
        if names.isEmpty { tell(file, .expression, path, node, "no series is named", hint: near("", known)) }
        for name in names.map({ $0.replacing(":held", with: "") })
        where !known.contains(name) && !programme.isIncomplete(.series) {
            tell(file, .reference, path, node, "there is no series \(name)", hint: near(name, known))
        }
    }
}
