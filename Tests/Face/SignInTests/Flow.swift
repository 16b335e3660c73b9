import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import SignIn
import Testing

/// Base 64 for URLs, apart from the code under test.
func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

func percent(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? ""
}

func form(_ pairs: [(String, String)]) -> String {
    pairs.map { "\(percent($0.0))=\(percent($0.1))" }.joined(separator: "&")
}

/// The values of an address behind its question mark.
func query(_ address: String?) -> [String: String] {
    let items = address.flatMap { URLComponents(string: $0)?.queryItems } ?? []
    return Dictionary(items.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
}

func json(_ response: TestResponse) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(Array(buffer: response.body)))) as? [String: Any] ?? [:]
}

func text(_ response: TestResponse) -> String { String(buffer: response.body) }

/// An app's side of one authorization.
struct AppSide: Sendable {
    let client: Client
    var secret: String?
    var redirect = "https://app.example/done"
    var verifier = base64URL((0..<32).map { _ in UInt8.random(in: 0...255) })
    var state = UUID().uuidString

    /// The parameters of an authorization; `changes` replace, add, or take away (nil).
    func parameters(
        scope: String = "launch/patient openid fhirUser patient/*.rs", _ changes: [String: String?] = [:]
    ) -> [(String, String)] {
        var all: [String: String] = [
            "response_type": "code", "client_id": client.id, "redirect_uri": redirect, "scope": scope, "state": state,
            "aud": origin + "/fhir", "code_challenge": base64URL(SHA256.hash(data: Data(verifier.utf8))),
            "code_challenge_method": "S256", "nonce": "n-1",
        ]
        for (name, value) in changes { all[name] = value }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The fields that change a code for tokens.
    func exchange(_ code: String, _ changes: [String: String?] = [:]) -> [(String, String)] {
        var all: [String: String] = [
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
        ]
        if secret == nil { all["client_id"] = client.id }
        for (name, value) in changes { all[name] = value }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var authorization: String? {
        secret.map { "Basic " + Data("\(client.id):\($0)".utf8).base64EncodedString() }
    }
}

extension TestClientProtocol {
    func get(_ path: String, session: String? = nil, cookies: String = "") async throws -> TestResponse {
        var headers = HTTPFields()
        let all = [session.map { "healthbrain_session=\($0)" }, cookies.isEmpty ? nil : cookies].compactMap { $0 }
        if !all.isEmpty { headers[.cookie] = all.joined(separator: "; ") }
        return try await execute(uri: path, method: .get, headers: headers)
    }

    func post(
        _ path: String, _ fields: [(String, String)], session: String? = nil, authorization: String? = nil,
        cookies: String = ""
    ) async throws -> TestResponse {
        var headers = HTTPFields()
        headers[.contentType] = "application/x-www-form-urlencoded"
        headers[.authorization] = authorization
        if !cookies.isEmpty { headers[.cookie] = cookies }
        if let session { headers[.cookie] = "healthbrain_session=\(session)" }
        return try await execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: form(fields)))
    }

    func authorize(_ parameters: [(String, String)], session: String?) async throws -> TestResponse {
        try await get("/auth/authorize?" + form(parameters), session: session)
    }

    /// Agrees on the page; gives the answer.
    func decide(
        _ page: TestResponse, session: String, _ decision: String = "allow", role: Int? = nil, patient: String? = nil,
        scopes: [String]? = nil, form token: String? = nil
    ) async throws -> TestResponse {
        let html = text(page)
        var fields = [
            ("request", hidden("request", html)), ("form", token ?? hidden("form", html)), ("decision", decision),
        ]
        if let role { fields.append(("role", "\(role)")) }
        if let patient = patient ?? checked("patient", html).first { fields.append(("patient", patient)) }
        fields += (scopes ?? checked("scope", html)).map { ("scope", $0) }
        return try await post("/auth/authorize/decision", fields, session: session)
    }

    /// Goes the whole way to the tokens.
    func tokens(
        _ app: AppSide, session: String, scope: String = "launch/patient openid fhirUser patient/*.rs",
        patient: String? = "p1"
    ) async throws -> [String: Any] {
        let page = try await authorize(app.parameters(scope: scope), session: session)
        let answer = try await decide(page, session: session, patient: patient)
        let code = try #require(query(answer.headers[.location])["code"])
        let response = try await post("/auth/token", app.exchange(code), authorization: app.authorization)
        #expect(response.status == .ok)
        return json(response)
    }

    func refresh(
        _ app: AppSide, _ token: String, _ changes: [(String, String)] = []
    ) async throws -> TestResponse {
        var fields = [("grant_type", "refresh_token"), ("refresh_token", token)] + changes
        if app.secret == nil { fields.append(("client_id", app.client.id)) }
        return try await post("/auth/token", fields, authorization: app.authorization)
    }
}

/// The value of a hidden field of a page.
func hidden(_ name: String, _ html: String) -> String {
    let found = html.firstMatch(of: tryRegex("name=\"\(name)\" value=\"([^\"]*)\"", as: (Substring, Substring).self))
    return unescaped(String(found?.1 ?? ""))
}

/// The values of the boxes that are ticked.
func checked(_ name: String, _ html: String) -> [String] {
    html.matches(of: tryRegex("name=\"\(name)\" value=\"([^\"]*)\" checked", as: (Substring, Substring).self))
        .map { unescaped(String($0.1)) }
}

private func unescaped(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
        .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
}

private func tryRegex(_ pattern: String, as type: (Substring, Substring).Type) -> Regex<(Substring, Substring)> {
    guard let regex = try? Regex(pattern, as: type) else { preconditionFailure("\(pattern) is no pattern") }
    return regex
}
