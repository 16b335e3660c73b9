import Accounts
import Testing

@Suite struct LoginNameTests {
    @Test(
        "is the same name",
        arguments: [
            ("zhangsan", "ＺｈａｎｇＳａｎ"), ("zhangsan", " ZHANGSAN "), ("张三", "张三"), ("strasse", "Straße"),
            ("13800138000", "+86 138-0013-8000"), ("13800138000", "138 0013 8000"), ("13800138000", "１３８００１３８０００"),
            ("zhang.san@example.cn", "Zhang.San@Example.CN"), ("Ångström", "A\u{30A}ngstro\u{308}m"),
            ("阿卜杜拉·买买提", "阿卜杜拉·买买提"), ("ﬁve", "FIVE"),
        ])
    func same(one: String, other: String) throws {
        #expect(try LoginName(one) == LoginName(other))
    }

    @Test(
        "is no name",
        arguments: [
            "", "a", " ", "-a", "a-", "a b", "a\u{0}b", "a\nb", "a/b", "<b>", "a'b", "\u{202E}ab", "a\u{200B}b",
            String(repeating: "a", count: 65), String(repeating: "a", count: 100_000),
        ])
    func wrong(text: String) {
        #expect(throws: AccountsError.self) { try LoginName(text) }
    }

    @Test("reading what was read changes nothing, for every character")
    func idempotent() throws {
        for value in (0x20...0x2FFFF) as ClosedRange<UInt32> {
            guard let scalar = Unicode.Scalar(value), let name = try? LoginName("a\(Character(scalar))b") else {
                continue
            }
            let again = try LoginName(name.description)
            #expect(again == name, "U+\(String(value, radix: 16))")
        }
    }
}
