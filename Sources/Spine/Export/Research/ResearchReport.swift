import Access
import FHIR
import JSON

/// What a copy for research is worth and how exposed its persons are, measured on the copy itself; for the one who keeps the
/// data, and for the one who gets the copy. Counts from 1 to 4 are not told.
struct ResearchReport {
    /// How many were there, and what became of them.
    struct Tally {
        /// How many the approval reaches.
        var before = 0
        /// How many are in the copy.
        var after = 0
        /// How many were left out because somebody they are about was.
        var suppressed = 0
        /// How many are about somebody who isn't known.
        var unknown = 0
        /// How many are left out by the profile.
        var leftOut = 0
    }

    let study: ResearchStudy
    let columns: [ResearchProfile.QuasiIdentifier]
    let found: KAnonymity.Generalisation
    let census: ResearchRun.Census
    let at: Int64
    /// By resource type.
    var types: [String: Tally] = [:]
    /// Conditions by the first character of ICD-10.
    var chapters: [String: Tally] = [:]
    var bytes = 0

    init(
        study: ResearchStudy, columns: [ResearchProfile.QuasiIdentifier], found: KAnonymity.Generalisation,
        census: ResearchRun.Census, at: Int64
    ) {
        self.study = study
        self.columns = columns
        self.found = found
        self.census = census
        self.at = at
    }

    var persons: Int { census.persons }
    var kept: Int { persons - found.suppressed }
    private var resources: Int { types.values.reduce(0) { $0 + $1.after } }

    /// For the audit log.
    var summary: String {
        "research \(study.approval): \(kept) of \(persons) persons, \(resources) resources, k \(found.after.k)"
    }

    /// The risk of an attacker who looks for anybody, where the copy is a part of a population: by the class sizes that the
    /// population would have if the copy were an even part of it.
    var journalist: Double? {
        guard let population = study.population, population >= persons, kept > 0, found.after.k > 0 else { return nil }
        return min(1, 1 / (Double(found.after.k) * Double(population) / Double(persons)))
    }

    /// How many persons are in classes of each size.
    var sizes: [(range: String, classes: Int, persons: Int)] {
        let bounds = [study.k, 2 * study.k, 4 * study.k, 10 * study.k, 100 * study.k]
        return bounds.indices.compactMap { place in
            let (low, high) = (bounds[place], place + 1 < bounds.count ? bounds[place + 1] : Int.max)
            let own = found.sizes.values.filter { $0 >= low && $0 < high }
            guard !own.isEmpty else { return nil }
            return (high == .max ? "\(low)+" : "\(low)-\(high - 1)", own.count, own.reduce(0, +))
        }
    }

    /// Persons by what a column became, before and after; before is nil where it would tell of few.
    func measures(_ column: Int) -> [(value: String, before: Int?, after: Int)] {
        var before: [String: Int] = [:]
        var after: [String: Int] = [:]
        for group in census.groups {
            before[group.ladders[column][found.levels[column]], default: 0] += group.persons
        }
        for (values, persons) in found.sizes { after[values[column], default: 0] += persons }
        return before.sorted { $0.key < $1.key }.compactMap { value, count in
            let left = after[value] ?? 0
            let isTold = !Self.isSmall(count) && !Self.isSmall(count - left)
            return left == 0 && !isTold ? nil : (value, isTold ? count : nil, left)
        }
    }

    private static func isSmall(_ count: Int) -> Bool { SmallCells().isSmall(count) }

    /// Shown, or hidden where it would tell of few.
    private static func shown(_ count: Int) -> Int? { SmallCells().shown(count) }

    // MARK: As data

