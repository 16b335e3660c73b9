import Accounts
import AuditLog
import HTTPTypes
import HealthCode
import Hummingbird
import JSON
import NIOCore
import Records

/// A resident's health code as its template reads it.
struct HealthCodeView {
    struct Other {
        let href: String
        let name: String
        let isCurrent: Bool
    }

    let name: String
    let picture: String
    let until: String
    let others: [Other]
    let hasOthers: Bool
    let again: String
}

extension Portal {
    /// `/my/code`: the health code; `/.well-known/health-code-keys.json`: the keys by which institutions verify it.
    func addHealthCode(to router: Router<BasicRequestContext>, _ gate: PortalGate, _ desk: HealthCodeDesk) {
        router.get("/my/code") { request, context in
            await guarded(request, context, gate, .roles([.resident])) { visit in try healthCode(visit, desk) }
        }
        router.get("/.well-known/health-code-keys.json") { _, _ in
            var headers = StrictHeaders.common
            headers[.contentType] = "application/jwk-set+json"
            headers[.cacheControl] = "public, max-age=3600"
            return Response(
                status: .ok, headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: desk.keySet(now: parts.now()))))
        }
    }

    /// The own code, or that of a young child (`?patient=`).
    private func healthCode(_ visit: GuardedVisit, _ desk: HealthCodeDesk) throws -> Page {
        let caller = try visit.someone()
        guard let own = caller.ownPatient else { return visit.visit.fault(.notFound) }
        let family = [own] + (try visit.gate.wards(of: caller))
        let asked = visit.asked("patient") ?? own
        // Somebody else's is answered like one that is not there.
        guard family.contains(asked) else { return visit.unreached(patient: nil) }
        let words = visit.words
        let code = desk.issue(patient: asked, now: visit.visit.now)
        let names = try family.map { id in
            (
                id,
                try Person(
                    JSONDocument(parsing: visit.records().read(ResourceKey(type: "Patient", id: id)).json()).root
                ).name
            )
        }
        let name = names.first { $0.0 == asked }?.1 ?? ""
        let view = HealthCodeView(
            name: name, picture: try QRCode(Array(code.token.utf8)).svg(name: words["ownCodePicture"]),
            until: words.counted("ownCodeUntil", Int(desk.options.lifeSeconds)),
            others: names.map { id, name in
                HealthCodeView.Other(
                    href: id == own ? "/my/code" : Address.make("/my/code", [("patient", id)]), name: name,
                    isCurrent: id == asked)
            }, hasOthers: family.count > 1, again: Address.make("/my/code", [("patient", asked == own ? nil : asked)]))
        try visit.note(.operation, patients: ["Patient/" + asked], entities: [.query(Array("health-code".utf8))])
        var page = visit.page("health-code", view, title: words["ownCodeTitle"], place: .code)
        page.refreshSeconds = Int(max(10, desk.options.lifeSeconds - 5))
        return page
    }
}
