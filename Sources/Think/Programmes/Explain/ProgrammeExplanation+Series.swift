import Calendar
import Series

// Series of doses in words.
extension ProgrammeExplanation {
    mutating func series() {
        guard let book = programme.doses else { return }
        heading(pick("接种程序", "Series of doses"))
        for series in book.series {
            let disease = text(series.disease)
            say("- **\(text(series.title))**\(bracket(disease))\(who(series.who))")
            if let season = series.season {
                let from = "\(season.from / 100)-\(season.from % 100)"
                let until = "\(season.until / 100)-\(season.until % 100)"
                say("  - " + pick("每季一次，\(from) 至 \(until)", "once a season, \(from) to \(until)"))
            }
            for step in series.steps { say("  - " + dose(step, book)) }
        }
        if let distance = book.liveDistance {
            say(
                "- "
                    + pick(
                        "两种注射减毒活疫苗不同日接种，至少间隔 \(distance)",
                        "two injected live products not on one day: at least \(distance) apart")
                    + bracket(pick("依据：", "source: ") + source(book.liveSource)))
        }
        guard !book.bars.isEmpty else { return }
        say()
        say(pick("### 禁忌与暂缓", "### What holds a dose up"))
        say()
        for bar in book.bars {
            let end = bar.wait.map { pick("，\(text($0.length))", ", \(text($0.length))") } ?? ""
            say("- \(text(bar.title))\(end)" + bracket(pick("依据：", "source: ") + source(bar.source)))
        }
    }

    private func text(_ words: DoseWords) -> String { pick(words.zh, words.en) }

    private func dose(_ step: DoseSeries.Step, _ book: DoseBook) -> String {
        let products = step.give.compactMap { book.product($0).map { text($0.title) } }
        let what =
            products.isEmpty
            ? pick("已接种者承认", "counts when it was given") : products.joined(separator: pick(" 或 ", " or "))
        var facts: [String] = []
        let counts = step.have.sorted { $0.key < $1.key }.map { name, range in
            range.upperBound == .max
                ? "\(counted(name)) ≥ \(range.lowerBound)"
                : range.count == 1
                    ? "\(counted(name)) = \(range.lowerBound)"
                    : "\(counted(name)) \(range.lowerBound)–\(range.upperBound)"
        }
        if !counts.isEmpty { facts.append(pick("已种 ", "given ") + counts.joined(separator: pick("、", ", "))) }
        facts.append(pick("\(age(step.from))起", "from \(age(step.from))"))
        if let finish = step.finish { facts.append(pick("\(age(finish))前完成", "by \(age(finish))")) }
        if let before = step.before { facts.append(pick("满\(age(before))不再种", "not from \(age(before))")) }
        for interval in step.after {
            let since = interval.group.map { " \($0)" } ?? ""
            facts.append(
                pick(
                    "距上一剂\(since)至少\(text(interval.span.length))",
                    "at least \(text(interval.span.length)) after the last\(since)"))
        }
        if let within = step.within {
            facts.append(pick("上一剂后\(text(within.length))内", "within \(text(within.length)) of the last"))
        }
        if let from = step.inForceFrom { facts.append(pick("\(from.isoText) 起施行", "in force from \(from.isoText)")) }
        if let until = step.inForceUntil {
            facts.append(pick("\(until.isoText) 前施行", "in force before \(until.isoText)"))
        }
        if let note = step.note { facts.append(text(note)) }
        let source = bracket(pick("依据：", "source: ") + source(step.source))
        return "\(step.id)\(pick("：", ": "))\(what)\(pick("；", "; "))" + facts.joined(separator: pick("；", "; "))
            + who(step.who) + source
    }

    private func who(_ who: DoseSeries.Who) -> String {
        var parts: [String] = []
        if who.sex == "female" { parts.append(pick("女", "girls and women")) }
        if who.sex == "male" { parts.append(pick("男", "boys and men")) }
        if let from = who.bornFrom { parts.append(pick("\(from.isoText) 及以后出生", "born from \(from.isoText)")) }
        if let before = who.bornBefore { parts.append(pick("\(before.isoText) 前出生", "born before \(before.isoText)")) }
        let states = programme.doses?.states ?? []
        for state in who.states { parts.append(states.first { $0.id == state }.map { text($0.title) } ?? state) }
        for state in who.without {
            parts.append(pick("非", "not: ") + (states.first { $0.id == state }.map { text($0.title) } ?? state))
        }
        return parts.isEmpty ? "" : bracket(parts.joined(separator: pick("，", ", ")))
    }

    private func age(_ age: DoseAge) -> String {
        text(age.span.age) + (age.parameter.map { bracket("%\($0)") } ?? "")
    }

    /// What is counted: a group or component, or any valid dose.
    private func counted(_ name: String) -> String {
        name == "any" ? pick("有效剂次", "valid doses") : name == "all" ? pick("全部剂次", "doses") : name
    }
}
