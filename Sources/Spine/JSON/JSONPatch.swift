/// Changes to a document as RFC 6902 writes them: `[{"op":"replace","path":"/gender","value":"female"}]`.
///
/// What no operation touches stays byte for byte: the digits of decimals, the order of members, escapes.
public struct JSONPatch: Sendable {
    enum Operation: Sendable {
        case add(JSONPointer, [UInt8])
        case remove(JSONPointer)
        case replace(JSONPointer, [UInt8])
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, JSONDocument)
    }

    let operations: [Operation]
    /// At most this many operations are taken at once: each makes a new text.
    public static let operationsMax = 1000

    /// Reads a patch.
    ///
    /// - Throws: ``JSONPatchError`` of kind `malformed` with the first operation that is not well formed.
    public init(_ document: JSONDocument) throws(JSONPatchError) {
        let root = document.root
        guard root.isArray else {
            throw JSONPatchError(.malformed, nil, "A JSON Patch is an array of operations; this is \(root.kind).")
        }
        guard root.count <= Self.operationsMax else {
            throw JSONPatchError(
                .malformed, nil, "The patch has \(root.count) operations; at most \(Self.operationsMax) are taken.")
        }
        var operations: [Operation] = []
        for (index, node) in root.elements.enumerated() {
            operations.append(try Self.operation(node, index))
        }
        self.operations = operations
    }

    private static func operation(_ node: JSONNode, _ index: Int) throws(JSONPatchError) -> Operation {
        func fault(_ message: String) -> JSONPatchError { JSONPatchError(.malformed, index, message) }
        func pointer(_ key: JSONKey) throws(JSONPatchError) -> JSONPointer {
            guard let text = node[key]?.string else { throw fault("has no “\(key.string)”") }
            guard let pointer = JSONPointer(text) else {
                throw fault("has a “\(key.string)” that is no JSON Pointer: “\(text)”")
            }
            return pointer
        }
        func value() throws(JSONPatchError) -> JSONNode {
            guard let value = node["value"] else { throw fault("has no “value”") }
            return value
        }
        guard node.isObject else { throw fault("is not an object") }
        guard let name = node["op"]?.string else { throw fault("has no “op”") }
        let path = try pointer("path")
        switch name {
        case "add": return .add(path, try value().compactText())
        case "remove": return .remove(path)
        case "replace": return .replace(path, try value().compactText())
        case "move":
            let from = try pointer("from")
            if from.contains(path) { throw fault("moves “\(from)” into itself") }
            return .move(from: from, to: path)
        case "copy": return .copy(from: try pointer("from"), to: path)
        case "test":
            guard let expected = try? JSONDocument(parsing: try value().compactText()) else {
                throw fault("has a “value” that can't be read")
            }
            return .test(path, expected)
        default: throw fault("has the “op” “\(name)”; known are add, remove, replace, move, copy and test")
        }
    }

    /// The document with all operations done, one after the other.
    ///
    /// - Parameter limits: the bounds of the result.
    /// - Throws: ``JSONPatchError``; nothing is done then.
    public func applied(
        to document: JSONDocument, limits: JSONLimits = JSONLimits()
    ) throws(JSONPatchError) -> JSONDocument {
        var document = document
        for (index, operation) in operations.enumerated() {
            guard let text = try Self.text(of: document, after: operation, index) else { continue }
            do { document = try JSONDocument(parsing: text, limits: limits) } catch {
                throw JSONPatchError(.notApplicable, index, "makes a document that can't be read: \(error)")
            }
        }
        return document
    }

    /// The text after an operation; nil when it changes nothing.
    private static func text(
        of document: JSONDocument, after operation: Operation, _ index: Int
    ) throws(JSONPatchError) -> [UInt8]? {
        func find(_ pointer: JSONPointer) throws(JSONPatchError) -> JSONNode {
            guard let node = pointer.node(in: document) else {
                throw JSONPatchError(.notApplicable, index, "names “\(pointer)”, where nothing is")
            }
            return node
        }
        switch operation {
        case .add(let path, let value): return try adding(value, at: path, to: document, index)
        case .replace(let path, let value): return document.replacing(try find(path).range, with: value)
        case .remove(let path):
            _ = try find(path)
            return try removing(path, from: document, index)
        case .copy(let from, let to): return try adding(try find(from).compactText(), at: to, to: document, index)
        case .move(let from, let to):
            let value = try find(from).compactText()
            if from == to { return nil }
            let without: JSONDocument
            do { without = try JSONDocument(parsing: try removing(from, from: document, index)) } catch {
                throw JSONPatchError(.notApplicable, index, "can't take “\(from)” away")
            }
            return try adding(value, at: to, to: without, index)
        case .test(let path, let expected):
            guard try find(path).isEqualJSON(to: expected.root) else {
                throw JSONPatchError(.testFailed, index, "finds another value at “\(path)” than it expects")
            }
            return nil
        }
    }

    private static func adding(
        _ value: [UInt8], at path: JSONPointer, to document: JSONDocument, _ index: Int
    ) throws(JSONPatchError) -> [UInt8] {
        guard let (parent, last) = path.split else { return value }
        guard let holder = parent.node(in: document) else {
            throw JSONPatchError(.notApplicable, index, "adds to “\(parent)”, where nothing is")
        }
        if holder.isObject {
            var edits = JSONEdits()
            edits.setMember(last, of: holder, to: value)
            return edits.applied(to: document)
        }
        guard holder.isArray else {
            throw JSONPatchError(.notApplicable, index, "adds to “\(parent)”, which is neither object nor array")
        }
        let elements = Array(holder.elements)
        guard let place = last == "-" ? elements.count : JSONPointer.index(last), place <= elements.count else {
            throw JSONPatchError(
                .notApplicable, index, "adds at “\(last)” of “\(parent)”, which has \(elements.count) elements")
        }
        return document.inserting(value, at: place, of: holder)
    }

    private static func removing(
        _ path: JSONPointer, from document: JSONDocument, _ index: Int
    ) throws(JSONPatchError) -> [UInt8] {
        guard let (parent, last) = path.split, let holder = parent.node(in: document) else {
            throw JSONPatchError(.notApplicable, index, "takes the whole document away")
        }
        if holder.isArray, let place = JSONPointer.index(last) {
            return document.removing(element: place, of: holder)
        }
        var edits = JSONEdits()
        edits.removeMember(last, of: holder)
        return edits.applied(to: document)
    }
}

