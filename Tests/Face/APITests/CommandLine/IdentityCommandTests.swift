import FHIR
import Foundation
import HealthCode
import JSON
import Persons
import Records
import Testing

/// `healthbrain identity link` and `rescore`, and `healthbrain healthcode verify`.
@Suite("identity and healthcode", .serialized)
struct IdentityCommandTests {
    @Test("links the records of a file, the same ones each time")
    func links() async throws {
        let folder = try TemporaryFolder()
        let records = folder.file(
            "records.csv",
            """
            record_id,name,sex,birth_date,id_no,mobile
            r1,欧阳晚晴,2,1980-03-07,330106198003072525,13957112233
            r2,欧阳婉晴,2,1980-03-07,330106800307252,13957112233
            r3,王伟,1,1991-11-20,,13867452210
            """ + "\n")
        var outputs: [String] = []
        for name in ["one.csv", "two.csv"] {
            let out = folder.path + "/" + name
            let result = try await Program.run("identity", "link", records, "--out", out)
            #expect(result.code == 0, "\(result.errors)")
            #expect(result.output.contains("3 records, 2 persons") || result.errors.contains("3 records, 2 persons"))
            outputs.append(try String(contentsOfFile: out, encoding: .utf8))
        }
        #expect(outputs[0] == outputs[1])
        #expect(outputs[0].hasPrefix("record_id,person_id,certainty\nr1,p1,"))
        let absent = try await Program.run(
            "identity", "link", folder.path + "/none.csv", "--out", folder.path + "/o.csv")
        #expect(absent.code != 0 && absent.errors.contains("none.csv"))
    }

    @Test("learns from an index, and brings what is in doubt to the desk")
    func rescores() async throws {
        let folder = try TemporaryFolder()
        let server = try await RunningServer(data: folder.path)
        let patients = [("a", "欧阳晚晴"), ("b", "欧阳婉晴"), ("c", "王伟")].map { id, name in
            #"{"resourceType":"Patient","id":"\#(id)","name":[{"text":"\#(name)"}],"gender":"female","birthDate":"1980-03-07"}"#
        }
        let work = try TemporaryFolder()
        let file = work.file("patients.ndjson", patients.joined(separator: "\n") + "\n")
        let loaded = try await Program.run("load", file, "--server", server.fhir, "--data", work.path)
        #expect(loaded.code == 0, "\(loaded.errors)")
        #expect(await server.stop() == 0)
        let result = try await Program.run("identity", "rescore", "--data", folder.path)
        #expect(result.code == 0, "\(result.errors)")
        #expect((result.output + result.errors).contains("3 records, 0 decisions learned from"))
        let kept = try await Program.run("identity", "rescore", "--keep-parameters", "--data", folder.path)
        #expect(kept.code == 0, "\(kept.errors)")
        let nowhere = try await Program.run("identity", "rescore", "--data", folder.path + "/none")
        #expect(nowhere.code != 0)
    }

    @Test("verifies a health code without a network, and says what is wrong with one")
    func verifies() async throws {
        let folder = try TemporaryFolder()
        let now = WallClock.milliseconds()
        let codes = try testHealthCodes()
        let keys = folder.file("keys.json", String(decoding: codes.keySet(now: now), as: UTF8.self))
        let token = codes.issue(patient: "patient-0000000001", now: now).token
        let good = try await Program.run("healthcode", "verify", token, "--keys", keys)
        #expect(good.code == 0 && (good.output + good.errors).contains("good, made by"), "\(good.errors)")
        #expect(!good.output.contains("patient-0000000001"))
        let old = codes.issue(patient: "p1", now: now - 120_000).token
        for bad in [old, String(token.dropLast(4)) + "AAAA", "no code"] {
            let result = try await Program.run("healthcode", "verify", bad, "--keys", keys)
            #expect(result.code != 0 && !result.errors.isEmpty)
        }
        #expect(try await Program.run("healthcode", "verify", token, "--keys", folder.path + "/none").code != 0)
    }
}
