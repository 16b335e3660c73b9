import FHIR
import FHIRPath
import JSON

/// Fills a form from what is known (SDC, expression-based and observation-based population).
struct FormPopulation {
    let form: Form
    let context: FormContext

    func fill(_ state: inout FormState) {
        let picture = FormPicture(state, context)
        let nodes = fill(form.top, in: picture, picture.document, picture.environment())
        state.replace(nodes, context)
    }

    private func fill(
        _ items: [Int], in picture: FormPicture, _ place: JSONNode?, _ environment: FHIRPathEnvironment
    ) -> [FormNode] {
        items.flatMap { index -> [FormNode] in
            let item = form.items[index]
            var inner = environment
            inner.variables["qitem"] = [.node(FHIRPathNode(item.node, typeName: "Questionnaire.item"))]
            let holder = place?["item"]?.elements.first { $0["linkId"]?.equals(item.linkID) == true } ?? place
            if let population = item.populationContext, let holder {
                let found = (try? picture.evaluate(population, on: holder, inner)) ?? []
                return (found.isEmpty ? [nil] : found.map(Optional.some)).map { value in
                    inner.variables[population.name] = [value].compactMap { $0 }
                    return group(item, in: picture, holder, inner)
                }
            }
            if item.type == .group { return [group(item, in: picture, holder, inner)] }
            var node = FormNode(index)
            for variable in item.variables {
                inner.variables[variable.name] = holder.flatMap { try? picture.evaluate(variable, on: $0, inner) } ?? []
            }
            var values = item.initial
            if let expression = item.initialExpression, let holder {
                let found = (try? picture.evaluate(expression, on: holder, inner)) ?? []
                let read = found.compactMap { form.value($0, for: item) }
                if !read.isEmpty { values = read }
            }
            if values.isEmpty, let value = observed(item) { values = [value] }
            node.answers = (item.repeats ? values : Array(values.prefix(1))).map { FormAnswer($0) }
            for position in node.answers.indices {
                node.answers[position].nodes = fill(item.children, in: picture, holder, inner)
            }
            return [node]
        }
    }

    private func group(
        _ item: FormItem, in picture: FormPicture, _ holder: JSONNode?, _ environment: FHIRPathEnvironment
    ) -> FormNode {
        var inner = environment
        for variable in item.variables {
            inner.variables[variable.name] = holder.flatMap { try? picture.evaluate(variable, on: $0, inner) } ?? []
        }
        var node = FormNode(item.index)
        node.nodes = fill(item.children, in: picture, holder, inner)
        return node
    }

    // MARK: Observations

    /// The newest value with the item's code that is not older than its period; components count.
    private func observed(_ item: FormItem) -> FormValue? {
        guard let period = item.linkPeriod, let amount = period["value"]?.double else { return nil }
        let day = 86_400_000.0
        let length: [String: Double] = [
            "min": 60_000, "h": day / 24, "d": day, "wk": 7 * day, "mo": 30.4375 * day, "a": 365.25 * day,
        ]
        let unit = period["code"]?.string ?? period["unit"]?.string ?? "d"
        guard let milliseconds = length[unit] else { return nil }
        let now = Int64(context.now.milliseconds)
        var best: (at: Int64, value: FormValue)?
        for observation in context.record where observation["resourceType"]?.equals("Observation") == true {
            guard ["final", "amended", "corrected"].contains(observation["status"]?.string ?? "") else { continue }
            let written =
                observation["effectiveDateTime"] ?? observation["effectivePeriod"]?["start"]
                ?? observation["effectiveInstant"]
            guard let at = written?.string.flatMap({ FHIRDateTime($0) })?.lowMilliseconds, at <= now,
                Double(now - at) <= amount * milliseconds, at >= (best?.at ?? .min)
            else { continue }
            let parts = [observation] + (observation["component"].map { Array($0.elements) } ?? [])
            for part in parts where hasCode(part["code"], of: item) {
                guard let found = part.choice("value") else { continue }
                let value: FHIRPathValue = .node(FHIRPathNode(found.node, typeName: Self.typeName(found.type)))
                if let read = form.value(value, for: item) { best = (at, read) }
            }
        }
        return best?.value
    }

    private static func typeName(_ member: String) -> String {
        ["Quantity", "CodeableConcept", "Range", "Ratio", "SampledData", "Period"].contains(member)
            ? member : member.prefix(1).lowercased() + member.dropFirst()
    }

    private func hasCode(_ concept: JSONNode?, of item: FormItem) -> Bool {
        concept?["coding"]?.elements.contains { coding in
            item.codes.contains { wanted in
                wanted["code"]?.string == coding["code"]?.string && wanted["system"]?.string == coding["system"]?.string
            }
        } ?? false
    }
}
