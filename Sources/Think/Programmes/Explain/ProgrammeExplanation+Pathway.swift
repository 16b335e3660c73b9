import JSON

// A pathway in words.
extension ProgrammeExplanation {
    mutating func pathway(_ root: JSONNode) {
        heading(pick("路径：", "Pathway: ") + (root.words("title", language) ?? root["id"]?.string ?? ""))
        if let text = root.words("description", language) {
            say(text)
            say()
        }
        named = root.extensions(PathwayNames.variable).reduce(into: [:]) { named, found in
            let value = found["valueExpression"]
            guard let name = value?["name"]?.string else { return }
            named[name] = (
                value?.words("description", language), ExpressionText(value?["expression"]?.string ?? "").variables
            )
        }
        let actions = root["action"]?.elements.map { $0 } ?? []
        let chapters: [(ActionPart, String)] = [
            (.entry, pick("谁进入", "Who enters")), (.stage, pick("阶段", "Stages")),
            (.activity, pick("要做的事", "What is to be done")), (.grade, pick("分级", "Grades")),
            (.milestone, pick("管理进度", "Milestones")), (.leave, pick("何时退出", "Who leaves")),
        ]
        for (part, title) in chapters {
            let own = actions.filter { Self.part($0) == part }
            guard !own.isEmpty else { continue }
            say("### \(title)")
            say()
            for action in own {
                self.action(action, part, "")
                for inner in action["action"]?.elements.map({ $0 }) ?? [] { self.action(inner, .activity, "  ") }
            }
            say()
        }
        if lines.last == "" { lines.removeLast() }
    }

    private static func part(_ action: JSONNode) -> ActionPart? {
        action.codes("code", system: PathwayNames.partSystem).lazy.compactMap { ActionPart(rawValue: $0) }.first
    }

    private mutating func action(_ node: JSONNode, _ part: ActionPart, _ indent: String) {
        let title = node.words("title", language) ?? node["id"]?.string ?? ""
        let words = node.words("description", language).map { pick("：", ": ") + $0 } ?? ""
        say("\(indent)- **\(title)**\(words)")
        var facts: [String] = []
        facts += when(node, part)
        facts += conditions(node, part)
        if part == .activity { facts += work(node) }
        if part == .entry { facts.append(behaviour(node)) }
        if part == .grade { facts += values(node) }
        if let reason = node["reason"]?[0]?["coding"]?[0], part == .leave {
            let word = reason.words("display", language) ?? reason["code"]?.string ?? ""
            facts.append(pick("原因：", "reason: ") + word)
        }
        let sources = (node["documentation"]?.elements.map { $0 } ?? []).compactMap { $0["label"]?.string }
        if !sources.isEmpty {
            facts.append(pick("依据：", "source: ") + sources.map(source).joined(separator: pick("、", ", ")))
        }
        for fact in facts where !fact.isEmpty { say("\(indent)  - \(fact)") }
    }

    private func when(_ node: JSONNode, _ part: ActionPart) -> [String] {
        var facts: [String] = []
        let triggers = (node["trigger"]?.elements.map { $0 } ?? []).compactMap { $0["condition"] }
        let moments = triggers.map(expression).filter { !$0.isEmpty }
        if !moments.isEmpty {
            facts.append(pick("起点：", "counted from: ") + moments.joined(separator: pick("、", ", ")))
        } else if part == .activity, triggers.isEmpty {
            facts.append(pick("起点：进入之日", "counted from: the day of entry"))
        }
        if let duration = node["timingDuration"] {
            let span = length(duration)
            facts.append(
                part == .activity
                    ? pick("期限：起点后\(span)内", "due: within \(span)") : pick("起点后\(span)", "\(span) later"))
        } else if let range = node["timingRange"] {
            let low = range["low"].map(length) ?? pick("当天", "the same day")
            let high = range["high"].map(length) ?? ""
            facts.append(pick("期限：起点后\(low)至\(high)", "due: \(low) to \(high) later"))
        }
        return facts
    }

