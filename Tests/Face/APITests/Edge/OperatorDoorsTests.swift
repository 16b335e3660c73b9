import HTTPTypes
import JSON
import Records
import Testing

/// `/healthz`, `/readyz` and `/metrics`.
@Suite("operators' doors")
struct OperatorDoorsTests {
    @Test("says that the process is up and the store can be written")
    func health() async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/healthz").status == 200)
            let ready = try await door.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.text == "ready\n")
            #expect(try await door.get("/fhir/_history").json["total"]?.integer == 0)
        }
    }

    @Test("says so when the store is closed")
    func notReady() async throws {
        try await withDoor { door async throws in
            await door.store.close()
            #expect(try await door.get("/healthz").status == 200)
            #expect(try await door.get("/readyz").status == 503)
        }
    }

    @Test("counts requests by interaction and status class, resources by type, and the process")
    func metrics() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            _ = try await door.get("/fhir/Patient/1")
            _ = try await door.get("/fhir/Patient/2")
            let answer = try await door.get("/metrics")
            #expect(answer.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
            for line in [
                "healthbrain_http_request_duration_seconds_count{interaction=\"read\",status=\"2xx\"} 1",
                "healthbrain_http_request_duration_seconds_count{interaction=\"read\",status=\"4xx\"} 1",
                "healthbrain_http_request_duration_seconds_count{interaction=\"update\",status=\"2xx\"} 1",
                "healthbrain_write_duration_seconds_count 1",
                "healthbrain_resources{type=\"Patient\"} 1",
                "healthbrain_feed_sequence 1",
            ] {
                #expect(answer.text.contains(line + "\n"), "\(line)")
            }
            #expect(answer.text.contains("process_resident_memory_bytes "))
            #expect(answer.text.contains("healthbrain_database_bytes "))
        }
    }

    @Test("every sample has a family, and every line the form that Prometheus reads")
    func metricsForm() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let lines = try await door.get("/metrics").text.split(separator: "\n")
            let families = Set(
                lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) })
            for line in lines where !line.hasPrefix("#") {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                let family = ["_bucket", "_sum", "_count"].reduce(name) { name, ending in
                    let stem = name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
                    return families.contains(stem) ? stem : name
                }
                #expect(families.contains(family), "\(line)")
                #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
            }
        }
    }
}
