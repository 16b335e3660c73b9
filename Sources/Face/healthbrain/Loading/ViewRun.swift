import Foundation
import JSON
import Views

/// Runs a view on files: one reads, all cores parse and evaluate, and the rows come out in the order of the resources.
struct ViewRun {
    let view: View
    let text: ViewText
    let files: [String]

    /// Some documents, or some resources of a document that is long.
    private enum Piece: Sendable {
        case texts([(text: [UInt8], line: Int)], file: String)
        case resources([JSONNode], file: String)
    }

    private struct Answer: Sendable {
        let number: Int
        let rows: Result<[UInt8], Misuse>
    }

    private static let pieceBytesMax = 1 << 20
    private static let pieceResourcesMax = 500
    /// A text longer than this is parsed at once and its resources are shared out.
    private static let longBytesMin = 4 << 20
    /// How many pieces may be under way or wait for their turn to be written.
    private static var piecesMax: Int { 4 * ProcessInfo.processInfo.activeProcessorCount }

    /// - Parameter write: takes the rows of one piece after another.
    func run(_ write: ([UInt8]) throws -> Void) async throws {
        let pieces = PieceReader(files: files, view: view)
        try await withThrowingTaskGroup(of: Answer.self) { group in
            var (begun, written) = (0, 0)
            var waiting: [Int: Result<[UInt8], Misuse>] = [:]
            func drain(until count: Int) async throws {
                while begun - written > count {
                    if let rows = waiting.removeValue(forKey: written) {
                        try write(rows.get())
                        written += 1
                    } else if let answer = try await group.next() {
                        waiting[answer.number] = answer.rows
                    }
                }
            }
            while let piece = try pieces.next() {
                let number = begun
                group.addTask { [self] in
                    Answer(number: number, rows: Result { () throws(Misuse) in try rows(of: piece) })
                }
                begun += 1
                try await drain(until: Self.piecesMax - 1)
            }
            try await drain(until: 0)
        }
    }

    private func rows(of piece: Piece) throws(Misuse) -> [UInt8] {
        var result: [UInt8] = []
        switch piece {
        case .texts(let texts, let file):
            for (text, line) in texts {
                for resource in Self.resources(of: try Self.parse(text, file, line).root, view) {
                    try append(resource, "\(file):\(line)", to: &result)
                }
            }
        case .resources(let resources, let file):
            for resource in resources { try append(resource, file, to: &result) }
        }
        return result
    }

    private func append(_ resource: JSONNode, _ place: String, to result: inout [UInt8]) throws(Misuse) {
        guard resource.isObject, resource["resourceType"]?.string != nil else {
            throw Misuse("\(place): there is no FHIR resource here: a resourceType is missing.")
        }
        do {
            text.append(try view.rows(of: resource), to: &result)
        } catch {
            throw Misuse("\(place): \(error)")
        }
    }

    private static func parse(_ text: [UInt8], _ file: String, _ line: Int) throws(Misuse) -> JSONDocument {
        do {
            return try JSONDocument(parsing: text, limits: JSONLimits(bytesMax: DocumentReader.documentBytesMax))
        } catch {
            throw Misuse("\(file):\(line): this is not JSON: \(error)")
        }
    }

    /// The resources of a document: itself, the elements of an array, or the entries of a Bundle.
    private static func resources(of root: JSONNode, _ view: View) -> [JSONNode] {
        if root.isArray { return root.elements.flatMap { resources(of: $0, view) } }
        guard view.definition.resource != "Bundle", root["resourceType"]?.equals("Bundle") == true else {
            return [root]
        }
        return root["entry"].map { entries in entries.elements.compactMap { $0["resource"] } } ?? []
    }
}

extension ViewRun {
    /// Reads files piece by piece.
    private final class PieceReader {
        private var files: ArraySlice<String>
        private var file = ""
        private var reader: DocumentReader?
        private let view: View
        /// Resources of a long document that were not handed out yet.
        private var waiting: ArraySlice<JSONNode> = []

        init(files: [String], view: View) {
            self.files = files[...]
            self.view = view
        }

        func next() throws(Misuse) -> Piece? {
            while true {
                if !waiting.isEmpty {
                    defer { waiting = waiting.dropFirst(ViewRun.pieceResourcesMax) }
                    return .resources(Array(waiting.prefix(ViewRun.pieceResourcesMax)), file: file)
                }
                if reader == nil {
                    guard let next = files.popFirst() else { return nil }
                    file = next
                    do {
                        reader = try DocumentReader(next)
                    } catch {
                        throw Misuse("\(next): \(error)")
                    }
                }
                var texts: [(text: [UInt8], line: Int)] = []
                var bytes = 0
                var long: DocumentReader.Document?
                do {
                    while bytes < ViewRun.pieceBytesMax, let document = try reader?.next() {
                        if texts.isEmpty, document.text.count >= ViewRun.longBytesMin {
                            long = document
                            break
                        }
                        texts.append((document.text, document.line))
                        bytes += document.text.count
                    }
                } catch {
                    throw Misuse("\(file): \(error)")
                }
                if let long {
                    waiting = ViewRun.resources(of: try ViewRun.parse(long.text, file, long.line).root, view)[...]
                } else if texts.isEmpty {
                    reader = nil
                } else {
                    return .texts(texts, file: file)
                }
            }
        }
    }
}
