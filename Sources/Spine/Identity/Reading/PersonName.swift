/// A name as it was written, brought into the form in which names are compared.
struct PersonName: Sendable {
    enum Form: UInt8, Sendable {
        /// Nothing, or words that say that nobody knows (无名氏, 不详).
        case none
        /// Han characters; parts in letters stand for a character that could not be written (王Yi).
        case han
        /// Letters; the words in alphabetical order, because sources disagree which is the surname.
        case latin
    }

    var form: Form = .none
    /// Characters in simplified form; 0 where one could not be written (`?`, 〇). Letters and blanks of a Latin name.
    var characters: [UInt32] = []
    /// The number of the reading of each character; empty for Latin names.
    var sounds: [UInt16] = []
    /// How many characters at the beginning are the mother's name, if the rest only says "her child" (之子, 之女, 双大).
    var motherLength = 0
    /// Whether the name may also be a real one (陈丽子), so that the dates must decide.
    var isPerhapsReal = false
    /// Which of twins: 1 the elder, 2 the younger, 0 not said.
    var birthOrder: UInt8 = 0

    init(_ folded: [UInt32]) {
        var text = folded[...]
        if let bracket = text.dropFirst().firstIndex(of: 0x28) { text = text[..<bracket] }
        guard let first = text.first else { return }
        if Hanzi.isHan(first) || first == 0x3F {
            readHan(text)
        } else {
            readLatin(text)
        }
    }

    /// A name whose surname and given name came apart.
    init(surname: [UInt32], given: [UInt32]) {
        let isHan = surname.first.map(Hanzi.isHan) ?? given.first.map(Hanzi.isHan) ?? false
        self.init(isHan ? surname + given : given + [0x20] + surname)
    }

    private init(form: Form, characters: [UInt32], sounds: [UInt16]) {
        self.form = form
        self.characters = characters
        self.sounds = sounds
    }

    /// The name of the mother that a newborn's record is called by.
    var mother: PersonName {
        PersonName(
            form: motherLength > 1 ? .han : .none, characters: Array(characters.prefix(motherLength)),
            sounds: Array(sounds.prefix(motherLength)))
    }

    private static let child: Set<UInt32> = Set("子女婴儿孩男双大小长次胎1234ab".unicodeScalars.map(\.value))
    private static let words: Set<UInt32> = Set("子女婴儿双".unicodeScalars.map(\.value))
    private static let elder: Set<UInt32> = Set("大长1a".unicodeScalars.map(\.value))
    private static let younger: Set<UInt32> = Set("小次2b".unicodeScalars.map(\.value))
    private static let of: UInt32 = 0x4E4B
    private static let nobody: [[UInt32]] = ["无名", "不详", "未知", "无姓名", "不明"].map { $0.unicodeScalars.map(\.value) }

    private mutating func readHan(_ text: ArraySlice<UInt32>) {
        if Self.nobody.contains(where: { text.starts(with: $0) }) || text.count == 1 { return }
        var text = text
        if let dash = text.firstIndex(of: 0x2D) { text = text[..<dash] }
        let suffix = readChildSuffix(Array(text))
        while let last = text.last, (0x30...0x39).contains(last) || last == 0x2A || last == 0x2E || last == 0x20 {
            text.removeLast()
        }
        form = .han
        var letters = ""
        let hanzi = Hanzi.shared
        func endWord(_ characters: inout [UInt32], _ sounds: inout [UInt16]) {
            guard !letters.isEmpty else { return }
            characters.append(0x8000_0000 | UInt32(truncatingIfNeeded: Hash.of(letters.utf8)))
            sounds.append(hanzi.reading(spelled: letters))
            letters = ""
        }
        for scalar in text {
            if let letter = Unicode.Scalar(scalar), (0x61...0x7A).contains(scalar) {
                letters.unicodeScalars.append(letter)
                continue
            }
            endWord(&characters, &sounds)
            if Hanzi.isHan(scalar) {
                let simple = hanzi.simplified(scalar)
                characters.append(simple)
                sounds.append(hanzi.reading(of: simple))
            } else if scalar == 0x3F || scalar == 0x3007 || scalar == 0xFFFD {
                characters.append(0)
                sounds.append(0)
            }
        }
        endWord(&characters, &sounds)
        if suffix > 0 { motherLength = max(0, characters.count - suffix) }
    }

