import JSON

// Forms: expressions that hold, and value sets that are there.
extension CheckRun {
    private static let sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"

    /// The extensions whose value is an expression, with what it gives.
    private static let expressions: [String: Wanted] = [
        sdc + "sdc-questionnaire-initialExpression": .anything,
        sdc + "sdc-questionnaire-calculatedExpression": .anything,
        sdc + "sdc-questionnaire-candidateExpression": .anything,
        sdc + "sdc-questionnaire-contextExpression": .anything,
        sdc + "sdc-questionnaire-answerExpression": .anything,
        sdc + "sdc-questionnaire-enableWhenExpression": .truth,
        sdc + "sdc-questionnaire-itemPopulationContext": .anything,
    ]

    mutating func questionnaire(_ file: ProgrammeFile) {
        let root = file.document.root
        var names: Set<String> = [
            ExpressionScope.Name.record, "questionnaire", "qitem", "patient", "user", "encounter",
        ]
        names.formUnion(parameterNames)
        for context in root.extensions(Self.sdc + "sdc-questionnaire-launchContext") {
            let name = context.extensions("name").first?["valueCoding"]?["code"]?.string
            if let name { names.insert(name) }
        }
        expressions(file, root, "Questionnaire", &names)
        items(file, root, "Questionnaire", names)
    }

    private mutating func items(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ around: Set<String>) {
        for (item, place) in node.list("item", path) {
            var names = around
            expressions(file, item, place, &names)
            if let set = item["answerValueSet"], let url = set.string, !url.hasPrefix("#") {
                knownValueSet(file, url, place + ".answerValueSet", set)
            }
            items(file, item, place, names)
        }
    }

    /// Compiles the expressions of an element in their order; a named one is known to those after it and to all inside.
    private mutating func expressions(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ names: inout Set<String>
    ) {
        for (found, place) in node.list("extension", path) {
            guard let url = found["url"]?.string else { continue }
            let scope = ExpressionScope(variables: names, contextType: nil, refusesClock: false)
            let value = found["valueExpression"]
            if url == PathwayNames.variable {
                expression(file, value, place + ".valueExpression", scope)
                if let name = value?["name"]?.string { names.insert(name) }
            } else if let wanted = Self.expressions[url] {
                if value == nil {
                    tell(file, .expression, place, found, "the extension has no valueExpression")
                }
                expression(file, value, place + ".valueExpression", scope, wanted)
            }
        }
    }
}
