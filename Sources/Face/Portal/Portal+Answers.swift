import Calendar
import HTTPTypes
import Hummingbird
import Logging
import Records

extension Portal {
    /// A page, ready to be sent.
    struct Page {
        let html: String
        let status: HTTPResponse.Status
        /// Where it leads instead.
        var location: String?
        /// Cookies to set with it.
        var cookies: [HTTPField] = []
        /// After how many seconds to try again.
        var retryAfterSeconds: Int?
        /// Whether the browser shall forget what it has kept of earlier pages.
        var clearsKept = false
        /// The name of the file as which a browser keeps it, for a table of CSV or a file instead of a page.
        var fileName: String?
        /// What is sent instead of the text: its type and bytes.
        var file: (type: String, bytes: [UInt8])?
        /// After how many seconds the browser asks for it anew.
        var refreshSeconds: Int?
    }

    /// One request for a page: who reads it, in which language, and what was asked.
    struct Visit {
        let parts: Parts
        let preferences: Preferences
        let words: Words
        var path: String
        var query: [(name: String, value: String)]
        let now: Int64
        let requestID: String
        let logger: Logger
        /// Who is signed in; nil for nobody, and in a portal where nobody signs in.
        var who: Shell.Who?
        /// Whether people sign in to this portal.
        var isGuarded = false

        /// Today in Shanghai.
        var today: CivilDay { CivilDay(milliseconds: now) }

        /// Renders a template within the frame.
        func page(
            _ template: String, _ view: Any, title: String, place: RailPlace, status: HTTPResponse.Status = .ok
        ) -> Page {
            let shell = Shell(
                title: title, place: place, words: words, preferences: preferences, assets: parts.assets, path: path,
                query: query, isDemo: parts.isDemo, now: now, who: who, isGuarded: isGuarded,
                livesThrough: parts.isDemo ? parts.livesThrough?() : nil, hasHighway: parts.highway != nil,
                hasSignals: parts.signals != nil,
                hasReports: parts.reports != nil, hasHazards: parts.hazards != nil,
                hasPopulation: parts.population != nil, hasLaboratories: parts.laboratories != nil)
            return Page(html: parts.templates.render(template, words: words, shell: shell, page: view), status: status)
        }

        /// A page that says what went wrong.
        func fault(_ fault: ErrorView.Fault) -> Page {
            let view = ErrorView(fault, words: words, isGuarded: isGuarded)
            let status: HTTPResponse.Status =
                switch fault {
                case .notFound, .unreached: .notFound
                case .gone: .gone
                case .unavailable: .serviceUnavailable
                case .failed: .internalServerError
                case .notSignedIn: .unauthorized
                case .forbidden, .formExpired: .forbidden
                case .malformed: .badRequest
                }
            return page("error", view, title: view.title, place: .none, status: status)
        }

        /// The page for an error that was thrown; what is not the reader's to know goes to the log.
        func fault(_ error: any Error) -> Page {
            if let known = accountFault(error) { return fault(known) }
            switch (error as? RecordsError)?.category {
            case .notFound: return fault(.notFound)
            case .gone: return fault(.gone)
            case .unavailable: return fault(.unavailable)
            default:
                // A path may hold the id of a person, and what records refuse the words of a search.
                let reason = (error as? RecordsError).map { "\($0.category)" } ?? "\(error)"
                logger.error("page failed", metadata: ["request": "\(requestID)", "error": "\(reason)"])
                return fault(.failed(number: requestID))
            }
        }
    }

    /// Answers a request for a page.
    func answer(
        _ request: Request, _ context: BasicRequestContext, _ make: (Visit) throws -> Page
    ) -> Response {
        let visit = visit(request, context)
        let page: Page
        do {
            page = try make(visit)
        } catch {
            page = visit.fault(error)
        }
        return response(page, request, visit)
    }

    /// What a request asks for.
    func visit(_ request: Request, _ context: BasicRequestContext) -> Visit {
        let query = Query.pairs(request.uri.query)
        let preferences = Preferences(
            query: query, cookieHeader: request.headers[.cookie], isSecure: parts.isSecure)
        return Visit(
            parts: parts, preferences: preferences, words: Words(parts.catalogue, preferences.language),
            path: request.uri.path, query: query, now: parts.now(), requestID: context.id, logger: context.logger)
    }

    /// A page as it is sent.
    func response(_ page: Page, _ request: Request, _ visit: Visit) -> Response {
        let preferences = visit.preferences
        var headers = StrictHeaders.common
        headers[.contentType] =
            page.file?.type ?? (page.fileName == nil ? "text/html; charset=utf-8" : "text/csv; charset=utf-8")
        if let name = page.fileName { headers[.contentDisposition] = "attachment; filename=\"\(name)\"" }
        headers[.contentLanguage] = preferences.language.tag
        headers[.cacheControl] = "no-store"
        for cookie in preferences.cookies { headers.append(HTTPField(name: .setCookie, value: cookie)) }
        for cookie in page.cookies { headers.append(cookie) }
        headers[.location] = page.location
        headers[.retryAfter] = page.retryAfterSeconds.map(String.init)
        if let seconds = page.refreshSeconds, let name = HTTPField.Name("Refresh") { headers[name] = "\(seconds)" }
        if page.clearsKept, let name = HTTPField.Name("Clear-Site-Data") {
            headers[name] = "\"cache\", \"storage\""
        }
        headers[.vary] = "Accept-Encoding, Cookie"
        var bytes = page.file?.bytes ?? Array(page.html.utf8)
        if bytes.count >= Compression.bytesMin, Compression.isAccepted(request.headers[.acceptEncoding]),
            let small = Compression.gzip(bytes, level: 4)
        {
            headers[.contentEncoding] = "gzip"
            bytes = small
        }
        return Response(status: page.status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// The query of an address, decoded.
enum Query {
    /// Names and values in order; `+` is a blank, as forms send it.
    static func pairs(_ query: String?) -> [(name: String, value: String)] {
        URLQuery.parse(query ?? "").map { (name: $0.0, value: $0.1) }
    }
}
