import Calendar
import Foundation

/// A value of a `cases.json`.
enum Setting: Sendable, Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([Setting])
    case object([String: Setting])
    /// Neither of these, such as a number beyond all bounds.
    case unreadable

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([Setting].self) {
            self = .list(list)
        } else if let object = try? container.decode([String: Setting].self) {
            self = .object(object)
        } else {
            self = .unreadable
        }
    }
}

/// Settings by name, read with their types; what is absent, null or an empty object (R's NULL) takes the default.
struct Settings {
    let values: [String: Setting]

    subscript(name: String) -> Setting? {
        switch values[name] {
        case nil, .null: nil
        case .object(let object) where object.isEmpty: nil
        case .list(let list) where list.isEmpty: nil
        case .list(let list) where list.count == 1: list[0]
        case let value: value
        }
    }

    func number(_ name: String) throws(SurveillanceFault) -> Double? {
        switch self[name] {
        case nil: return nil
        case .number(let number): return number
        case .text(let text):
            if let number = Double(text), !number.isNaN { return number }
            throw SurveillanceFault(name, "is \"\(text)\", a number is expected")
        default: throw SurveillanceFault(name, "a number is expected")
        }
    }

    func integer(_ name: String) throws(SurveillanceFault) -> Int? {
        guard let number = try number(name) else { return nil }
        guard let integer = Int(exactly: number), abs(integer) <= 1_000_000_000 else {
            throw SurveillanceFault(name, "is \(number), a whole number of at most nine digits is expected")
        }
        return integer
    }

    /// A whole number within limits.
    func integer(_ name: String, _ limits: ClosedRange<Int>) throws(SurveillanceFault) -> Int? {
        guard let integer = try integer(name) else { return nil }
        guard limits.contains(integer) else {
            throw SurveillanceFault(
                name, "is \(integer), must be within \(limits.lowerBound) and \(limits.upperBound)")
        }
        return integer
    }

    /// A probability, neither 0 nor 1.
    func probability(_ name: String) throws(SurveillanceFault) -> Double? {
        guard let number = try number(name) else { return nil }
        guard number > 0, number < 1 else {
            throw SurveillanceFault(name, "is \(number), must be above 0 and below 1")
        }
        return number
    }

    /// A name that stands in a path: no folder, nothing hidden.
    func fileName(_ name: String) throws(SurveillanceFault) -> String {
        let text = try required(name, text(name))
        guard !text.isEmpty, !text.contains("/"), !text.hasPrefix(".") else {
            throw SurveillanceFault(
                name, "is \"\(text)\": it is to name a file, so it can't hold a slash or start with a point")
        }
        return text
    }

    /// Refuses a name that is not known but was likely meant for one that is: another case, an end left out, a letter or two.
    /// Names that resemble none (remarks, settings of other functions) are not looked at, as R doesn't.
    func refuseLikenesses(of known: Set<String>) throws(SurveillanceFault) {
        for name in values.keys.sorted() where !known.contains(name) {
            if let meant = known.sorted().first(where: { Self.isAlike(name, $0) }) {
                throw SurveillanceFault(name, "is not known; is \(meant) meant?")
            }
        }
    }

    private static func isAlike(_ name: String, _ known: String) -> Bool {
        let (name, known) = (Array(name.lowercased()), Array(known.lowercased()))
        if name == known { return true }
        guard name.count >= 5, known.count >= 5 else { return false }
        if known.starts(with: name) { return true }
        // Levenshtein's distance.
        var row = Array(0...known.count)
        for (i, letter) in name.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in known.indices {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (letter == known[j] ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[known.count] <= (known.count >= 8 ? 2 : 1)
    }

    func flag(_ name: String) throws(SurveillanceFault) -> Bool? {
        switch self[name] {
        case nil: return nil
        case .flag(let flag): return flag
        case .number(let number) where number == 0 || number == 1: return number == 1
        default: throw SurveillanceFault(name, "true or false is expected")
        }
    }

    func text(_ name: String) throws(SurveillanceFault) -> String? {
        switch self[name] {
        case nil: return nil
        case .text(let text): return text
        case .number(let number): return Table.text(number)
        default: throw SurveillanceFault(name, "a text is expected")
        }
    }

    func numbers(_ name: String) throws(SurveillanceFault) -> [Double]? {
        switch self[name] {
        case nil: return nil
        case .number(let number): return [number]
        case .list(let list):
            var numbers: [Double] = []
            for item in list {
                guard case .number(let number) = item else { throw SurveillanceFault(name, "numbers are expected") }
                numbers.append(number)
            }
            return numbers
        default: throw SurveillanceFault(name, "numbers are expected")
        }
    }

    func settings(_ name: String) throws(SurveillanceFault) -> Settings? {
        switch self[name] {
        case nil: return nil
        case .object(let object): return Settings(values: object)
        default: throw SurveillanceFault(name, "an object is expected")
        }
    }

    func required<Value>(_ name: String, _ value: Value?) throws(SurveillanceFault) -> Value {
        guard let value else { throw SurveillanceFault(name, "is missing") }
        return value
    }

    func choice<Choice: RawRepresentable>(_ name: String, _ type: Choice.Type) throws(SurveillanceFault) -> Choice?
    where Choice.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw SurveillanceFault(name, "is \"\(text)\", which is not known here")
        }
        return choice
    }

    func day(_ name: String) throws(SurveillanceFault) -> CivilDay? {
        guard let text = try text(name) else { return nil }
        guard let day = CivilDay(text) else {
            throw SurveillanceFault(name, "is \"\(text)\", a day such as 2026-11-20 is expected")
        }
        return day
    }
}
