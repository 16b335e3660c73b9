import FHIRPath
import JSON

/// Writes rows as text. Its pieces may be made in parallel: what stands before, between and after them comes apart.
public struct ViewText: Sendable {
    /// The format.
    public let format: ViewFormat
    private let names: [String]
    /// `{"id":`, `,"family":`
    private let keys: [[UInt8]]

    /// - Parameters:
    ///   - view: the view whose rows are written.
    ///   - format: the format.
    public init(_ view: View, format: ViewFormat) {
        self.format = format
        names = view.columns.map(\.name)
        keys = names.enumerated().map { index, name in
            [UInt8(ascii: index == 0 ? "{" : ",")] + jsonQuoted(name) + [UInt8(ascii: ":")]
        }
    }

    /// What stands before the rows.
    public var head: [UInt8] {
        switch format {
        case .csv: Array((names.joined(separator: ",") + "\n").utf8)
        case .ndjson: []
        case .json: Array("[".utf8)
        }
    }

    /// What stands after the rows.
    public var tail: [UInt8] {
        format == .json ? Array("]\n".utf8) : []
    }

    /// Appends rows. In JSON each begins with a comma, which ``dropSeparator(_:)`` takes from the first of all.
    public func append(_ rows: ViewRows, to text: inout [UInt8]) {
        for row in 0..<rows.count {
            switch format {
            case .csv: appendCSV(rows[row], to: &text)
            case .ndjson:
                appendObject(rows[row], to: &text)
                text.append(UInt8(ascii: "\n"))
            case .json:
                text.append(UInt8(ascii: ","))
                text.append(UInt8(ascii: "\n"))
                appendObject(rows[row], to: &text)
            }
        }
    }

    /// Takes the comma before the first row.
    public func dropSeparator(_ text: inout [UInt8]) {
        if format == .json, text.first == UInt8(ascii: ",") { text.removeFirst() }
    }

    private func appendObject(_ cells: ArraySlice<ViewCell>, to text: inout [UInt8]) {
        for (key, cell) in zip(keys, cells) {
            text.append(contentsOf: key)
            appendJSON(cell, to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }

    private func appendJSON(_ cell: ViewCell, to text: inout [UInt8]) {
        switch cell {
        case .null: text.append(contentsOf: "null".utf8)
        case .one(let value): appendJSON(value, to: &text)
        case .many(let values):
            text.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                appendJSON(value, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        }
    }

    private func appendJSON(_ value: FHIRPathValue, to text: inout [UInt8]) {
        if case .node(let node) = value, let json = node.json, json.isString || json.isNumber {
            text.append(contentsOf: json.rawText)
        } else {
            text.append(contentsOf: value.json())
        }
    }

    private func appendCSV(_ cells: ArraySlice<ViewCell>, to text: inout [UInt8]) {
        var isFirst = true
        for cell in cells {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            switch cell {
            case .null: break
            case .one(let value): appendField(value, to: &text)
            case .many:
                var json: [UInt8] = []
                appendJSON(cell, to: &json)
                json.withUnsafeBufferPointer { appendField($0, to: &text) }
            }
        }
        text.append(UInt8(ascii: "\n"))
    }

    private func appendField(_ value: FHIRPathValue, to text: inout [UInt8]) {
        if case .node(let node) = value, let json = node.json, json.isString || json.isNumber {
            _ = json.withUTF8 { appendField($0, to: &text) }
        } else if case .string(var string) = value {
            string.withUTF8 { appendField($0, to: &text) }
        } else {
            let json = value.json()
            if json.elementsEqual("null".utf8) { return }
            let isQuoted = json.first == UInt8(ascii: "\"")
            json.withUnsafeBufferPointer {
                appendField(isQuoted ? UnsafeBufferPointer(rebasing: $0.dropFirst().dropLast()) : $0, to: &text)
            }
        }
    }

    private func appendField(_ field: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        let needsQuotes =
            field.isEmpty
            || field.contains {
                $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
                    || $0 == UInt8(ascii: "\r")
            }
        guard needsQuotes else {
            text.append(contentsOf: field)
            return
        }
        text.append(UInt8(ascii: "\""))
        for byte in field {
            if byte == UInt8(ascii: "\"") { text.append(byte) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }
}