    func json() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("profile", string: "\(study.profile.id)|\(study.profile.version)")
        json.member("approval", string: study.approval)
        json.member("study", string: study.title)
        json.member("dataOwner", string: study.dataOwner)
        json.member("securityOfficer", string: study.securityOfficer)
        json.member("asOf", string: isoInstant(at))
        json.key("persons")
        json.beginObject()
        json.member("before", integer: persons)
        json.member("after", integer: kept)
        json.member("suppressed", integer: found.suppressed)
        json.number("suppressedShare", persons == 0 ? 0 : Double(found.suppressed) / Double(persons))
        json.endObject()
        json.key("anonymity")
        json.beginObject()
        json.member("kWanted", integer: study.k)
        json.member("kReached", integer: found.after.k)
        json.member("classes", integer: found.after.classes)
        json.endObject()
        json.key("attributes")
        json.beginArray()
        for (place, column) in columns.enumerated() where place < found.levels.count {
            json.beginObject()
            json.member("name", string: column.name)
            json.member("level", integer: found.levels[place])
            json.member("finestAllowed", integer: column.finest)
            json.member("coarsest", integer: column.coarsest ?? column.ladder.steps - 1)
            json.number("certaintyPenalty", found.losses[place])
            json.endObject()
        }
        json.endArray()
        json.key("classSizes")
        json.beginArray()
        for size in sizes {
            json.beginObject()
            json.member("persons", string: size.range)
            json.member("classes", integer: size.classes)
            json.member("personsInThem", integer: size.persons)
            json.endObject()
        }
        json.endArray()
        json.key("risk")
        json.beginObject()
        for (name, risk) in [("before", found.before), ("after", found.after)] {
            json.key(name)
            json.beginObject()
            json.number("prosecutorHighest", risk.highest)
            json.number("prosecutorAverage", risk.average)
            json.number("uniqueShare", risk.unique)
            json.endObject()
        }
        if let journalist, let population = study.population {
            json.member("population", integer: population)
            json.number("journalistHighest", journalist)
        }
        json.endObject()
        json.key("loss")
        json.beginObject()
        json.member("discernibility", integer: found.discernibility)
        json.number("certaintyPenalty", loss)
        json.number("averageClassByK", averageClass)
        json.endObject()
        json.key("resources")
        json.beginObject()
        for (type, tally) in types.sorted(by: { $0.key < $1.key }) {
            json.key(type)
            json.tally(tally)
        }
        json.endObject()
        json.key("measures")
        json.beginObject()
        for (place, column) in columns.enumerated() where place < found.levels.count {
            json.key(column.name)
            json.beginObject()
            for one in measures(place) {
                json.key(one.value)
                json.beginObject()
                if let before = one.before { json.member("before", integer: before) }
                json.member("after", integer: one.after)
                json.endObject()
            }
            json.endObject()
        }
        if !chapters.isEmpty {
            json.key("conditionsByICD10")
            json.beginObject()
            for (chapter, tally) in chapters.sorted(by: { $0.key < $1.key }) {
                json.key(chapter)
                json.beginObject()
                json.count("before", tally.before, hiddenBeside: tally.after)
                json.count("after", tally.after)
                json.endObject()
            }
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// The certainty penalty on average over the columns.
    private var loss: Double {
        found.losses.isEmpty ? 0 : found.losses.reduce(0, +) / Double(found.losses.count)
    }

    /// The average size of a class as a multiple of k; 1 is the best.
    private var averageClass: Double {
        found.after.classes == 0 ? 0 : Double(kept) / Double(found.after.classes) / Double(study.k)
    }

    // MARK: For people

    func markdown() -> String {
        var text = """
            # 去标识化科研副本效果报告 · Report on a copy for research

            | | |
            |---|---|
            | 批准号 approval | \(Self.cell(study.approval.isEmpty ? "—" : study.approval)) |
            | 用途 study | \(Self.cell(study.title.isEmpty ? "—" : study.title)) |
            | 数据所有者 · 安全管理员 data owner · security officer | \(Self.cell(study.dataOwner)) · \(Self.cell(study.securityOfficer)) |
            | 数据截至 as of | \(isoInstant(at)) |
            | 规则 profile | \(study.profile.id), \(study.profile.version) |

            ## 匿名程度 How anonymous

            要求每 \(study.k) 人以上不可区分，实际达到 k = \(found.after.k)。共 \(persons) 人，抑制 \(found.suppressed) 人\
            （\(Self.percent(Double(found.suppressed), persons))）。
            Each person should share the quasi-identifiers with \(study.k - 1) others or more; k = \(found.after.k) was reached.
            Of \(persons) persons \(found.suppressed) were left out.

            | 重标识风险 risk of being found | 处理前 before | 处理后 after |
            |---|---|---|
            | 最高 prosecutor, highest | \(Self.number(found.before.highest)) | \(Self.number(found.after.highest)) |
            | 平均 prosecutor, average | \(Self.number(found.before.average)) | \(Self.number(found.after.average)) |
            | 唯一者 share of the unique | \(Self.number(found.before.unique)) | \(Self.number(found.after.unique)) |

            """
        if let journalist, let population = study.population {
            text += """

                以人群 \(population) 人计，记者风险最高 \(Self.number(journalist))。 In a population of \(population) the journalist's \
                risk is at most \(Self.number(journalist)).

                """
        }
        text += """

            ## 概括 How coarse

            | 准标识符 quasi-identifier | 层级 level | 允许最细 finest allowed | 最粗 coarsest | 信息损失 NCP |
            |---|---|---|---|---|

            """
        for (place, column) in columns.enumerated() where place < found.levels.count {
            text +=
                "| \(column.zh) \(column.name) | \(found.levels[place]) | \(column.finest) | \(column.coarsest ?? column.ladder.steps - 1) | "
                + "\(Self.number(found.losses[place])) |\n"
        }
        text += """

            可辨识度 discernibility \(found.discernibility) · 平均信息损失 NCP \(Self.number(loss)) · 平均类大小/k \
            average class by k \(Self.number(averageClass))

            | 类的大小 class size | 类 classes | 人 persons |
            |---|---|---|

            """
        for size in sizes { text += "| \(size.range) | \(size.classes) | \(size.persons) |\n" }
        text += """

            ## 数量 Counts

            | 资源 resource | 处理前 before | 处理后 after | 随人抑制 with persons | 人不明 unknown person | 规则排除 by the profile |
            |---|---|---|---|---|---|

            """
        for (type, tally) in types.sorted(by: { $0.key < $1.key }) {
            text +=
                "| \(type) | \(Self.hidden(tally.before)) | \(Self.hidden(tally.after)) | \(Self.hidden(tally.suppressed)) | "
                + "\(Self.hidden(tally.unknown)) | \(Self.hidden(tally.leftOut)) |\n"
        }
        for (place, column) in columns.enumerated() where place < found.levels.count {
            text += "\n| \(column.zh) \(column.name) | 处理前 before | 处理后 after |\n|---|---|---|\n"
            for one in measures(place) {
                text += "| \(Self.cell(one.value)) | \(one.before.map(String.init) ?? "…") | \(one.after) |\n"
            }
        }
        text += """

            1 至 4 的数不显示（“<5”或“…”）。密钥未保存，两份副本不能互相对照。 Counts from 1 to 4 are not shown. The key was not kept: \
            two copies can't be matched by their tokens.

            """
        return text
    }

    private static func hidden(_ count: Int) -> String { shown(count).map(String.init) ?? "<5" }

    private static func number(_ value: Double) -> String { JSONWriter.rounded(value) }

    private static func percent(_ part: Double, _ whole: Int) -> String {
        whole == 0 ? "0 %" : "\(number(100 * part / Double(whole))) %"
    }

    /// A text in a table, whatever it holds.
    private static func cell(_ text: String) -> String {
        String(text.map { $0 == "|" || $0.isNewline ? " " : $0 })
    }
}

extension JSONWriter {
    /// With four digits behind the point.
    fileprivate static func rounded(_ value: Double) -> String {
        "\((value * 10_000).rounded() / 10_000)"
    }

    fileprivate mutating func number(_ key: String, _ value: Double) {
        member(key, raw: Array(Self.rounded(value).utf8))
    }

    /// A count; left out from 1 to 4, and where it would tell so small a difference from another.
    fileprivate mutating func count(_ key: String, _ value: Int, hiddenBeside other: Int? = nil) {
        let cells = SmallCells()
        guard !cells.isSmall(value), !cells.isSmall(value - (other ?? value)) else { return }
        member(key, integer: value)
    }

    fileprivate mutating func tally(_ tally: ResearchReport.Tally) {
        beginObject()
        count("before", tally.before)
        count("after", tally.after)
        count("suppressed", tally.suppressed)
        count("unknownPerson", tally.unknown)
        count("leftOut", tally.leftOut)
        endObject()
    }
}
