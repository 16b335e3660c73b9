import AuditLog
import FHIR
import Forms
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Pathways
import Records

/// CDS Hooks (<https://cds-hooks.hl7.org/2.0/>): what the followed programmes have to say while a doctor sees a person.
///
/// The services can be listed by anybody, and called as FHIR's door is: by a session or a bearer token, with what the rules of access
/// let the caller see. What is read for a card is in the audit log before the card leaves.
struct AdviceDoor: Sendable {
    let service: FHIRService
    let gate: Gate?
    let options: DoorOptions

    func respond(to request: Request, path: Substring, requestID: String) async -> Response {
        var reply: Reply
        var visitor: Visitor?
        do {
            let names = path.split(separator: "/").dropFirst().map(String.init)
            if names.isEmpty {
                guard request.method == .get || request.method == .head else {
                    throw Fault.methodNotAllowed(request.method, [.get, .head])
                }
                reply = Reply(.ok, json: Self.services(service.pathways))
            } else {
                guard let hook = AdviceHook.allCases.first(where: { $0.service == names[0] }),
                    let desk = service.pathways, !desk.pathways.isEmpty,
                    names.count == 1 || (names.count == 2 && names[1] == "feedback")
                else {
                    throw Fault(.notFound, .notFound, "There is no such service; GET /cds-services lists them.")
                }
                guard request.method == .post else { throw Fault.methodNotAllowed(request.method, [.post]) }
                if let gate { visitor = try await Visitor.enter(gate, request.head, requestID: requestID) }
                let body = try await body(request)
                reply =
                    names.count == 2
                    ? try feedback(body, hook, visitor) : try advise(body, hook, desk, visitor, request)
            }
        } catch { reply = Reply(Fault(error)) }
        do { try visitor?.finish() } catch { reply = Reply(Fault(error)) }
        reply.fields[.cacheControl] = "no-store"
        reply.fields[.contentType] = MediaTypes.plainJSON
        return Dressing(request: request, call: nil, options: options, requestID: requestID).response(reply)
    }

    private func body(_ request: Request) async throws -> JSONNode {
        let type = request.headers[.contentType] ?? ""
        guard MediaTypes.name(of: type) == "application/json" else { throw Fault.unsupportedMediaType(type) }
        let bytes = try await BodyReader(request: request, options: options).body()
        return try JSONDocument(parsing: bytes, limits: JSONLimits(bytesMax: options.bodyBytesMax)).root
    }

    // MARK: - Discovery

