import JSON

/// A programme in words that a public-health doctor reads: who enters, what is to be done by whom until when, the limits
/// with their sources, what happens when nothing is done, and the forms.
public struct ProgrammeExplanation {
    let programme: Programme
    let language: ProgrammeText.Language
    let showsExpressions: Bool
    var lines: [String] = []
    /// The named expressions of the present pathway: what each says in words, and the variables that it uses.
    var named: [String: (words: String?, variables: [String])] = [:]

    /// The text, in Markdown.
    ///
    /// - Parameters:
    ///   - programme: what is explained.
    ///   - language: Chinese or English.
    ///   - showsExpressions: whether the texts of expressions are told too, for those who write them.
    public static func text(
        of programme: Programme, _ language: ProgrammeText.Language = .zh, showsExpressions: Bool = false
    ) -> String {
        var explanation = ProgrammeExplanation(
            programme: programme, language: language, showsExpressions: showsExpressions)
        explanation.write()
        return explanation.lines.joined(separator: "\n") + "\n"
    }

    mutating func say(_ line: String = "") { lines.append(line) }

    /// One of two texts, by the language.
    func pick(_ zh: String, _ en: String) -> String { language == .zh ? zh : en }

    /// Words in the brackets of the language.
    func bracket(_ text: String) -> String { language == .zh ? "（\(text)）" : " (\(text))" }

    private mutating func write() {
        let status: String =
            switch programme.status {
            case .draft: pick("草稿", "draft")
            case .active: pick("使用中", "in use")
            case .retired: pick("已停用", "retired")
            }
        say("# \(programme.title[language])")
        say()
        say(programme.purpose[language])
        say()
        say(
            pick("项目代码：", "Programme: ") + "\(programme.id) · " + pick("版本 ", "version ")
                + "\(programme.version) · \(status)")
        for file in programme.files(.pathways) where file.resourceType == "PlanDefinition" {
            pathway(file.document.root)
        }
        series()
        overdue()
        forms()
        limits()
        roles()
        sources()
    }

    // What holds for the whole programme

    private mutating func overdue() {
        guard !programme.escalation.isEmpty else { return }
        heading(pick("逾期怎么办", "When work is overdue"))
        for step in programme.escalation { say("- " + self.step(step)) }
    }

    func step(_ step: EscalationStep) -> String {
        let title = step.kind.title[language]
        let after = step.after.words(language)
        return pick("逾期\(after)：向\(role(step.role))发出\(title)", "\(after) overdue: \(title) to the \(role(step.role))")
            + bracket(pick("依据：", "source: ") + source(step.source))
    }

    private mutating func limits() {
        guard !programme.parameters.isEmpty else { return }
        heading(pick("限值与期限", "Limits and intervals"))
        for parameter in programme.parameters {
            var line = "- \(parameter.title[language])\(pick("：", ": "))\(words(parameter.base, parameter))"
            var notes: [String] = []
            if let min = parameter.min, let max = parameter.max {
                notes.append(
                    pick(
                        "可设 \(min.words(language)) 至 \(max.words(language))",
                        "may be \(min.words(language)) to \(max.words(language))"))
            }
            notes.append(pick("依据：", "source: ") + source(parameter.source))
            notes.append("%\(parameter.name)")
            line += bracket(notes.joined(separator: pick("；", "; ")))
            say(line)
            for value in parameter.values {
                let place = value.area.map { pick("地区 \($0)", "in area \($0)") } ?? pick("各地", "everywhere")
                let from = value.from.map { pick("\($0) 起，", "from \($0) ") } ?? ""
                say(
                    "  - \(from)\(place)\(pick("：", ": "))\(words(value.value, parameter))"
                        + bracket(pick("依据：", "source: ") + source(value.source)))
            }
        }
    }

    private func words(_ value: ProgrammeValue, _ parameter: ProgrammeParameter) -> String {
        if case .quantity = value { return value.words(language) }
        guard let unit = parameter.unit, unit != "1" else { return value.words(language) }
        let years = unit == "a" ? pick("岁", "years") : unit
        return "\(value.words(language)) \(years)"
    }

    private mutating func roles() {
        guard !programme.roles.isEmpty else { return }
        heading(pick("谁来做", "Who does it"))
        for role in programme.roles {
            let reach: String =
                switch role.reach {
                case .generalPractitioner: pick("本人签约的家庭医生", "the person's family doctor")
                case .managingOrganization: pick("管理本人档案的机构", "the institution that keeps the person's record")
                case .districtAuthority: pick("本人所在区县的卫生健康行政部门", "the health authority of the person's district")
                case .resident: pick("居民本人", "the person")
                case .receiver: pick("接收转诊的机构或医生", "whom the person was referred to")
                }
            say("- \(role.title[language])\(pick("：", ": "))\(reach)")
        }
    }

