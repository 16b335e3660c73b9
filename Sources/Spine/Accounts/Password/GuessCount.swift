/// How much of a password is to be guessed: it is laid out with what everyone guesses first, each piece counting as one
/// character, so that the whole counts as little as possible.
struct GuessCount {
    /// The least count.
    private(set) var count: Int
    /// The kind of the longest piece that such a layout has; nil when it has none.
    private(set) var longest: PasswordFault?

    init(_ text: String, common: CommonPasswords, personal: [String], platform: [String]) {
        let letters = Array(LoginName.folded(text))
        let pieces = Self.pieces(letters, common: common, personal: Set(personal), platform: Set(platform))
        // best[n]: the cheapest layout of the first n letters, and the longest piece in it.
        var best: [(count: Int, piece: (length: Int, kind: PasswordFault)?)] = [(0, nil)]
        for end in stride(from: 1, through: letters.count, by: 1) {
            var cheapest = best[end - 1]
            cheapest.count += 1
            for piece in pieces[end] where best[piece.start].count + 1 <= cheapest.count {
                let length = end - piece.start
                let before = best[piece.start]
                cheapest.count = before.count + 1
                cheapest.piece = (before.piece?.length ?? 0) >= length ? before.piece : (length, piece.kind)
            }
            best.append(cheapest)
        }
        count = best[letters.count].count
        longest = best[letters.count].piece?.kind
    }

    private typealias Piece = (start: Int, kind: PasswordFault)

    /// The pieces that end at each place.
    private static func pieces(
        _ letters: [Character], common: CommonPasswords, personal: Set<String>, platform: Set<String>
    ) -> [[Piece]] {
        let plain = letters.map { Self.plain[$0] ?? $0 }
        let longest = max(
            dateLengthMax, common.longest, personal.map(\.count).max() ?? 0, platform.map(\.count).max() ?? 0)
        return (0...letters.count).map { end in
            var found = [runStart(letters, end), keyboardStart(letters, end)].compactMap { $0 }
                .map { (start: $0, kind: PasswordFault.pattern) }
            if let start = repetitionStart(letters, end) { found.append((start, .pattern)) }
            for start in stride(from: end - 2, through: max(0, end - longest), by: -1) {
                let word = String(letters[start..<end])
                let spelled = String(plain[start..<end])
                if isNumber(word) { found.append((start, .pattern)) }
                // Two Han characters are a name; two Latin letters are nothing.
                guard end - start > 2 || word.utf8.count > 4 else { continue }
                // Of two that cover the same letters the later one is told.
                if common.stems.contains(word) || common.stems.contains(spelled) { found.append((start, .common)) }
                if platform.contains(word) || platform.contains(spelled) { found.append((start, .platform)) }
                if personal.contains(word) || personal.contains(spelled) { found.append((start, .personal)) }
            }
            return found
        }
    }

    /// What people write for a letter.
    private static let plain: [Character: Character] = [
        "@": "a", "4": "a", "3": "e", "0": "o", "1": "i", "!": "i", "$": "s", "5": "s", "7": "t",
    ]

    /// The start of the longest run such as `3456`, `dcba` or `aaaa` of at least three letters that ends at a place.
    private static func runStart(_ letters: [Character], _ end: Int) -> Int? {
        guard end >= 3, let last = letters[end - 1].unicodeScalars.first?.value,
            let before = letters[end - 2].unicodeScalars.first?.value
        else { return nil }
        let step = Int(last) - Int(before)
        guard (-1...1).contains(step) else { return nil }
        var start = end - 2
        while start > 0, let here = letters[start].unicodeScalars.first?.value,
            let previous = letters[start - 1].unicodeScalars.first?.value, Int(here) - Int(previous) == step
        {
            start -= 1
        }
        return end - start >= 3 ? start : nil
    }

    /// Neighbours on the keyboard, along the rows and down the columns, both ways.
    private static let walks: [[Character]] = {
        let rows = [
            "`1234567890-=", "~!@#$%^&*()_+", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./",
            "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
            "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qaz", "wsx", "edc", "rfv", "tgb", "yhn", "ujm",
            "!qaz@wsx#edc",
            "147258369", "159753", "789456123", "741852963", "qawsedrftgyhujikolp", "azsxdcfvgbhnjmk",
        ]
        return rows.flatMap { [Array($0), Array($0.reversed())] }
    }()

    /// The start of the longest walk of at least three keys that ends at a place.
    private static func keyboardStart(_ letters: [Character], _ end: Int) -> Int? {
        guard end >= 3 else { return nil }
        var longest = 0
        for walk in walks {
            for place in walk.indices where walk[place] == letters[end - 1] {
                var length = 0
                while length < end, length <= place, walk[place - length] == letters[end - 1 - length] { length += 1 }
                longest = max(longest, length)
            }
        }
        return longest >= 3 ? end - longest : nil
    }

    /// The start of the longest stretch that only repeats what stands before it.
    private static func repetitionStart(_ letters: [Character], _ end: Int) -> Int? {
        var longest = 0
        for period in 1...max(1, end / 2) where end >= 2 * period {
            var length = 0
            while length + period < end, letters[end - 1 - length] == letters[end - 1 - length - period] { length += 1 }
            if length >= period, length >= 2 { longest = max(longest, length) }
        }
        return longest > 0 ? end - longest : nil
    }

    /// The longest date that is looked for: `1985年04月12日`.
    private static let dateLengthMax = 11

    /// A year, a date (year, month and day in the usual orders, with or without what stands between) or a mobile number.
    private static func isNumber(_ word: String) -> Bool {
        let bare = word.filter { !"-./年月日".contains($0) }
        let digits = bare.utf8.compactMap { (0x30...0x39).contains($0) ? Int($0) - 0x30 : nil }
        guard digits.count == bare.utf8.count, word.first?.isNumber == true else { return false }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        func isDay(_ month: Int, _ day: Int) -> Bool { (1...12).contains(month) && (1...31).contains(day) }
        switch digits.count {
        case 4: return (1900...2099).contains(number(0..<4)) || isDay(number(0..<2), number(2..<4))
        case 6:
            return isDay(number(2..<4), number(4..<6)) || isDay(number(0..<2), number(2..<4))
                || isDay(number(2..<4), number(0..<2))
        case 8:
            let isYearFirst = (1900...2099).contains(number(0..<4)) && isDay(number(4..<6), number(6..<8))
            let isYearLast = (1900...2099).contains(number(4..<8))
            return isYearFirst
                || isYearLast && (isDay(number(0..<2), number(2..<4)) || isDay(number(2..<4), number(0..<2)))
        case 11: return digits[0] == 1 && digits[1] >= 3
        default: return false
        }
    }
}
