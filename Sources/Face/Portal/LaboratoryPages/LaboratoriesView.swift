import Access
import Calendar
import Laboratories

/// The network of laboratories, as the template reads it.
struct LaboratoriesView {
    struct Row {
        let name: String
        let href: String
        let kind: String
        let place: String
        let tests: [Test]
        let state: String
        let tone: String
    }

    struct Test {
        let name: String
        let load: String
        let capacity: String
    }

    struct Sample {
        let number: String
        let href: String
        let test: String
        let holder: String
        let due: String
        let state: String
        let tone: String
    }

    struct Capability {
        let name: String
        let has: String
        let share: String
        let missing: String
        let tone: String
    }

    /// Samples on a page.
    static let samplesOnPage = 50

    let answer: String
    let alarm: String?
    let rows: [Row]
    let hasRows: Bool
    let samples: [Sample]
    let hasSamples: Bool
    let samplesText: String
    let seesSamples: Bool
    let earlier: String?
    let later: String?
    let capabilities: [Capability]
    let hasCapabilities: Bool
    let capability: String
    let rounded: String?

    init(
        _ members: [LaboratoryDesk.Member], samples open: [LaboratorySample],
        capabilities: [(district: Int, organization: String, has: Set<String>)], _ rules: LaboratoryRules, page: Int,
        place: CityPlace, _ visit: Portal.NetworkVisit
    ) {
        let (words, now) = (visit.words, visit.visit.now)
        let suspended = members.count { $0.standing.suspendedSince != nil }
        let load = members.reduce(0) { $0 + $1.load.values.reduce(0, +) }
        let free = members.reduce(0) { $0 + $1.free.values.reduce(0, +) }
        answer =
            members.isEmpty
            ? words["laboratoriesNone"]
            : words.text(
                "laboratoriesAnswer",
                [
                    "n": words.number(members.count), "suspended": words.number(suspended), "load": visit.shown(load),
                    "free": words.number(free),
                ])
        let late = open.count { $0.isLate(at: now) }
        let waiting = open.count { $0.state == .waiting }
        alarm =
            late + waiting > 0
            ? words.text("laboratoriesAlarm", ["late": visit.shown(late), "waiting": visit.shown(waiting)]) : nil
        let names = Dictionary(members.map { ($0.laboratory.id, $0.laboratory.name) }) { first, _ in first }
        rows = members.map { member in
            let (state, tone) = Self.state(member, words)
            return Row(
                name: member.laboratory.name, href: "/laboratories/\(member.laboratory.id)",
                kind: words["laboratoryKind_\(member.laboratory.kind.rawValue)"],
                place: place.name(member.laboratory.district, words),
                tests: member.laboratory.tests.map { test in
                    Test(
                        name: words.test(test), load: visit.shown(member.load[test.key] ?? 0),
                        capacity: words.number(member.laboratory.capacity[test.key] ?? 0))
                }, state: state, tone: tone)
        }
        hasRows = !rows.isEmpty
        seesSamples = visit.small == nil
        let pages = max(1, (open.count + Self.samplesOnPage - 1) / Self.samplesOnPage)
        let shown = min(max(page, 1), pages)
        let some = seesSamples ? open.dropFirst((shown - 1) * Self.samplesOnPage).prefix(Self.samplesOnPage) : []
        samples = some.map { sample in
            let isLate = sample.isLate(at: now)
            return Sample(
                number: sample.request.replacing("ServiceRequest/", with: ""), href: "/records/\(sample.request)",
                test: words.test(sample.test),
                holder: sample.laboratory.flatMap { names[$0] } ?? words["sampleCentre"],
                due: words.dateTime(milliseconds: sample.due),
                state: isLate
                    ? words["sampleLate"]
                    : words[
                        sample.reason.map { "sampleReason_\($0.rawValue)" } ?? "sampleState_\(sample.state.rawValue)"],
                tone: isLate || sample.state == .waiting ? "act" : "")
        }
        hasSamples = !samples.isEmpty
        samplesText =
            open.isEmpty
            ? words["samplesNone"]
            : words.text(
                "samplesPage",
                ["n": words.number(open.count), "page": words.number(shown), "pages": words.number(pages)])
        earlier = shown > 1 ? "/laboratories?page=\(shown - 1)#samples-title" : nil
        later = shown < pages ? "/laboratories?page=\(shown + 1)#samples-title" : nil
        let items = rules.classA
        self.capabilities = capabilities.map { one in
            let isWhole = one.has.count == items.count
            let missing = items.filter { !one.has.contains($0.code) }
                .map { words.language == .zh ? $0.nameZh : $0.nameEn }
            return Capability(
                name: place.name(one.district, words), has: "\(one.has.count) / \(items.count)",
                share: Self.percent(one.has.count, items.count),
                missing: isWhole ? "—" : missing.joined(separator: words["listSeparator"]),
                tone: isWhole ? "good" : "watch")
        }
        hasCapabilities = !capabilities.isEmpty
        capability = words.text(
            "capabilityAnswer",
            [
                "share": Self.percent(
                    capabilities.reduce(0) { $0 + $1.has.count }, capabilities.count * items.count),
                "target": words.usual(rules.classATarget) + "%",
            ])
        rounded = visit.small == nil ? nil : words["laboratoriesRounded"]
    }

    /// How a laboratory stands, in words, and how that is coloured.
    static func state(_ member: LaboratoryDesk.Member, _ words: Words) -> (text: String, tone: String) {
        if !member.laboratory.isActive { return (words["laboratoryClosed"], "watch") }
        if let since = member.standing.suspendedSince {
            return (
                words.text("laboratorySuspended", ["day": words.date(CivilDay(milliseconds: since))]), "act"
            )
        }
        let stopped = member.laboratory.tests.filter { !member.standing.mayTest($0.key) }
        if !stopped.isEmpty {
            let names = stopped.map { words.test($0) }.joined(separator: words["listSeparator"])
            return (words.text("laboratoryStopped", ["tests": names]), "watch")
        }
        return (words["laboratoryGood"], "good")
    }

    private static func percent(_ n: Int, _ all: Int) -> String {
        all == 0 ? "—" : "\((1_000 * Double(n) / Double(all)).rounded() / 10)%"
    }

    /// A line for each laboratory and test.
    static func csv(_ members: [LaboratoryDesk.Member], _ visit: Portal.NetworkVisit) -> String {
        var rows = [
            ["laboratory", "name", "kind", "district", "test", "capacity", "load", "may_test", "suspended_since"]
        ]
        for member in members {
            let own = member.laboratory
            for test in own.tests {
                let load = member.load[test.key] ?? 0
                rows.append([
                    own.id, own.name, own.kind.rawValue, "\(own.district)", test.key, "\(own.capacity[test.key] ?? 0)",
                    "\(visit.small?.rounded(load) ?? load)", member.mayTest(test.key) ? "1" : "0",
                    member.standing.suspendedSince.map { CivilDay(milliseconds: $0).isoText } ?? "",
                ])
            }
        }
        return SignalTable.text(rows)
    }
}

extension Words {
    /// What a test is called.
    func test(_ test: LaboratoryTest) -> String { language == .zh ? test.name : test.nameEn }
}
