import FHIR
import HTTPTypes
import Records

/// history of an instance, a type or the system: <https://hl7.org/fhir/R4/http.html#history>
extension FHIRService {
    func history(_ scope: HistoryScope, _ call: Call) throws -> Reply {
        try call.allowOnly("_count", "_since", "_at", "_cursor", "_summary", "_elements")
        var query = HistoryQuery()
        for (name, value) in call.pairs {
            switch name {
            case "_count":
                guard let count = Int(value), count >= 0 else {
                    throw Fault.malformedParameter(name, "a whole number, 0 or more")
                }
                query.count = count
            case "_since":
                guard let since = FHIRDateTime(value) else {
                    throw Fault.malformedParameter(name, "an instant such as 2026-01-31T08:00:00+08:00")
                }
                query.since = since.lowMilliseconds
            case "_at":
                guard let at = FHIRDateTime(value) else {
                    throw Fault.malformedParameter(name, "a date or time such as 2026-01-31")
                }
                query.at = at
            case "_summary", "_elements": continue
            default: query.cursor = value
            }
        }
        let page = try call.records.history(scope, query)
        let place =
            switch scope {
            case .instance(let key): "\(call.base)/\(key)/_history"
            case .type(let type): "\(call.base)/\(type)/_history"
            case .system: "\(call.base)/_history"
            }
        let wish = try subsetWish(nil, call)
        var text = BundleText(type: "history", total: page.total)
        let links = PageLinks(place: place, parameters: call.pairs, next: wish == .count ? nil : page.next)
        text.links(links)
        if wish != .count {
            for version in page.versions {
                text.historyEntry(version, version.json(wish.subset, definitions), base: call.base)
            }
        }
        return Reply(.ok, json: text.finished())
    }
}