    private static func services(_ desk: PathwayDesk?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("services")
        writer.beginArray()
        for hook in AdviceHook.allCases where desk?.pathways.isEmpty == false {
            writer.beginObject()
            writer.member("hook", string: hook.rawValue)
            writer.member("id", string: hook.service)
            switch hook {
            case .patientView:
                writer.member("title", string: "健康项目：待办、分级和下一步 Programmes: tasks, grades, next steps")
                writer.member(
                    "description",
                    string: "该居民在各健康项目中的待办和逾期事项、分级和下一步，附依据。"
                        + "What the followed programmes ask for this person, how they are graded and what comes next, with reasons."
                )
            case .orderSelect:
                writer.member("title", string: "健康项目：核对申请 Programmes: orders checked")
                writer.member(
                    "description",
                    string: "所选申请与健康项目的要求核对：能完成哪些待办，是否重复，还缺什么。"
                        + "Selected orders against what the followed programmes expect: what they do, repeat, and leave undone."
                )
            }
            writer.key("prefetch")
            writer.beginObject()
            writer.member("patient", string: "Patient/{{context.patientId}}")
            writer.endObject()
            writer.member(
                "usageRequirements",
                string:
                    "The patient must be known to this server. Only the server's own records and what is sent as prefetch "
                    + "are looked at.")
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    // MARK: - Advice

    private func advise(
        _ body: JSONNode, _ hook: AdviceHook, _ desk: PathwayDesk, _ visitor: Visitor?, _ http: Request
    ) throws -> Reply {
        let request = try AdviceRequest(body, hook: hook)
        let records = visitor?.records ?? service.everything
        let person = try known(request, records)
        if let visitor {
            try visitor.gate.note(
                .operation, by: visitor.caller, patients: ["Patient/\(person)"],
                entities: [.query(Array("cds-services/\(hook.service)".utf8))], request: visitor.requestID)
        }
        var documents = try SeenPerson.documents(person, records)
        let own = Set(documents.map { AdviceText.reference($0.root) })
        for node in request.sentAlong where !own.contains(AdviceText.reference(node)) {
            documents.append(try JSONDocument(parsing: node.compactText()))
        }
        let call = try Call(http, query: nil, options, records: records, visitor: visitor)
        var root = call.base
        if root.hasSuffix("/fhir") { root.removeLast("/fhir".count) }
        let advice = Advice(
            desk: desk, person: person, documents: documents, now: service.store.now,
            language: AdviceLanguage(http.headers[.acceptLanguage]), root: root,
            hasForm: { url in (try? service.forms.questionnaire(url, records))?.map(\.key.id) })
        let cards = try hook == .patientView ? advice.patientView() : advice.orderSelect(request.drafts)
        return Reply(.ok, json: AdviceCard.response(cards, advice.language))
    }

    /// The Patient of this house: by the id, else by an identifier of the Patient that was sent along.
    private func known(_ request: AdviceRequest, _ records: SeenRecords) throws -> String {
        do {
            return try records.read(ResourceKey(type: "Patient", id: request.patient)).key.id
        } catch {
            guard error.category == .notFound || error.category == .gone else { throw error }
            let sent = request.prefetch?["patient"]
            for identifier in sent?.list("identifier") ?? [] {
                guard let system = identifier["system"]?.string, let value = identifier["value"]?.string else {
                    continue
                }
                let page = try records.search(
                    type: "Patient", parameters: [("identifier", "\(system)|\(value)"), ("_count", "2")])
                if page.entries.count == 1, let one = page.entries.first { return one.version.key.id }
            }
            throw Fault(
                .preconditionFailed, .notFound,
                "The patient of the context isn't known here, or isn't for you to see.")
        }
    }

    // MARK: - Feedback

    /// What came of cards: <https://cds-hooks.hl7.org/2.0/#feedback>. It is kept in the audit log.
    private func feedback(_ body: JSONNode, _ hook: AdviceHook, _ visitor: Visitor?) throws -> Reply {
        let all = body.list("feedback")
        guard !all.isEmpty else { throw Fault(.badRequest, .required, "“feedback” is needed, an array.") }
        for (place, one) in all.enumerated() {
            func fault(_ text: String) -> Fault { Fault(.badRequest, .invalid, "feedback[\(place)]: \(text)") }
            guard let card = one["card"]?.string, card.count == 36, card.allSatisfy({ $0.isHexDigit || $0 == "-" })
            else { throw fault("“card” is the uuid of a card.") }
            guard one["outcomeTimestamp"]?.string.flatMap({ Moment($0) }) != nil else {
                throw fault("“outcomeTimestamp” is needed, a time.")
            }
            var reason = ""
            switch one["outcome"]?.string {
            case "accepted":
                let accepted = one.list("acceptedSuggestions").compactMap { $0["id"]?.string }
                guard !accepted.isEmpty else {
                    throw fault("“acceptedSuggestions” is needed with outcome accepted.")
                }
                reason = "accepted \(accepted.count)"
            case "overridden":
                let code = one["overrideReason"]?["reason"]?["code"]?.string ?? ""
                reason = "overridden \(code.prefix(40))"
            default: throw fault("“outcome” is accepted or overridden.")
            }
            try visitor?.gate.note(
                .operation, by: visitor?.caller ?? .anonymous, reason: reason,
                entities: [.query(Array("cds-services/\(hook.service)/feedback/\(card)".utf8))],
                request: visitor?.requestID ?? "")
        }
        return Reply(.ok, json: Array("{}".utf8))
    }
}
