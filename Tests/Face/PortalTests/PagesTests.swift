import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Portal
import Records
import Testing

/// What a page answered.
struct Answer {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let text: String
}

@Suite("Pages over HTTP")
struct PagesTests {
    static let boundaries = Array(
        """
        {"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"330106","name":"西湖区"},\
        "geometry":{"type":"MultiPolygon","coordinates":[[[[120,30],[120.2,30],[120.2,30.2],[120,30.2],[120,30]]]]}},\
        {"type":"Feature","properties":{"code":"330102","name":"上城区"},\
        "geometry":{"type":"Polygon","coordinates":[[[120.2,30],[120.4,30],[120.4,30.2],[120.2,30.2],[120.2,30]]]}}]}
        """.utf8)

    /// Serves a store to a test.
    private func visiting(
        _ store: RecordStore,
        _ body: @Sendable @escaping (@Sendable (String, HTTPFields) async throws -> Answer) async throws -> Void
    ) async throws {
        await store.settle()
        let portal = try Portal(
            store: store, demo: true, cityCode: 330_100, boundaries: Self.boundaries, now: { testNow })
        let router = Router(context: BasicRequestContext.self)
        portal.addRoutes(to: router)
        let application = Application(responder: router.buildResponder())
        try await application.test(.router) { client in
            try await body { uri, headers in
                try await client.execute(uri: uri, method: .get, headers: headers) { response in
                    Answer(status: response.status, headers: response.headers, text: String(buffer: response.body))
                }
            }
        }
        await store.close()
    }

    private func filled() async throws -> RecordStore {
        let store = try memoryStore()
        try await store.put(Sample.organization("o1", division: 330_106))
        try await store.put(Sample.patient("p1"))
        try await store.put(Sample.patient("p2", name: "李雷", born: "2026-11-18", division: 330_102))
        for (number, day) in ["2026-11-20", "2026-11-20", "2026-11-13", "2026-11-19"].enumerated() {
            try await store.put(
                Sample.encounter("e\(number)", patient: "p1", organization: "o1", start: day + "T08:30:00+08:00"))
        }
        try await store.put(
            Sample.condition(
                "c1", patient: "p1", code: "I10.x00", day: "2026-11-20", display: "原发性高血压", encounter: "e0"))
        try await store.put(Sample.glucose("g1", patient: "p1", value: "5.10", at: "2026-10-20T08:30:00+08:00"))
        try await store.put(
            Sample.glucose("g2", patient: "p1", value: "7.80", at: "2026-11-20T08:40:00+08:00", encounter: "e0"))
        return store
    }

