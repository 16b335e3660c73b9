/// Numbers, phones and addresses as a display may show them.
enum ContactText {
    /// A number of a paper or a card: the first and the last character stay.
    static func maskedNumber(_ number: String) -> String {
        guard number.count > 2, let first = number.first, let last = number.last else {
            return String(repeating: "*", count: max(number.count, 1))
        }
        return "\(first)\(String(repeating: "*", count: number.count - 2))\(last)"
    }

    /// An identifier's value, masked as a number. One that is a URI by its system (`urn:ietf:rfc:3986`) keeps its scheme,
    /// so that it stays one.
    static func maskedIdentifier(_ value: String, system: String?) -> String {
        guard system == "urn:ietf:rfc:3986", let colon = value.firstIndex(of: ":") else { return maskedNumber(value) }
        return value[...colon] + maskedNumber(String(value[value.index(after: colon)...]))
    }

    /// A phone or fax number: 138****1234; of shorter numbers the last digits.
    static func maskedPhone(_ phone: String) -> String {
        let digits = phone.filter(\.isWholeNumber).count
        // A country's code in front is no part of the eleven digits of a mobile number.
        let prefix = phone.hasPrefix("+86") ? 2 : phone.hasPrefix("0086") ? 4 : 0
        let own = digits - prefix
        let head = prefix + (own >= 11 ? 3 : own >= 10 ? 2 : 0)
        let tail = own >= 8 ? 4 : own >= 5 ? 2 : 0
        var seen = 0
        return String(
            phone.map { character in
                guard character.isWholeNumber else { return character }
                seen += 1
                return seen <= head || seen > digits - tail ? character : "*"
            })
    }

    /// A mail address: its first character and its domain.
    static func maskedMail(_ mail: String) -> String {
        guard let at = mail.lastIndex(of: "@"), let first = mail.first, at > mail.startIndex else { return "***" }
        return "\(first)***\(mail[at...])"
    }

    /// An address down to the street; nil when no part of it says so much and no more.
    static func maskedAddress(_ line: String) -> String? {
        for marks in [["街道", "镇", "乡", "苏木"], ["大道", "路", "街"], ["区", "县", "旗"], ["市"]] {
            let ends = marks.compactMap { line.firstRange(of: $0)?.upperBound }
            guard let end = ends.min() else { continue }
            return String(line[..<end])
        }
        return nil
    }
}
