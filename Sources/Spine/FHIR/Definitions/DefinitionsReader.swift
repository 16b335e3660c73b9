import Foundation
import JSON

/// Reads the records of one resource file.
struct DefinitionsReader {
    let file: String
    let document: JSONDocument

    init(_ file: String) throws(DefinitionsError) {
        self.file = file
        guard let url = Bundle.module.url(forResource: file, withExtension: nil, subdirectory: "r4"),
            let data = try? Data(contentsOf: url)
        else { throw .unreadable(file: file) }
        do {
            document = try JSONDocument(parsing: [UInt8](data))
        } catch {
            throw .malformed(file: file, error)
        }
    }

    /// Turns each element of an array into a value; nil from `make` stands for a malformed record.
    func records<T>(of array: JSONNode?, _ make: (Fields) -> T?) throws(DefinitionsError) -> [T] {
        guard let array, array.isArray else { throw .unexpectedRecord(file: file, record: -1) }
        var values: [T] = []
        values.reserveCapacity(array.count)
        for element in array.elements {
            guard let value = make(Fields(element)) else {
                throw .unexpectedRecord(file: file, record: values.count)
            }
            values.append(value)
        }
        return values
    }

    /// The elements of a record, taken one after another.
    final class Fields {
        private var elements: JSONNode.Elements.Iterator

        init(_ record: JSONNode) {
            elements = record.elements.makeIterator()
        }

        func node() -> JSONNode? { elements.next() }
        func string() -> String? { elements.next()?.string }
        func integer() -> Int? { elements.next()?.integer }
        func bool() -> Bool? { elements.next()?.bool }

        /// All elements that are left, as strings.
        func strings() -> [String] {
            var strings: [String] = []
            while let string = string() { strings.append(string) }
            return strings
        }
    }
}
