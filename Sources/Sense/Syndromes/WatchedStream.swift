import JSON

/// A stream of numbers that tells nothing about single persons, such as packs of a medicine sold in a district.
public struct WatchedStream: Sendable, Hashable {
    /// Code of ``WatchedStream/system`` in Observations.
    public let code: String
    /// The number of its source (``WatchedSource/number``).
    public let source: Int
    /// Ids of the conditions for which it counts.
    public let conditions: Set<String>
    /// A value counts as 1 where it is above this, else not at all; nil: it counts with its value.
    public let above: Double?

    /// The code system of streams.
    public static let system = "https://healthbrain.dev/fhir/CodeSystem/surveillance-stream"
}

/// What streams are read from, such as drug sales.
public struct WatchedSource: Sendable, Hashable {
    /// What files call it.
    public let id: String
    /// A number for tables, from 4, which never changes its meaning.
    public let number: Int
    /// In Chinese.
    public let nameZh: String
    /// In English.
    public let nameEn: String

    /// Those of the house by number; none where the file is wrong, which ``WatchList`` tells.
    public static let house: [Int: WatchedSource] = {
        guard let file = try? DefinitionFile(house: "streams.json"), let streams = try? WatchedStreams(file, nil) else {
            return [:]
        }
        return Dictionary(streams.sources.map { ($0.number, $0) }) { first, _ in first }
    }()
}

/// A file of streams.
struct WatchedStreams {
    private(set) var sources: [WatchedSource] = []
    private(set) var byCode: [String: WatchedStream] = [:]
    /// Numbers below this are those of records about persons.
    private static let firstNumber = 4

    /// Reads a file.
    /// - Parameter conditions: ids of what is watched; nil to leave unchecked what the streams speak for.
    /// - Throws: ``DefinitionFault`` for a number that is taken, a source or condition that isn't there, a missing text.
    init(_ file: DefinitionFile, _ conditions: Set<String>?) throws(DefinitionFault) {
        var numbers: [String: Int] = [:]
        for (index, node) in file.root.list("sources").enumerated() {
            let path = "sources[\(index)]"
            let source = WatchedSource(
                id: try file.required(node, "id", path), number: try file.number(node, "number", path),
                nameZh: try file.required(node, "zh", path), nameEn: try file.required(node, "en", path))
            guard source.number >= Self.firstNumber, !numbers.values.contains(source.number) else {
                throw file.fault("\(path).number", "must be \(Self.firstNumber) or more and stand once")
            }
            numbers[source.id] = source.number
            sources.append(source)
        }
        for (index, node) in file.root.list("streams").enumerated() {
            let path = "streams[\(index)]"
            let code = try file.required(node, "code", path)
            guard let source = numbers[try file.required(node, "source", path)] else {
                throw file.fault("\(path).source", "is none of the sources of this file")
            }
            let ids = Set(node.texts("conditions"))
            if ids.isEmpty { throw file.fault("\(path).conditions", "is empty; name what the stream speaks for") }
            if let conditions, let unknown = ids.subtracting(conditions).min() {
                throw file.fault("\(path).conditions", "\(unknown) isn't watched; name one of the conditions")
            }
            let above = node["above"]?.double
            if above != nil { _ = try file.required(node, "limitSource", path) }
            let stream = WatchedStream(code: code, source: source, conditions: ids, above: above)
            guard byCode.updateValue(stream, forKey: code) == nil else {
                throw file.fault("\(path).code", "\(code) stands twice")
            }
        }
    }
}
