/// The index rows of one version, but for the resource's own number, which every row gets when it is written.
struct IndexRows: Sendable, Equatable {
    struct Token: Sendable, Hashable {
        var param: Int64
        var code: Int64
        var system: Int64
    }

    struct Identifier: Sendable, Hashable {
        var param: Int64
        var value: String
        var system: Int64
    }

    struct Reference: Sendable, Hashable {
        var param: Int64
        var target: ResourceKey
    }

    struct Text: Sendable, Hashable {
        var param: Int64
        var value: String
        /// The text before normalisation, when that changed it; else empty.
        var raw: String
    }

    struct Date: Sendable, Hashable {
        var param: Int64
        var low: Int64
        var span: Int64
    }

    struct Number: Sendable, Hashable {
        var param: Int64
        var value: Double
    }

    struct Quantity: Sendable, Hashable {
        var param: Int64
        var value: Double
        var system: Int64
        var code: Int64
        var unit: Int64
    }

    struct URI: Sendable, Hashable {
        var param: Int64
        var value: String
    }

    /// A text of the full-text index, in its normal form.
    struct Words: Sendable, Hashable {
        var param: Int64
        var text: String
    }

    var texts: [Words] = []
    var tokens: [Token] = []
    var identifiers: [Identifier] = []
    var references: [Reference] = []
    var strings: [Text] = []
    var dates: [Date] = []
    var numbers: [Number] = []
    var quantities: [Quantity] = []
    var uris: [URI] = []

    /// How many rows there are.
    var count: Int {
        tokens.count + identifiers.count + references.count + strings.count + dates.count + numbers.count
            + quantities.count + uris.count + texts.count
    }

    /// The parameters that have rows in a table.
    func params(of table: IndexTable) -> [Int64] {
        switch table {
        case .token: tokens.map(\.param)
        case .identifier: identifiers.map(\.param)
        case .reference: references.map(\.param)
        case .string: strings.map(\.param)
        case .date: dates.map(\.param)
        case .number: numbers.map(\.param)
        case .quantity: quantities.map(\.param)
        case .uri: uris.map(\.param)
        case .text: texts.map(\.param)
        }
    }

    /// Takes out what stands twice.
    mutating func unique() {
        tokens.removeDuplicates()
        identifiers.removeDuplicates()
        references.removeDuplicates()
        strings.removeDuplicates()
        dates.removeDuplicates()
        numbers.removeDuplicates()
        quantities.removeDuplicates()
        uris.removeDuplicates()
        texts.removeDuplicates()
    }

    /// The rows of this that `other` does not have.
    func subtracting(_ other: IndexRows) -> IndexRows {
        IndexRows(
            texts: texts.subtracting(other.texts),
            tokens: tokens.subtracting(other.tokens), identifiers: identifiers.subtracting(other.identifiers),
            references: references.subtracting(other.references), strings: strings.subtracting(other.strings),
            dates: dates.subtracting(other.dates), numbers: numbers.subtracting(other.numbers),
            quantities: quantities.subtracting(other.quantities), uris: uris.subtracting(other.uris))
    }
}

extension Array where Element: Hashable {
    fileprivate mutating func removeDuplicates() {
        guard count > 1 else { return }
        if count <= 16 {
            var kept = 1
            for index in 1..<count where !self[0..<kept].contains(self[index]) {
                self[kept] = self[index]
                kept += 1
            }
            removeLast(count - kept)
        } else {
            var seen: Set<Element> = []
            self = filter { seen.insert($0).inserted }
        }
    }

    fileprivate func subtracting(_ other: [Element]) -> [Element] {
        guard !other.isEmpty, !isEmpty else { return self }
        let gone = Set(other)
        return filter { !gone.contains($0) }
    }
}