/// Why a patch was refused.
public struct JSONPatchError: Error, Sendable, CustomStringConvertible {
    /// The kind of refusal.
    public enum Kind: Sendable, Equatable {
        /// The patch is not well formed.
        case malformed
        /// The patch is well formed, but the document has no such place.
        case notApplicable
        /// A `test` found another value.
        case testFailed
    }

    /// The kind of refusal.
    public let kind: Kind
    /// The place of the operation in the patch, from 0; nil when the patch as a whole is wrong.
    public let operation: Int?
    private let message: String

    init(_ kind: Kind, _ operation: Int?, _ message: String) {
        self.kind = kind
        self.operation = operation
        self.message = message
    }

    /// What is wrong, in words.
    public var description: String { operation.map { "Operation \($0) of the patch \(message)." } ?? message }
}

extension JSONDocument {
    /// The text with a stretch replaced.
    public func replacing(_ range: Range<Int>, with json: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + json.count)
        result += text[..<range.lowerBound]
        result += json
        result += text[range.upperBound...]
        return result
    }

    /// The text with a new element before the one at `place`, or after the last.
    ///
    /// - Parameters:
    ///   - place: from 0 to the number of elements.
    ///   - array: an array of this document.
    public func inserting(_ json: [UInt8], at place: Int, of array: JSONNode) -> [UInt8] {
        let elements = Array(array.elements)
        let comma = [UInt8(ascii: ",")]
        if place < elements.count {
            let start = elements[place].range.lowerBound
            return replacing(start..<start, with: json + comma)
        }
        guard let last = elements.last else {
            return replacing(array.range.lowerBound + 1..<array.range.lowerBound + 1, with: json)
        }
        return replacing(last.range.upperBound..<last.range.upperBound, with: comma + json)
    }

    /// The text without an element of an array; the whole text when there is no such element.
    public func removing(element place: Int, of array: JSONNode) -> [UInt8] {
        let elements = Array(array.elements)
        guard elements.indices.contains(place) else { return text }
        let range = elements[place].range
        if place > 0 { return replacing(elements[place - 1].range.upperBound..<range.upperBound, with: []) }
        let end = elements.count > 1 ? elements[1].range.lowerBound : range.upperBound
        return replacing(range.lowerBound..<end, with: [])
    }
}