    @Test("the city page begins with residents and visits of the last full day, and a week before")
    func city() async throws {
        try await visiting(try await filled()) { get in
            let page = try await get("/", [:])
            #expect(page.status == .ok)
            #expect(page.text.contains("杭州市有 2 位居民。"))
            #expect(page.text.contains("2026年11月20日（周五）就诊 2 人次，比一周前多 1 人次。"))
            #expect(page.text.contains("原发性高血压"))
            #expect(page.text.contains("data-code=\"330106\""))
            #expect(page.text.utf8.count < 100_000)
            let english = try await get("/?lang=en", [:])
            #expect(english.text.contains("Hangzhou has 2 residents."))
            #expect(
                english.text.contains("On Fri 20 November 2026 there were 2 visits, 1 more than a week before.")
            )
            #expect(english.text.contains("<html lang=\"en\""))
            let district = try await get("/?district=330102&days=14&lang=en", [:])
            #expect(district.text.contains("Shangcheng, Hangzhou has 1 resident."))
        }
    }

    @Test("an empty store says why it is empty and what to do, in both languages")
    func empty() async throws {
        try await visiting(try memoryStore()) { get in
            for (uri, text) in [
                ("/", "这里还是空的"), ("/?lang=en", "Nothing here yet"), ("/residents", "还没有居民"),
            ] {
                let page = try await get(uri, [:])
                #expect(page.text.contains(text), "\(uri)")
            }
        }
    }

    @Test(
        "a resident is found by name, by part of a name, by ID number and by phone",
        arguments: ["王秀英", "王", "秀英", "33010619540309002X", "33010619540309002x", "13812345678", " 王秀英 "])
    func search(text: String) async throws {
        let query = try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        try await visiting(try await filled()) { get in
            let page = try await get("/residents?q=\(query)", [:])
            #expect(page.text.contains("/residents/p1"))
            #expect(page.text.contains("3301**********002X"))
            #expect(page.text.contains("138****5678"))
            #expect(!page.text.contains("33010619540309002X\"") || text.count == 18)
            #expect(page.text.contains("72 岁"))
        }
    }

    @Test("a search that finds nobody keeps what was typed and says what to try")
    func nobody() async throws {
        try await visiting(try await filled()) { get in
            let page = try await get("/residents?q=%E8%B5%B5%3Cb%3E", [:])
            #expect(page.status == .ok)
            #expect(page.text.contains("value=\"赵&lt;b&gt;\""))
            #expect(!page.text.contains("赵<b>"))
            #expect(page.text.contains("试试只写姓"))
        }
    }

    @Test("a resident's page tells who, groups by visit, draws trends and links every source")
    func resident() async throws {
        try await visiting(try await filled()) { get in
            let page = try await get("/residents/p1", [:])
            #expect(page.status == .ok)
            for text in [
                "王秀英", "女，72 岁，1954年3月9日出生", "社区卫生服务中心 o1", "/records/Condition/c1", "原发性高血压",
                "7.80 mmol/L ↑ 偏高", "参考范围 3.9–6.1", "没有记录过敏", "/records/Patient/p1", "/fhir/Patient/p1",
            ] { #expect(page.text.contains(text), "\(text)") }
            #expect(!page.text.contains("33010619540309002X"))
            let newborn = try await get("/residents/p2", [:])
            #expect(newborn.text.contains("3 天"))
            let diagnoses = try await get("/residents/p1?kind=diagnosis&lang=en", [:])
            #expect(diagnoses.text.contains("female, 72 years old"))
            #expect(!diagnoses.text.contains("visit-head\"><h3>Outside"))
        }
    }

    @Test("a source document shows its content, its JSON as stored and its history")
    func source() async throws {
        let store = try await filled()
        try await store.put(
            Sample.condition("c1", patient: "p1", code: "I10.x01", day: "2026-11-20", display: "高血压 2 级"))
        try await visiting(store) { get in
            let page = try await get("/records/Condition/c1", [:])
            #expect(page.text.contains("高血压 2 级"))
            #expect(page.text.contains("href=\"/records/Patient/p1\""))
            #expect(page.text.contains("version=1"))
            let old = try await get("/records/Condition/c1?version=1", [:])
            #expect(old.text.contains("原发性高血压"))
            #expect(old.text.contains("这是旧版本"))
            #expect(try await get("/records/Condition/none", [:]).status == .notFound)
            #expect(try await get("/records/Condition/c1?version=9", [:]).status == .notFound)
        }
    }

    @Test("nothing that a record says becomes markup")
    func escaping() async throws {
        let store = try memoryStore()
        let evil = "<script>alert(1)</script>{{t.brand}}'&"
        try await store.put(Sample.patient("p1", name: evil))
        try await store.put(Sample.condition("c1", patient: "p1", code: "<i>", day: "2026-11-20", display: evil))
        try await visiting(store) { get in
            for uri in ["/", "/residents", "/residents/p1", "/records/Patient/p1", "/records/Condition/c1"] {
                let page = try await get(uri, [:])
                #expect(page.status == .ok, "\(uri)")
                #expect(!page.text.contains("<script>alert"), "\(uri)")
                #expect(!page.text.contains("<i>"), "\(uri)")
            }
            #expect(try await get("/residents/p1", [:]).text.contains("{{t.brand}}"))
        }
    }

    @Test("unknown addresses and deleted residents have a page of their own, in both languages")
    func faults() async throws {
        let store = try await filled()
        _ = try await store.delete(ResourceKey(type: "Patient", id: "p2"))
        try await visiting(store) { get in
            let missing = try await get("/nowhere/at/all", [:])
            #expect(missing.status == .notFound)
            #expect(missing.text.contains("找不到"))
            #expect(try await get("/residents/nobody?lang=en", [:]).text.contains("Not found"))
            #expect(try await get("/residents/no%20body", [:]).status == .notFound)
            let gone = try await get("/residents/p2", [:])
            #expect(gone.status == .gone)
            #expect(gone.text.contains("已删除"))
        }
    }

    @Test(
        "every answer forbids inline script, framing, sniffing and referrers",
        arguments: ["/", "/residents", "/nowhere"])
    func headers(uri: String) async throws {
        try await visiting(try memoryStore()) { get in
            let page = try await get(uri, [:])
            let policy = try #require(page.headers[.contentSecurityPolicy])
            #expect(policy.contains("default-src 'none'"))
            #expect(policy.contains("script-src 'self'"))
            #expect(!policy.contains("unsafe"))
            #expect(page.headers[.xContentTypeOptions] == "nosniff")
            #expect(page.headers[try #require(HTTPField.Name("Referrer-Policy"))] == "no-referrer")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(!page.text.contains("style=\""))
            #expect(!page.text.contains("onclick"))
            #expect(!page.text.contains("http://"))
            #expect(!page.text.contains("https://"))
        }
    }

    @Test("styles are kept by their hash and not sent twice")
    func assets() async throws {
        try await visiting(try memoryStore()) { get in
            let page = try await get("/", [:])
            let href = try #require(page.text.firstMatch(of: /href="(\/assets\/portal\.[0-9a-f]{16}\.css)"/)?.output.1)
            let styles = try await get(String(href), [:])
            #expect(styles.status == .ok)
            #expect(styles.headers[.contentType] == "text/css; charset=utf-8")
            #expect(styles.headers[.cacheControl] == "public, max-age=31536000, immutable")
            let tag = try #require(styles.headers[.eTag])
            let again = try await get(String(href), [.ifNoneMatch: tag])
            #expect(again.status == .notModified)
            #expect(again.text.isEmpty)
            #expect(try await get("/assets/..%2f..%2fPackage.swift", [:]).status == .notFound)
        }
    }

    @Test("language and size of type are chosen in the address and kept in cookies")
    func preferences() async throws {
        try await visiting(try memoryStore()) { get in
            let first = try await get("/", [:])
            #expect(first.text.contains("class=\"offer\""))
            #expect(first.headers[.setCookie] == nil)
            let chosen = try await get("/?type=large&lang=en", [:])
            #expect(chosen.text.contains("class=\"large\""))
            #expect(!chosen.text.contains("class=\"offer\""))
            let cookies = chosen.headers[values: .setCookie]
            #expect(cookies.count == 2)
            #expect(cookies.allSatisfy { $0.contains("SameSite=Lax") && $0.contains("HttpOnly") })
            let kept = try await get("/", [.cookie: "hb_lang=en; hb_type=large"])
            #expect(kept.text.contains("<html lang=\"en\" class=\"large\">"))
            let browser = try await get("/", [.acceptLanguage: "en-GB,en;q=0.9"])
            #expect(browser.text.contains("<html lang=\"zh-CN\">"))
            let nonsense = try await get("/?lang=xx&type=huge&days=abc&district=%FF", [.cookie: "hb_lang=<b>;;="])
            #expect(nonsense.status == .ok)
            #expect(nonsense.text.contains("<html lang=\"zh-CN\">"))
        }
    }

    @Test("boundaries that are no GeoJSON are refused when the portal is made")
    func boundaries() async throws {
        let store = try memoryStore()
        #expect(throws: PortalError.self) { try Portal(store: store, boundaries: Array("{}".utf8)) }
        #expect(throws: PortalError.self) { try Portal(store: store, boundaries: Array("<kml/>".utf8)) }
        await store.close()
    }
}
