import JSON

extension Definitions {
    static func valueSetTables() throws(DefinitionsError) -> [RequiredValueSet] {
        let reader = try DefinitionsReader("value-sets.json")
        return try reader.records(of: reader.document.root) { fields in
            guard let url = fields.string() else { return nil }
            var codes: [(system: String, codes: [String])] = []
            while let node = fields.node() {
                let system = DefinitionsReader.Fields(node)
                guard let name = system.string() else { return nil }
                codes.append((name, system.strings()))
            }
            return RequiredValueSet(url: url, codes: codes)
        }
    }

    static func searchParameterTable() throws(DefinitionsError) -> [SearchParameter] {
        let reader = try DefinitionsReader("search-parameters.json")
        let targets = try reader.records(of: reader.document.root["targets"]) { $0.strings() }
        return try reader.records(of: reader.document.root["searchParameters"]) { fields in
            guard let resource = fields.string(), let code = fields.string(),
                let type = fields.string().flatMap(SearchParameterType.init), let expression = fields.string(),
                let target = fields.integer(), target < targets.count, let components = fields.node()
            else { return nil }
            var parts: [SearchParameter.Component] = []
            for element in components.elements {
                let part = DefinitionsReader.Fields(element)
                guard let code = part.string(), let type = part.string().flatMap(SearchParameterType.init),
                    let expression = part.string()
                else { return nil }
                parts.append(SearchParameter.Component(code: code, type: type, expression: expression))
            }
            return SearchParameter(
                resource: resource, code: code, type: type, expression: expression,
                targets: target < 0 ? [] : targets[target], components: parts)
        }
    }

    static func compartmentTable() throws(DefinitionsError) -> [Compartment] {
        let reader = try DefinitionsReader("compartments.json")
        return try reader.records(of: reader.document.root) { fields in
            guard let name = fields.string() else { return nil }
            var parameters: [String: [String]] = [:]
            while let node = fields.node() {
                let resource = DefinitionsReader.Fields(node)
                guard let type = resource.string() else { return nil }
                parameters[type] = resource.strings()
            }
            return Compartment(name: name, parameters: parameters)
        }
    }

    static func invariantTable() throws(DefinitionsError) -> [Invariant] {
        let reader = try DefinitionsReader("invariants.json")
        return try reader.records(of: reader.document.root) { fields in
            guard let path = fields.string(), let key = fields.string(),
                let severity = fields.string().flatMap(Issue.Severity.init), let expression = fields.string()
            else { return nil }
            return Invariant(path: path, key: key, severity: severity, expression: expression)
        }
    }
}
