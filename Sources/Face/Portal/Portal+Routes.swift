import FHIR
import HTTPTypes
import Hummingbird
import Records

extension Portal {
    /// The pages.
    func addPages(to router: Router<BasicRequestContext>) {
        router.get("/") { request, context in
            answer(request, context) { visit in
                let model = try CityModel.load(
                    parts.store, choice: CityModel.Choice(query: visit.query), now: visit.now)
                let view = CityView(model, place: parts.place, words: visit.words)
                return visit.page("city", view, title: view.place, place: .city)
            }
        }
        router.get("/residents") { request, context in
            answer(request, context) { visit in residents(visit) }
        }
        router.get("/residents/:id") { request, context in
            answer(request, context) { visit in
                guard let id = context.parameters.get("id"), ResourceKey.isID(id),
                    let model = try ResidentModel.load(
                        parts.store, OpenRecords(store: parts.store), id: id,
                        choice: ResidentModel.Choice(query: visit.query))
                else { return visit.fault(.notFound) }
                let view = ResidentView(model, words: visit.words, today: visit.today)
                return visit.page("resident", view, title: view.name, place: .residents)
            }
        }
        router.get("/records/:type/:id") { request, context in
            answer(request, context) { visit in
                let version = visit.query.last { $0.name == "version" }.flatMap { Int($0.value) }
                guard let type = context.parameters.get("type"), let id = context.parameters.get("id"),
                    let key = ResourceKey(reference: type + "/" + id),
                    let model = try SourceModel.load(OpenRecords(store: parts.store), key: key, versionID: version)
                else { return visit.fault(.notFound) }
                let view = SourceView(model, words: visit.words)
                return visit.page("source", view, title: view.title, place: .residents)
            }
        }
        router.get("/**") { request, context in
            answer(request, context) { visit in visit.fault(.notFound) }
        }
    }

    /// A search that the store refuses is answered with its reason, beside what was typed.
    private func residents(_ visit: Visit) -> Page {
        let choice = ResidentsModel.Choice(query: visit.query)
        do {
            let model = try ResidentsModel.load(parts.store, choice: choice)
            let view = ResidentsView(model, words: visit.words, today: visit.today)
            return visit.page("residents", view, title: visit.words["residentsTitle"], place: .residents)
        } catch {
            guard let refusal = error as? RecordsError, refusal.category == .invalid else { return visit.fault(error) }
            let reason = refusal.issues.first?.diagnostics ?? ""
            let model = ResidentsModel(choice: choice, people: [], total: 0, next: nil, isStoreEmpty: false)
            let view = ResidentsView(
                model, words: visit.words, today: visit.today,
                problem: visit.words.text("searchProblem", ["reason": reason]))
            return visit.page(
                "residents", view, title: visit.words["residentsTitle"], place: .residents, status: .badRequest)
        }
    }

    /// Styles, script and icon. Their address carries a hash of their content, so they may be kept for ever.
    func addAssets(to router: Router<BasicRequestContext>) {
        router.get("/assets/:name") { request, context in
            guard let file = parts.assets.file(context.parameters.get("name") ?? "") else {
                return answer(request, context) { visit in
                    var visit = visit
                    visit.isGuarded = parts.gate != nil
                    return visit.fault(.notFound)
                }
            }
            var headers = StrictHeaders.common
            headers[.contentType] = file.contentType
            headers[.eTag] = file.etag
            headers[.cacheControl] = "public, max-age=31536000, immutable"
            headers[.vary] = "Accept-Encoding"
            if request.headers[.ifNoneMatch] == file.etag { return Response(status: .notModified, headers: headers) }
            var bytes = file.bytes
            if let small = file.compressed, Compression.isAccepted(request.headers[.acceptEncoding]) {
                headers[.contentEncoding] = "gzip"
                bytes = small
            }
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }
}
