import Accounts
import Foundation
import SQL
import Testing

@Suite struct AccountTests {
    @Test("an account comes back as it was made", arguments: TestDatabase.available)
    func roundTrip(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            var dated = clinician
            dated.validFrom = 10
            dated.validUntil = 20
            let roles = [resident, clinician, dated, RoleAssignment(.operator, duty: .audit)]
            let made = try await accounts.add(
                login: "李医生", displayName: "李 医生", assignments: roles, password: .chosen(goodPassword), locale: "en")
            #expect(made.oneTimePassword == nil)
            let found = try place.open().account(login: "李医生")
            #expect(found == made.account)
            #expect(try accounts.account(id: found.id) == found)
            #expect(try accounts.accounts(person: "Practitioner/d1") == [found])
            #expect(found.assignments(at: 15).count == 4)
            #expect(found.assignments(at: 20).count == 3)
            #expect(throws: AccountsError.notFound) { try accounts.account(login: "nobody") }
        }
    }

    @Test("names and languages are checked", arguments: ["", " ", "a\nb", String(repeating: "a", count: 101)])
    func display(text: String) async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            let account = try await accounts.addPerson("known")
            for change in [(text, "en"), ("x", text), ("x", "中文"), ("x", "e n")] {
                let refused = await error { () async throws(AccountsError) in
                    try await accounts.setDisplay(name: change.0, locale: change.1, of: account.id)
                }
                guard case .invalid = refused else { throw refused ?? .notFound }
            }
            try await accounts.setDisplay(name: " 新名 ", locale: "en-GB", of: account.id)
            #expect(try accounts.account(id: account.id).displayName == "新名")
        }
    }

    @Test("a login name is one account's, in whatever form it is written", arguments: TestDatabase.available)
    func unique(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let (one, other) = (try place.open(), try place.open())
            let taken = await withTaskGroup(of: AccountsError?.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        await error { () async throws(AccountsError) in
                            try await (number % 2 == 0 ? one : other).add(
                                login: number < 4 ? "Ｗang.Fang" : "wang.FANG", displayName: "王芳",
                                assignments: [resident])
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(taken.filter { $0 == nil }.count == 1)
            #expect(taken.compactMap { $0 } == Array(repeating: .loginTaken, count: 7))
        }
    }

    @Test(
        "an assignment that breaks a rule is refused, with the field",
        arguments: [
            (RoleAssignment(.resident), "person"), (RoleAssignment(.resident, person: "Practitioner/1"), "person"),
            (RoleAssignment(.resident, person: "Patient/"), "person"),
            (RoleAssignment(.resident, person: "Patient/a b"), "person"),
            (RoleAssignment(.resident, person: "Patient/1", organization: "Organization/1"), "organization"),
            (RoleAssignment(.clinician, person: "Practitioner/1"), "practitionerRole"),
            (
                RoleAssignment(.manager, person: "Practitioner/1", practitionerRole: "PractitionerRole/1"),
                "organization"
            ),
            (
                RoleAssignment(
                    .epidemiologist, person: "Practitioner/1", practitionerRole: "PractitionerRole/1",
                    organization: "Organization/1"), "district"
            ),
            (RoleAssignment(.operator, district: "33010"), "district"),
            (RoleAssignment(.operator, level: .city, district: "330106"), "district"),
            (RoleAssignment(.resident, duty: .audit, person: "Patient/1"), "duty"),
            (RoleAssignment(.operator, validFrom: 5, validUntil: 5), "validUntil"),
        ])
    func wrongAssignment(assignment: RoleAssignment, field: String) {
        do {
            try assignment.check()
            Issue.record("was taken")
        } catch {
            guard case .invalid(field, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("one account has one of the three administrators' duties")
    func duties() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            let roles = [RoleAssignment(.operator, duty: .system), RoleAssignment(.operator, duty: .audit)]
            let refused = await error { () async throws(AccountsError) in
                try await accounts.add(login: "root-user", displayName: "x", assignments: roles)
            }
            guard case .invalid("duty", _) = refused else { throw refused ?? .notFound }
        }
    }

    @Test("accounts are listed page by page in the order of their names", arguments: TestDatabase.available)
    func list(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let logins = ["张三", "b2", "a1", "13800138000", "é1"]
            for login in logins {
                _ = try await accounts.add(
                    login: login, displayName: "x", assignments: [resident], password: .none)
            }
            var (found, last) = ([String](), LoginName?.none)
            while true {
                let page = try accounts.accounts(after: last, limit: 2)
                if page.isEmpty { break }
                found += page.map(\.login.description)
                last = page.last?.login
            }
            #expect(found == logins.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }

    @Test("accounts are found by a part of login or name, letters taken as they are", arguments: TestDatabase.available)
    func matching(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            for (login, name) in [("anna_1", "Anna Berg"), ("annab1", "李雷"), ("zed", "Zed 100%")] {
                _ = try await accounts.add(
                    login: login, displayName: name, assignments: [], password: .chosen(goodPassword))
            }
            func found(_ text: String) throws -> [String] {
                try accounts.accounts(matching: text).map(\.login.description)
            }
            #expect(try found("") == ["anna_1", "annab1", "zed"])
            #expect(try found("ANNA") == ["anna_1", "annab1"])
            #expect(try found("a_1") == ["anna_1"])
            #expect(try found("雷") == ["annab1"])
            #expect(try found("berg") == ["anna_1"])
            #expect(try found("%") == ["zed"])
            #expect(try found("\\").isEmpty)
            #expect(
                try accounts.accounts(matching: "anna", after: LoginName("anna_1"), limit: 1).map(\.login.description)
                    == ["annab1"])
        }
    }

    @Test("an empty server makes one operator, however many servers start", arguments: TestDatabase.available)
    func firstOperator(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let servers = [try place.open(), try place.open()]
            let made = try await withThrowingTaskGroup(of: NewAccount?.self) { group in
                for server in servers { group.addTask { try await server.makeFirstOperator() } }
                return try await group.reduce(into: [NewAccount]()) { if let new = $1 { $0.append(new) } }
            }
            #expect(made.count == 1)
            let password = try #require(made.first?.oneTimePassword)
            #expect(password.count == 24)
            #expect(try await servers[0].makeFirstOperator() == nil)
            let session = try await servers[1].signIn("operator", password)
            #expect(session.signedIn.session.stage == .newPassword)
            #expect(try await servers[0].session(token: session.token) == nil)
            let changed = try await servers[1].changePassword(
                current: password, new: goodPassword, token: session.token, request: here)
            #expect(changed.signedIn.session.stage == .full)
            #expect(
                await error { () async throws(AccountsError) in try await servers[0].signIn("operator", password) }
                    != nil)
            place.advance(seconds: 5)
            #expect(try await servers[0].signIn("operator").signedIn.account.assignments == [RoleAssignment(.operator)])
        }
    }

    @Test("the tables belong to one server key")
    func otherKey() async throws {
        try await withPlace(.sqlite) { place in
            _ = try place.open()
            do {
                _ = try Accounts(
                    database: place.database(), key: ServerKey(Array(1..<33)),
                    options: AccountsOptions(now: { 0 }))
                Issue.record("was opened")
            } catch AccountsError.key {}
        }
    }

    @Test("a key file is made once for its owner alone, and refused when others may read it")
    func keyFile() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(throws: AccountsError.self) { try ServerKey(file: file, creating: false) }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { #expect(throws: Never.self) { try ServerKey(file: file) } } }
        }
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.count == 65)
        for wrong in [0o640, 0o604, 0o620] {
            try FileManager.default.setAttributes([.posixPermissions: wrong], ofItemAtPath: file)
            #expect(throws: AccountsError.self) { try ServerKey(file: file) }
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        try "not a key".write(toFile: file, atomically: false, encoding: .utf8)
        #expect(throws: AccountsError.self) { try ServerKey(file: file) }
    }

    @Test("no table holds a password, a code, a token or the name of an attempt", arguments: TestDatabase.available)
    func secretsAtRest(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("zhangsan")
            let session = try await accounts.signIn("zhangsan")
            _ = await error { () async throws(AccountsError) in try await accounts.signIn("secretname") }
            let enrolment = try await accounts.beginEnrolment(token: session.token)
            let totp = TOTP(secret: base32(enrolment.secret))
            let enrolled = try await accounts.confirmEnrolment(
                totp.code(step: totp.step(at: place.now)), token: session.token, request: here)
            let database = try place.database()
            let secrets: [[UInt8]] =
                [
                    Array(goodPassword.utf8), Array("secretname".utf8), totp.secret, Array(session.token.utf8),
                    Array(enrolled.session.token.utf8), Array(enrolment.secret.utf8),
                ] + enrolled.recoveryCodes.flatMap { [Array($0.utf8), base32($0.filter { $0 != "-" })] }
                + [Base64URL.decode(enrolled.session.token) ?? []]
            let columns = [
                "account": "login, name, password, totp, totp_form, pending", "account_role": "role, person",
                "account_password": "password", "account_recovery": "digest", "account_attempt": "subject",
                "account_session": "digest, id, device, address", "account_setting": "name, value",
            ]
            for (table, names) in columns {
                let width = names.split(separator: ",").count
                let fields = try database.read { db in
                    try db.query("SELECT \(names) FROM \(table)") { row in
                        (0..<width).flatMap { [row.blob($0), Array(row.text($0).utf8)] }
                    }.flatMap { $0 }
                }
                #expect(!fields.isEmpty || table == "account_password")
                for secret in secrets {
                    #expect(!fields.contains { Data($0).range(of: Data(secret)) != nil }, "\(table)")
                }
            }
        }
    }
}