    private func length(_ node: JSONNode) -> String {
        if let computed = node.extensions(PathwayNames.expression).first?["valueExpression"] {
            return expression(computed)
        }
        return ProgrammeDuration(fhir: node)?.words(language) ?? String(decoding: node.rawText, as: UTF8.self)
    }

    private func conditions(_ node: JSONNode, _ part: ActionPart) -> [String] {
        (node["condition"]?.elements.map { $0 } ?? []).compactMap { condition in
            let words = expression(condition["expression"])
            guard !words.isEmpty, condition["expression"]?["expression"]?.equals("true") != true else { return nil }
            return switch condition["kind"]?.string {
            case "applicability":
                (part == .milestone ? pick("达到：", "reached when: ") : pick("条件：", "when: ")) + words
            case "stop": pick("完成凭据：", "done when: ") + words
            default: nil
            }
        }
    }

    private func behaviour(_ node: JSONNode) -> String {
        guard node["requiredBehavior"]?.equals("could") == true else {
            return pick("自动进入", "enters by itself")
        }
        return pick("由\(owners(node))邀请，接受后进入", "invited by the \(owners(node)), enters on acceptance")
    }

    private func owners(_ node: JSONNode) -> String {
        (node["participant"]?.elements.map { $0 } ?? []).compactMap { $0["role"]?["coding"]?[0]?["code"]?.string }
            .map(role).joined(separator: pick("、", ", "))
    }

    private func work(_ node: JSONNode) -> [String] {
        var facts = [pick("由谁：", "by: ") + owners(node)]
        if let canonical = node["definitionCanonical"]?.string {
            let title = programme.file(url: canonical)?.document.root.words("title", language) ?? canonical
            facts.append(pick("填写：", "form: ") + title)
        }
        let made = (node["output"]?.elements.map { $0 } ?? []).compactMap { $0["type"]?.string }.filter { $0 != "Task" }
        if !made.isEmpty { facts.append(pick("产生：", "makes: ") + made.map(output).joined(separator: pick("、", ", "))) }
        switch node["priority"]?.string {
        case "urgent": facts.append(pick("紧急", "urgent"))
        case "asap": facts.append(pick("尽快", "as soon as possible"))
        case "stat": facts.append(pick("立即", "at once"))
        default: break
        }
        let own = node.extensions(PathwayNames.escalation).compactMap(Self.step)
        facts += own.map(step)
        return facts
    }

    private static func step(_ node: JSONNode) -> EscalationStep? {
        func value(_ name: String) -> JSONNode? {
            node.extensions(name).first?.members.first { $0.key.string?.hasPrefix("value") == true }?.value
        }
        guard let after = value("after").flatMap({ ProgrammeDuration(fhir: $0) }),
            let kind = value("kind")?.string.flatMap({ EscalationStep.Kind(rawValue: $0) }),
            let role = value("to")?.string
        else { return nil }
        return EscalationStep(after: after, kind: kind, role: role, source: value("source")?.string ?? "")
    }

    private func output(_ type: String) -> String {
        switch type {
        case "ServiceRequest": pick("转诊或检查申请", "a referral or request")
        case "Communication": pick("给居民的消息", "a message to the resident")
        case "Appointment": pick("预约建议", "a proposed appointment")
        case "Flag": pick("提示标记", "a flag")
        case "CarePlan": pick("管理计划", "a care plan")
        default: type
        }
    }

    private func values(_ node: JSONNode) -> [String] {
        (node["dynamicValue"]?.elements.map { $0 } ?? []).compactMap { value in
            let words = expression(value["expression"])
            guard !words.isEmpty else { return nil }
            let name =
                value["path"]?.equals("prediction.rationale") == true ? pick("理由：", "why: ") : pick("取值：", "value: ")
            return name + words
        }
    }
}