    /// The number of Han characters at the end that say "her child"; 0 for a name.
    private mutating func readChildSuffix(_ text: [UInt32]) -> Int {
        let characters = text.filter { Hanzi.isHan($0) || (0x30...0x39).contains($0) || $0 == 0x61 || $0 == 0x62 }
        var start = characters.count
        while start > 1, Self.child.contains(characters[start - 1]) { start -= 1 }
        let tail = characters[start...]
        let saysOf = start >= 2 && characters[start - 1] == Self.of
        guard saysOf ? !tail.isEmpty : tail.contains(where: Self.words.contains) else { return 0 }
        isPerhapsReal = !saysOf && !(tail.contains(0x53CC) && tail.count >= 2)
        if isPerhapsReal {
            // Of 陈丽子 only the last word can be the suffix.
            let count = tail.last.map { (0x30...0x39).contains($0) } == true ? 2 : 1
            guard characters.count > count + 1, Self.words.contains(characters[characters.count - count]) else {
                isPerhapsReal = false
                return 0
            }
            start = characters.count - count
        }
        if let last = characters.last {
            birthOrder = Self.elder.contains(last) ? 1 : Self.younger.contains(last) ? 2 : 0
        }
        return characters[start...].count(where: Hanzi.isHan) + (saysOf ? 1 : 0)
    }

    private mutating func readLatin(_ text: ArraySlice<UInt32>) {
        let words = text.split { !(0x61...0x7A).contains($0) && $0 < 0xC0 && $0 != 0x27 }
            .map { $0.filter { $0 != 0x27 } }.filter { !$0.isEmpty }
        guard words.contains(where: { $0.count > 1 }) else { return }
        form = .latin
        characters = Array(words.sorted { $0.lexicographicallyPrecedes($1) }.joined(separator: [0x20]))
    }

    /// Depends on the letters of the reading alone, not on their order: the order and spacing of foreign names, and a
    /// Chinese name in pinyin, fall together. 0 if a character has no reading.
    var soundHash: UInt64 {
        switch form {
        case .none: return 0
        case .latin:
            return characters.reduce(0) { $1 == 0x20 ? $0 : $0 &+ Hash.mixed(UInt64($1)) }
        case .han:
            var sum: UInt64 = 0
            for sound in sounds {
                if sound == 0 { return Hash.of(characters) }
                sum = Hanzi.shared.readings[Int(sound)].utf8.reduce(sum) { $0 &+ Hash.mixed(UInt64($1)) }
            }
            return sum
        }
    }
}

/// All names of a roster, each held once.
struct Names: Sendable {
    private var numbering = Numbering()
    private var starts: [Int32] = [0]
    private var characters: [UInt32] = []
    private var sounds: [UInt16] = []
    private(set) var forms: [PersonName.Form] = []
    private(set) var soundHashes: [UInt64] = []
    private var surnameLengths: [UInt8] = []

    var count: Int { forms.count }

    /// The number of the name, or -1 if there is none.
    mutating func number(of name: PersonName) -> Int32 {
        guard name.form != .none, !name.characters.isEmpty else { return -1 }
        let (number, isNew) = numbering.number(of: Hash.combined(Hash.of(name.characters), UInt64(name.form.rawValue)))
        if isNew {
            characters += name.characters
            sounds += name.form == .han ? name.sounds : [UInt16](repeating: 0, count: name.characters.count)
            starts.append(Int32(characters.count))
            forms.append(name.form)
            soundHashes.append(name.soundHash)
            surnameLengths.append(UInt8(Surnames.length(name.characters)))
        }
        return number
    }

    /// Depends on the name alone, not on its number.
    func hash(of name: Int32) -> UInt64 { numbering.keys[Int(name)] }

    func characters(of name: Int32) -> ArraySlice<UInt32> {
        characters[Int(starts[Int(name)])..<Int(starts[Int(name) + 1])]
    }

    /// The reading of the first character, for keys; letters of Latin names stand for themselves.
    func firstSound(of name: Int32) -> UInt64 {
        let start = Int(starts[Int(name)])
        return sounds[start] > 0 ? UInt64(sounds[start]) : UInt64(characters[start]) + 0x1_0000
    }

    /// The readings after the surname, for keys; 0 if there are none or one is unknown.
    func givenSound(of name: Int32) -> UInt64 {
        guard forms[Int(name)] == .han else { return 0 }
        let range = (Int(starts[Int(name)]) + Int(surnameLengths[Int(name)]))..<Int(starts[Int(name) + 1])
        guard !range.isEmpty, !sounds[range].contains(0) else { return 0 }
        return Hash.of(sounds[range])
    }

