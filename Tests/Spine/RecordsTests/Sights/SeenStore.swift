import Access
import AuditLog
import FHIR
import JSON
import Records

/// A store that people look at by the rules.
func seenStore(path: String? = nil, clock: TestClock = TestClock()) throws -> RecordStore {
    var options = RecordStoreOptions(
        database: try TestStores.database(path), now: { clock.now }, validates: false)
    options.isSeenByRules = true
    let store = try RecordStore(options, definitions: try Definitions.r4())
    TestStores.keep(store)
    return store
}

extension RecordStore {
    /// The store as somebody sees it at the time of the tests' clock.
    func seen(_ subject: Subject, _ trace: AccessTrace = AccessTrace(.init())) throws -> SeenRecords {
        seen(by: try sight(of: subject, now: SightWorld.start), trace: trace)
    }

    /// How many events the audit log holds.
    func events() throws -> Int64 { try readSQL { db in try AuditTrail.state(in: db).size } }
}

extension Subject {
    static func clinician(_ organisation: String) -> Subject {
        Subject(
            account: "c", role: .clinician, references: ["Practitioner/c"], reach: .organisations([organisation]),
            purpose: .treatment)
    }

    static func program(_ organisation: String, _ scopes: String = "system/*.cruds") throws -> Subject {
        Subject(
            account: "s", role: .system, reach: .organisations([organisation]), purpose: .treatment,
            scopes: try Scopes(scopes, LabelReader(try Definitions.r4())))
    }

    static func resident(_ patient: String) -> Subject {
        Subject(account: "r", role: .resident, patient: patient, purpose: .patientRequest)
    }
}

func key(_ reference: String) -> ResourceKey { ResourceKey(reference: reference)! }

func observation(_ id: String, of patient: String, by organisation: String = "o0", code: String = "x") -> String {
    """
    {"resourceType":"Observation","id":"\(id)","status":"final","code":{"coding":[{"code":"\(code)"}]},\
    "subject":{"reference":"Patient/\(patient)"},"performer":[{"reference":"Organization/\(organisation)"}]}
    """
}

func encounter(_ id: String, of patient: String, at organisation: String) -> String {
    """
    {"resourceType":"Encounter","id":"\(id)","status":"in-progress","class":{"code":"AMB"},\
    "subject":{"reference":"Patient/\(patient)"},"serviceProvider":{"reference":"Organization/\(organisation)"}}
    """
}