    private mutating func sources() {
        guard !programme.sources.isEmpty else { return }
        heading(pick("依据", "Sources"))
        for source in programme.sources {
            let date = source.date.map { pick("，\($0)", ", \($0)") } ?? ""
            let ours =
                source.standing == .ours
                ? pick("——本平台默认，非发布的规定", " — a default of this platform, not a published rule") : ""
            say("- \(source.title)\(date)\(ours)")
        }
    }

    // Forms

    private mutating func forms() {
        let files = programme.files(.questionnaires).filter { $0.resourceType == "Questionnaire" }
        guard !files.isEmpty else { return }
        heading(pick("表单", "Forms"))
        for file in files {
            let root = file.document.root
            let title = root.words("title", language) ?? file.id ?? file.path
            let items = Self.items(root)
            let questions = items.filter { !["group", "display"].contains($0["type"]?.string ?? "") }
            say(
                "- **\(title)**\(bracket(pick("\(questions.count) 项", questions.count == 1 ? "1 item" : "\(questions.count) items")))"
            )
            for item in questions { form(item) }
        }
    }

    private mutating func form(_ item: JSONNode) {
        let text = item.words("text", language) ?? item["linkId"]?.string ?? ""
        var notes: [String] = []
        if item["required"]?.bool == true { notes.append(pick("必填", "required")) }
        let sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
        if let computed = item.extensions(sdc + "calculatedExpression").first?["valueExpression"] {
            let words = expression(computed)
            notes.append(words.isEmpty ? pick("自动计算", "computed") : pick("自动计算：", "computed: ") + words)
        }
        let options = (item["answerOption"]?.elements.map { $0 } ?? []).map { option in
            let coding = option["valueCoding"]
            let word = coding?.words("display", language) ?? coding?["code"]?.string ?? Self.plain(option)
            let score = Self.score(option) ?? coding.flatMap { Self.score($0) }
            return score.map { word + pick("（\($0) 分）", " (\($0))") } ?? word
        }
        let choices = options.isEmpty ? "" : pick("：", ": ") + options.joined(separator: pick("、", ", "))
        say("  - \(text)\(notes.isEmpty ? "" : bracket(notes.joined(separator: pick("；", "; "))))\(choices)")
    }

    private static func plain(_ option: JSONNode) -> String {
        option.members.first { $0.key.string?.hasPrefix("value") == true }?.value.plainText ?? ""
    }

    private static func score(_ node: JSONNode) -> String? {
        for url in [
            "http://hl7.org/fhir/StructureDefinition/ordinalValue",
            "http://hl7.org/fhir/StructureDefinition/itemWeight",
        ] {
            if let score = node.extensions(url).first?["valueDecimal"]?.numberText { return score }
        }
        return nil
    }

    private static func items(_ node: JSONNode) -> [JSONNode] {
        (node["item"]?.elements.map { $0 } ?? []).flatMap { [$0] + items($0) }
    }

    // Words for names

    mutating func heading(_ title: String) {
        say()
        say("## \(title)")
        say()
    }

    func role(_ id: String) -> String { programme.role(id)?.title[language] ?? id }

    func source(_ id: String) -> String { programme.source(id)?.title ?? id }

    /// What an expression says: its description, the value of the one parameter that it is, or the description of the one
    /// named expression that it is. Else only that it is worked out, and its text where texts are wanted; nothing when there is
    /// nothing to say. The parameters
    /// that it uses, itself or by the named expressions of its pathway, stand behind it with their values.
    func expression(_ node: JSONNode?) -> String {
        guard let node else { return "" }
        let text = (node["expression"]?.string ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let name = text.hasPrefix("%") ? String(text.dropFirst()) : ""
        if let parameter = programme.parameter(name) {
            return words(parameter.base, parameter) + bracket(parameter.title[language])
        }
        let used = parameters(of: text)
        let values = programme.parameters.filter { used.contains($0.name) }
            .map { "\($0.title[language]) \(words($0.base, $0))" }
        let note = values.isEmpty ? "" : bracket(values.joined(separator: pick("，", ", ")))
        let described = node.words("description", language) ?? named[name]?.words
        if let described { return described + note + (showsExpressions ? " `\(text)`" : "") }
        if showsExpressions { return "`\(text)`" + note }
        return note.isEmpty ? "" : pick("按定义计算", "worked out by the definition") + note
    }

    private func parameters(of text: String) -> Set<String> {
        var (seen, open): (Set<String>, [String]) = ([], ExpressionText(text).variables)
        while let name = open.popLast() {
            if seen.insert(name).inserted { open += named[name]?.variables ?? [] }
        }
        return seen
    }
}
