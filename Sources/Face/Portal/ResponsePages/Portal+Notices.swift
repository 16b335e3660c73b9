import Accounts
import Containment
import HTTPTypes
import Hummingbird
import JSON
import Records
import Signals

extension Portal {
    /// `/notices`: what centres for disease control tell. Those to the public are for everybody, without signing in; those to
    /// institutions for staff.
    func addNotices(to router: Router<BasicRequestContext>, _ desk: SignalDesk) {
        router.get("/notices") { request, context in
            guard let gate = parts.gate else {
                return answer(request, context) { visit in
                    try board(visit, desk, Set(Notice.Audience.allCases))
                }
            }
            return await guarded(request, context, gate, .everybody) { visit in
                let role = visit.caller?.assignment?.role
                let isStaff = role != nil && role != .resident
                return try board(visit.visit, desk, isStaff ? Set(Notice.Audience.allCases) : [.everybody])
            }
        }
    }

    private func board(_ visit: Visit, _ desk: SignalDesk, _ audiences: Set<Notice.Audience>) throws -> Page {
        let notices = try NoticeBoard(desk.store).notices(audiences, limit: NoticesView.rowsMax)
        var senders: [String: String] = [:]
        for sender in Set(notices.map(\.sender)) {
            guard let key = ResourceKey(reference: sender), let version = try? desk.store.read(key) else { continue }
            senders[sender] = try? JSONDocument(parsing: version.json()).root["name"]?.string
        }
        let view = NoticesView(
            notices, senders: senders, isStaff: audiences.contains(.institutions), words: visit.words)
        return visit.page("notices", view, title: visit.words["noticesTitle"], place: .notices)
    }
}

/// Notices that are out, as the template reads them.
struct NoticesView {
    struct Row {
        let title: String
        let text: String
        let audience: String
        let sender: String
        let when: String
    }

    /// Notices on the page.
    static let rowsMax = 100

    let answer: String
    let rows: [Row]
    let hasRows: Bool

    init(_ notices: [Notice], senders: [String: String], isStaff: Bool, words: Words) {
        rows = notices.map { notice in
            Row(
                title: notice.title, text: notice.text, audience: words.audience(notice.audience),
                sender: senders[notice.sender] ?? words["noticeCentre"],
                when: notice.sentAt.map { words.dateTime(milliseconds: $0) } ?? "")
        }
        hasRows = !rows.isEmpty
        answer =
            rows.isEmpty
            ? words[isStaff ? "noticesNone" : "noticesNonePublic"] : words.counted("noticesAnswer", rows.count)
    }
}
