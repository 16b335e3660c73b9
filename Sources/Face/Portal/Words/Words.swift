import Calendar

/// The words of one language: texts with their places filled, numbers, dates and ages as people say them.
struct Words: Sendable {
    let language: Language
    /// The texts by key, as templates read them.
    let table: [String: String]
    let faults: FaultTexts?

    init(_ catalogue: TextCatalogue, _ language: Language) {
        self.language = language
        table = catalogue.table(language)
        faults = catalogue.faults(language)
    }

    /// The text of a key; the key itself in brackets when it is missing, so that nobody overlooks it.
    subscript(_ key: String) -> String { table[key] ?? "⟦\(key)⟧" }

    /// A text with its places filled.
    func text(_ key: String, _ places: [String: String]) -> String {
        var rest = Substring(self[key])
        var result = ""
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            result += places[name] ?? "{\(name)}"
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// A text about a number, in the singular where the language has one; the number fills `{n}`.
    func counted(_ key: String, _ count: Int, _ places: [String: String] = [:]) -> String {
        let chosen = count == 1 && table[key + "_one"] != nil ? key + "_one" : key
        return text(chosen, places.merging(["n": number(count)]) { kept, _ in kept })
    }

    /// An integer with its thousands apart: `12,345`.
    func number(_ value: Int) -> String {
        let digits = Array(String(abs(value)))
        var result = value < 0 ? "−" : ""
        for (offset, digit) in digits.enumerated() {
            if offset > 0, (digits.count - offset) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// A number, or that it is not shown.
    func number(_ value: Int?) -> String { value.map { number($0) } ?? self["countHidden"] }

    /// A text about a number, or about one that is not shown.
    func shown(_ key: String, _ count: Int?, _ places: [String: String] = [:]) -> String {
        count.map { counted(key, $0, places) } ?? text(key, places.merging(["n": self["countHidden"]]) { $1 })
    }

    /// A difference with its sign: `+12`, `−3`, `±0`.
    func difference(_ value: Int) -> String {
        value == 0 ? "±0" : (value > 0 ? "+" : "") + number(value)
    }

    /// The change from one number to another in whole percent: `+10%`; nil from less than ten, where a percentage
    /// would say more than is known.
    func percentChange(from before: Int, to now: Int) -> String? {
        guard before >= 10 else { return nil }
        let percent = (Double(now - before) / Double(before) * 100).rounded()
        return difference(Int(percent)) + "%"
    }
}
