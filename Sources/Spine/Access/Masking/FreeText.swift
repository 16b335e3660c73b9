/// Finds in words what tells who somebody is: numbers of papers, phones, mail addresses, and names.
///
/// It finds what has a form, and the names it is told; a name in the middle of a sentence that nothing announces stays.
struct FreeText: Sendable {
    /// Names to be hidden wherever they stand: those of the resource's own persons.
    var names: Set<String> = []

    /// The text with all of them masked.
    func masked(_ text: String) -> String {
        var text = text
        for name in names.sorted(by: { $0.count > $1.count }) where name.count > 1 {
            text = text.replacing(name, with: PersonNames.masked(name))
        }
        return Self.maskedNames(Self.maskedRuns(text))
    }

    // MARK: - Numbers and mail addresses

    /// A run of letters, digits and what stands inside numbers and mail addresses.
    private static func maskedRuns(_ text: String) -> String {
        var result = ""
        var run = ""
        func isPart(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || "@._+-".contains(character))
        }
        for character in text {
            // Digits of full width count as digits.
            let plain = fullWidth(character)
            if isPart(plain) {
                run.append(plain)
            } else {
                result += maskedRun(run)
                run = ""
                result.append(character)
            }
        }
        return result + maskedRun(run)
    }

    private static func fullWidth(_ character: Character) -> Character {
        guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1,
            (0xFF10...0xFF19).contains(scalar.value), let digit = Unicode.Scalar(scalar.value - 0xFEE0)
        else { return character }
        return Character(digit)
    }

    private static func maskedRun(_ run: String) -> String {
        guard run.utf8.count >= 7 else { return run }
        if run.contains("@") { return ContactText.maskedMail(run) }
        let plain = run.filter { $0 != "-" && $0 != "." && $0 != "_" && $0 != "+" }
        let digits = plain.filter(\.isNumber).count
        let letters = plain.count - digits
        // Numbers of residents: 18 characters, the last perhaps an X, or 15 of the first generation.
        if plain.count == 18, digits >= 17, letters == 0 || plain.uppercased().hasSuffix("X") {
            return ContactText.maskedNumber(run)
        }
        if letters == 0, digits >= 15 { return ContactText.maskedNumber(run) }
        let unprefixed =
            plain.hasPrefix("0086") ? plain.dropFirst(4) : plain.hasPrefix("86") ? plain.dropFirst(2) : plain[...]
        if letters == 0, isMobile(plain[...]) || isMobile(unprefixed) { return ContactText.maskedPhone(run) }
        if letters == 0, plain.hasPrefix("0"), (10...12).contains(digits) { return ContactText.maskedPhone(run) }
        // Passports and travel permits: one or two letters and seven to ten digits.
        let head = plain.prefix { $0.isLetter }.count
        if (1...2).contains(head), letters == head, (7...10).contains(digits) { return ContactText.maskedNumber(run) }
        // Permanent residence cards: three letters and twelve digits.
        if head == 3, letters == 3, digits == 12 { return ContactText.maskedNumber(run) }
        return run
    }

    private static func isMobile(_ digits: Substring) -> Bool {
        digits.count == 11 && digits.first == "1" && digits.dropFirst().first.map { "3456789".contains($0) } == true
    }

    // MARK: - Names that a word announces

    private static let cues = ["姓名", "患者", "病人", "家属", "联系人", "监护人", "父亲", "母亲", "配偶", "患儿"]
    private static let surnames = Set(
        "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤俞章施应倪傅洪裘骆楼虞"
    )
    private static let closers = Set("，,。；;：:（(、）) \n\t男女")

    private static func maskedNames(_ text: String) -> String {
        var text = text
        for cue in cues {
            var from = text.startIndex
            while let range = text[from...].firstRange(of: cue) {
                let start = text[range.upperBound...].firstIndex { !" ：:为是".contains($0) } ?? text.endIndex
                let isAnnounced = start > range.upperBound
                let run = text[start...].prefix { PersonNames.isHan($0) || $0 == "·" }
                let name = nameAtStart(of: run, rest: text[start...], isAnnounced: isAnnounced)
                let offset = text.distance(from: text.startIndex, to: range.upperBound)
                if let name {
                    let end = text.index(start, offsetBy: name.count)
                    text.replaceSubrange(start..<end, with: PersonNames.masked(name))
                }
                from = text.index(text.startIndex, offsetBy: offset)
            }
        }
        return text
    }

    /// The name at the start of a run of Han characters: with a family name, two to four characters, then an end.
    private static func nameAtStart(of run: Substring, rest: Substring, isAnnounced: Bool) -> String? {
        if run.contains("·") { return run.count <= 20 ? String(run) : nil }
        let isCompound = PersonNames.compoundSurnames.contains(String(run.prefix(2)))
        guard isCompound || run.first.map(surnames.contains) == true else {
            return isAnnounced && (2...4).contains(run.count) ? String(run) : nil
        }
        for count in (isCompound ? [3, 4] : [3, 2]) where run.count >= count {
            let after = rest.dropFirst(count).first
            if after == nil || after.map(closers.contains) == true { return String(run.prefix(count)) }
        }
        return nil
    }
}
