import FHIRPath
import Series

/// Named expressions of a pathway that give doses of series.
enum DoseVariables {
    /// Their language: the text names series, blanks between them.
    static let language = "text/x-dose-series"

    /// Behind a series' name: only the dose that waits for something that has no day, such as a test.
    static let held = ":held"

    /// The variable of a state of the book.
    static func state(_ id: String) -> String { "dose-state \(id)" }
}

extension PathwayReader {
    /// The book's states as variables, and what the doses themselves are read from, so that all that is read is known.
    mutating func doseVariables(_ book: DoseBook?) -> [String: PathwayExpression] {
        guard !doses.isEmpty else { return [:] }
        guard let book else {
            fault("PlanDefinition.extension", "the programme has no series of doses")
            return [:]
        }
        var found: [String: PathwayExpression] = [:]
        let known = Set(book.series.map(\.id))
        for (name, series) in doses.sorted(by: { $0.key < $1.key }) {
            for one in series where !known.contains(one.replacing(DoseVariables.held, with: "")) {
                fault("%\(name)", "there is no series \(one)")
            }
            found[name] = compiled("%record.ofType(Immunization)", "%\(name)")
        }
        for state in book.states {
            found[DoseVariables.state(state.id)] = compiled(state.expression, "state \(state.id)")
        }
        return found
    }

    private mutating func compiled(_ text: String, _ path: String) -> PathwayExpression? {
        do { return try PathwayExpression(text, definitions) } catch {
            fault(path, "\(error)")
            return nil
        }
    }
}
