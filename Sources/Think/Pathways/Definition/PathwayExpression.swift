import FHIR
import FHIRPath

/// An expression of a pathway, compiled once, with the names of the variables that it uses, so that only those are worked out.
final class PathwayExpression: Sendable {
    /// The text as it was written.
    let text: String
    /// What it says in words, where the definition tells.
    let description: Words?
    /// Names without `%`, those of the record's resources among them.
    let names: Set<String>
    /// Which resources of the record it goes through, by name.
    let selections: [String: RecordSelection]
    /// The same, each as often as it is gone through, with what one resource must be to have a part in it.
    let readings: [SelectionReading]
    let compiled: FHIRPathExpression
    /// Whether it can't hold for somebody who hasn't entered.
    let needsEntry: Bool

    /// The same expression is the same object.
    var id: ObjectIdentifier { ObjectIdentifier(self) }

    /// - Throws: what is wrong with the text.
    init(_ text: String, description: Words? = nil, _ definitions: Definitions) throws(FHIRPathError) {
        self.text = text
        needsEntry = RecordSelection.needsEntry(text)
        self.description = description
        let (rewritten, names, selections, readings) = Self.rewrite(text)
        // What an expression defines itself is its own affair.
        let own = text.matches(of: /defineVariable\(\s*'([^']*)'/).map { String($0.1) }
        self.names = names.subtracting(own)
        self.selections = selections
        self.readings = readings.map { SelectionReading($0, $1, definitions) }
        compiled = try FHIRPathExpression(
            rewritten, definitions: definitions, options: FHIRPathOptions(contextType: "Patient"))
    }

    /// Finds the variables, and puts those of the record's resources that can be meant in place of `%record` before
    /// `.ofType(Type)`, so that the whole record needn't be gone through.
    private static func rewrite(
        _ text: String
    ) -> (
        text: String, names: Set<String>, selections: [String: RecordSelection], readings: [(RecordSelection, String?)]
    ) {
        var (result, names): ([UInt8], Set<String>) = ([], [])
        var selections: [String: RecordSelection] = [:]
        var readings: [(RecordSelection, String?)] = []
        let bytes = Array(text.utf8)
        var index = 0
        func isLetter(_ byte: UInt8) -> Bool {
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F
                || byte >= 0x80
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "'") {
                // A string is passed over.
                var end = index + 1
                while end < bytes.count, bytes[end] != byte { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
                end = min(end, bytes.count - 1)
                result += bytes[index...end]
                index = end + 1
                continue
            }
            if byte == UInt8(ascii: "/"), index + 1 < bytes.count, bytes[index + 1] == byte {
                // So is a comment.
                let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
                result += bytes[index..<end]
                index = end
                continue
            }
            guard byte == UInt8(ascii: "%"), index + 1 < bytes.count else {
                result.append(byte)
                index += 1
                continue
            }
            let isQuoted = bytes[index + 1] == UInt8(ascii: "`")
            var end = index + (isQuoted ? 2 : 1)
            let start = end
            while end < bytes.count, isQuoted ? bytes[end] != UInt8(ascii: "`") : isLetter(bytes[end]) { end += 1 }
            let name = String(decoding: bytes[start..<end], as: UTF8.self)
            if name == "record", let (selection, length, guarded) = RecordSelection.read(bytes[end...]) {
                names.insert(selection.variable)
                selections[selection.variable] = selection
                readings.append((selection, guarded))
                result += Array("%`\(selection.variable)`.ofType(\(selection.type))".utf8)
                index = end + length
                continue
            }
            names.insert(name)
            let stop = min(end + (isQuoted ? 1 : 0), bytes.count)
            result += bytes[index..<stop]
            index = stop
        }
        return (String(decoding: result, as: UTF8.self), names, selections, readings)
    }
}
