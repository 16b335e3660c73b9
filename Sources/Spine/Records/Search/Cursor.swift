import Foundation

/// The place after which the next page begins: the last row's sort keys and its number.
struct Cursor: Equatable {
    var keys: [SortValue]
    var rid: Int64
    /// The newest place of the feed when the first page was made, and how many matched then; -1 for not counted.
    var walk: Walk?

    struct Walk: Equatable {
        var head: Int64
        var total: Int
    }

    /// As it stands in a link.
    var text: String {
        let parts = keys.map(\.text) + ["\(rid)" + (walk.map { "@\($0.head)@\($0.total)" } ?? "")]
        let encoded = Data(parts.joined(separator: "\u{1F}").utf8).base64EncodedData()
        let inLinks = encoded.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: inLinks, as: UTF8.self)
    }

    init(keys: [SortValue] = [], rid: Int64) {
        self.keys = keys
        self.rid = rid
    }

    init?(_ text: String) {
        var base = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while base.count % 4 != 0 { base += "=" }
        guard let data = Data(base64Encoded: base) else { return nil }
        let parts = String(decoding: data, as: UTF8.self).components(separatedBy: "\u{1F}")
        guard let numbers = parts.last?.split(separator: "@"), let rid = numbers.first.flatMap({ Int64($0) }) else {
            return nil
        }
        let keys = parts.dropLast().map(SortValue.init)
        guard keys.allSatisfy({ $0 != nil }) else { return nil }
        self.init(keys: keys.compactMap { $0 }, rid: rid)
        if numbers.count == 3, let head = Int64(numbers[1]), let total = Int(numbers[2]) {
            walk = Walk(head: head, total: total)
        }
    }
}

/// A value to sort by. What has none comes last, whichever the direction.
enum SortValue: Equatable {
    case none
    case integer(Int64)
    case real(Double)
    case text(String)

    var text: String {
        switch self {
        case .none: "n"
        case .integer(let value): "i\(value)"
        case .real(let value): "r\(value)"
        case .text(let value): "t\(value)"
        }
    }

    init?(_ text: String) {
        let value = text.dropFirst()
        switch text.first {
        case "n": self = .none
        case "i": guard let integer = Int64(value) else { return nil }; self = .integer(integer)
        case "r": guard let real = Double(value) else { return nil }; self = .real(real)
        case "t": self = .text(String(value))
        default: return nil
        }
    }

    /// Negative when `self` comes first in ascending order, 0 when they are equal.
    func order(_ other: SortValue) -> Int {
        switch (self, other) {
        case (.integer(let a), .integer(let b)): a < b ? -1 : (a > b ? 1 : 0)
        case (.real(let a), .real(let b)): a < b ? -1 : (a > b ? 1 : 0)
        case (.text(let a), .text(let b)): Self.bytes(a, b)
        default: 0
        }
    }

    private static func bytes(_ a: String, _ b: String) -> Int {
        a == b ? 0 : (a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1)
    }
}