    enum Agreement: UInt64 {
        case notComparable = 0
        case same
        /// The same readings (同音字), the same letters, or only characters that could not be written differ.
        case sameSound
        /// One character of three or more differs or is missing.
        case nearlySame
        case sameGiven
        case sameSurname
        case different
    }

    func agreement(_ a: Int32, _ b: Int32) -> Agreement {
        if a < 0 || b < 0 { return .notComparable }
        if a == b { return .same }
        let (formA, formB) = (forms[Int(a)], forms[Int(b)])
        if soundHashes[Int(a)] == soundHashes[Int(b)] { return .sameSound }
        if formA != formB { return .notComparable }
        return formA == .han ? hanAgreement(Int(a), Int(b)) : latinAgreement(a, b)
    }

    private func hanAgreement(_ a: Int, _ b: Int) -> Agreement {
        let (startA, startB) = (Int(starts[a]), Int(starts[b]))
        let (countA, countB) = (Int(starts[a + 1]) - startA, Int(starts[b + 1]) - startB)
        func isSame(_ i: Int, _ j: Int) -> Bool {
            let (x, y) = (startA + i, startB + j)
            return characters[x] == characters[y] || (sounds[x] > 0 && sounds[x] == sounds[y]) || characters[x] == 0
                || characters[y] == 0
        }
        let surname = Int(min(surnameLengths[a], surnameLengths[b]))
        let sameSurname = (0..<min(surname, countA, countB)).allSatisfy { isSame($0, $0) }
        guard countA == countB else {
            // One character lost, or a long name cut off.
            let (short, long) = (min(countA, countB), max(countA, countB))
            var at = 0
            for other in 0..<long where at < short {
                if countA < countB ? isSame(at, other) : isSame(other, at) { at += 1 }
            }
            if at == short, short >= 2, long - short == 1 || short >= 4, sameSurname { return .nearlySame }
            return sameSurname ? .sameSurname : .different
        }
        var differences = 0
        var last = 0
        for at in 0..<countA where !isSame(at, at) {
            differences += 1
            last = at
        }
        if differences == 0 { return .sameSound }
        if differences == 1, countA >= 3 { return last >= surname ? .nearlySame : .sameGiven }
        return sameSurname ? .sameSurname : .different
    }

    private func latinAgreement(_ a: Int32, _ b: Int32) -> Agreement {
        let (x, y) = (characters(of: a), characters(of: b))
        if JaroWinkler.similarity(x.filter { $0 != 0x20 }, y.filter { $0 != 0x20 }) >= 0.92 { return .nearlySame }
        let words = Set(x.split(separator: 0x20))
        return y.split(separator: 0x20).contains { $0.count > 2 && words.contains($0) } ? .sameGiven : .different
    }
}

/// Similarity of short texts after Jaro and Winkler (W. E. Winkler, 1990, "String comparator metrics and enhanced
/// decision rules in the Fellegi–Sunter model of record linkage").
enum JaroWinkler {
    /// From 0 (nothing in common) to 1 (equal); a common beginning of up to four places counts more.
    static func similarity<Place: Equatable>(_ a: [Place], _ b: [Place]) -> Double {
        if a.isEmpty || b.isEmpty { return 0 }
        let reach = max(0, max(a.count, b.count) / 2 - 1)
        var takenA = [Bool](repeating: false, count: a.count)
        var takenB = [Bool](repeating: false, count: b.count)
        var matches = 0
        for i in a.indices {
            for j in max(0, i - reach)..<max(max(0, i - reach), min(b.count, i + reach + 1))
            where !takenB[j] && a[i] == b[j] {
                takenA[i] = true
                takenB[j] = true
                matches += 1
                break
            }
        }
        if matches == 0 { return 0 }
        var swaps = 0
        var j = 0
        for i in a.indices where takenA[i] {
            while !takenB[j] { j += 1 }
            if a[i] != b[j] { swaps += 1 }
            j += 1
        }
        let m = Double(matches)
        let jaro = (m / Double(a.count) + m / Double(b.count) + (m - Double(swaps) / 2) / m) / 3
        let prefix = zip(a, b).prefix(4).prefix { $0 == $1 }.count
        return jaro + Double(prefix) * 0.1 * (1 - jaro)
    }
}
