import JSON

extension ValidationWalk {
    private static let code: JSONKey = "code"
    private static let system: JSONKey = "system"
    private static let coding: JSONKey = "coding"

    /// Checks a Coding or CodeableConcept that is bound to a value set with strength `required`.
    @inline(never)
    mutating func binding(_ row: Int, _ value: Int) {
        guard let valueSet = definitions.valueSets[Int(rows[row].valueSet)] else { return }
        let structure = Int(rows[row].structure)
        if structure == plan.coding {
            if !contains(valueSet, coding: value) { wrongCoding(row, value, valueSet) }
        } else if structure == plan.codeableConcept {
            if let list = member(Self.coding, of: value), cursor.kind(list) == .array {
                var element = list + 1
                let end = cursor.next(list)
                while element < end {
                    if contains(valueSet, coding: element) { return }
                    element = cursor.next(element)
                }
            } else if member("extension", of: value) != nil {
                // An extension may say why there is no code (data-absent-reason).
                return
            }
            wrongCoding(row, value, valueSet)
        }
    }

    private func contains(_ valueSet: RequiredValueSet, coding: Int) -> Bool {
        guard let code = member(Self.code, of: coding), cursor.kind(code) == .string,
            let system = member(Self.system, of: coding), cursor.kind(system) == .string
        else { return false }
        return cursor.withUTF8(system) { system in
            cursor.withUTF8(code) { valueSet.contains(system: system, code: $0) }
        }
    }
}
