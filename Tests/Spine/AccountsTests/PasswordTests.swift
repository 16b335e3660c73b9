import Accounts
import ChildPrograms
import Foundation
import SQL
import Testing

@Suite struct PasswordTests {
    private static func accounts(_ change: (inout AccountsOptions) -> Void = { _ in }) throws -> Accounts {
        var options = AccountsOptions(now: { 0 })
        options.argon2 = TestPlace.quick
        change(&options)
        return try Accounts(
            database: SQLiteDatabase(path: nil), key: ServerKey(Array(0..<32)), options: options)
    }

    private static let words = ["zhangsan", "Zhang San", "13712345678", "33010619850412002X", "欧阳小明"]

    @Test(
        "guesses that come first are refused",
        arguments: [
            ("password1", PasswordFault.common), ("Password123!", .common), ("P@ssw0rd2026", .common),
            ("woaini1314", .common), ("WoAiNi5201314", .common), ("5201314520", .common), ("iloveyou520", .common),
            ("wang123456", .common), ("admin888888", .common), ("密码123456", .common),
            ("qwertyuiop", .common), ("homelesspa", .common), ("zag12wsx", .common), ("1qaz@WSX3edc", .pattern),
            ("abcdefghijkl", .pattern), ("zyxwvutsr", .pattern),
            ("aaaaaaaaaaaa", .pattern), ("xkzxkzxkzxkz", .pattern), ("19850412", .pattern), ("13987654321", .pattern),
            ("2026-01-01", .pattern), ("zhangsan!", .personal), ("SanZhang99", .personal), ("zhangsan1985", .personal),
            ("19850412zs", .personal), ("12345678a", .common), ("33010619850412002X", .personal),
            ("欧阳小明1234", .personal), ("healthbrain1", .platform), ("健康大脑2026", .platform),
            ("HealthBrain@2026", .platform), ("jiankangdanao1", .platform),
        ])
    func weak(password: String, fault: PasswordFault) throws {
        let faults = try Self.accounts().faults(of: password, words: Self.words)
        #expect(faults.count == 1)
        // A piece can be of two kinds; which is told matters less than that it is told.
        let kinds: [PasswordFault] = [.common, .pattern, .personal, .platform]
        #expect(faults.first.map { kinds.contains($0) } == true, "\(faults)")
        if fault == .personal || fault == .platform { #expect(faults == [fault]) }
    }

    @Test(
        "what has to be guessed is taken, whatever its characters",
        arguments: [
            goodPassword, otherPassword, "correct horse battery staple", "vtmqpkzw", "48613907", "白日依山尽黄河入海流",
            "🦊🐳🌵🍋🚲🎻🧭🪁", "Tr0ub4dor&3x", "dragonfly over quiet water", String(repeating: "长aXq7", count: 3) + "kwz",
        ])
    func strong(password: String) throws {
        #expect(try Self.accounts().faults(of: password, words: Self.words) == [])
    }

    @Test("counts the characters of the composed form")
    func length() throws {
        let accounts = try Self.accounts()
        // Eight letters in fourteen code points until they are composed.
        #expect(accounts.faults(of: "e\u{301}o\u{308}a\u{30A}n\u{303}u\u{308}i\u{302}xq", words: []) == [])
        #expect(accounts.faults(of: "kvzqmxt", words: []) == [.tooShort(8)])
        let long = String((0..<128).map { Character(Unicode.Scalar(UInt8(33 + $0 * 37 % 90))) })
        #expect(accounts.faults(of: long, words: []) == [])
        #expect(accounts.faults(of: long + "k", words: []) == [.tooLong(128)])
        #expect(accounts.faults(of: String(repeating: "a", count: 1_000_000), words: []) == [.tooLong(128)])
    }

    @Test("asks for kinds of characters only where the policy does")
    func kinds() throws {
        let strict = try Self.accounts { $0.passwords = .classifiedProtectionLevel3 }
        #expect(strict.faults(of: "vtmqpkzwhd", words: []) == [.tooFewKinds(3)])
        #expect(strict.faults(of: "vtmqPkzwhd7", words: []) == [])
    }

    @Test("a list of breached passwords of either digest is searched", arguments: [false, true])
    func list(isLong: Bool) throws {
        let lines = try Self.digestLines(isLong)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        for separator in ["\n", ":12\r\n"] {
            try Data((lines.map { $0 + separator }.joined()).utf8).write(to: file)
            let found = try HashList(file: file.path)
            for number in 0..<500 { #expect(found.contains(Array("breached \(number)".utf8))) }
            for number in 0..<500 { #expect(!found.contains(Array("other \(number)".utf8))) }
        }
        let accounts = try Self.accounts { $0.breachList = file.path }
        #expect(accounts.faults(of: "breached 77", words: []) == [.breached])
    }

    /// Made by the system's own program, apart from the code under test.
    private static func digestLines(_ isLong: Bool) throws -> [String] {
        let tool = isLong ? "sha256sum" : "sha1sum"
        let script =
            "i=0; while [ $i -lt 500 ]; do printf 'breached %d' $i | \(tool); i=$((i+1)); done | cut -d' ' -f1"
        let run = try ChildProgram.run("/bin/sh", ["-c", script])
        return String(decoding: run.output, as: UTF8.self).uppercased().split(separator: "\n").map(String.init).sorted()
    }

    @Test("a file that is no sorted list of digests is refused, whatever is in it", arguments: 0..<40 as Range<UInt64>)
    func noList(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let letters = Array("0123456789ABCDEF\n:".utf8)
        let start = String(repeating: "A", count: 40) + "\n"
        let bytes = (0..<200).map { _ in letters.randomElement(using: &random) ?? 0 }
        try Data(Array((seed % 2 == 0 ? start : "").utf8) + bytes).write(to: file)
        // Whatever was taken for a list answers.
        if let list = try? HashList(file: file.path) {
            #expect(!list.contains(Array("vtmqpkzw".utf8)))
        }
        #expect(throws: AccountsError.self) { try HashList(file: file.path + ".absent") }
    }

    @Test("no more than so many are hashed or wait; the rest are told to come again")
    func bounded() async throws {
        let accounts = try Self.accounts {
            $0.hashingConcurrency = 1
            $0.hashingWaitingMax = 3
            $0.argon2 = Argon2Parameters(memoryKiB: 8_192, passes: 3, lanes: 1)
            $0.networkLockout.lockFrom = 1_000
            $0.networkLockout.backOffFrom = 1_000
        }
        let busy = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask {
                    await error { () async throws(AccountsError) in try await accounts.signIn("nobody\(number)") }
                        == .busy(retryAfterSeconds: 5)
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(busy > 0 && busy < 40)
    }
}
