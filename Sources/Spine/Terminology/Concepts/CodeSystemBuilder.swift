public import JSON

/// Makes a CodeSystem resource from rows of a table.
public struct CodeSystemBuilder: Sendable {
    /// One row.
    public struct Concept: Sendable {
        /// The code.
        public var code: String
        /// The preferred name.
        public var display: String?
        /// The code directly above; it may come later in the table.
        public var parent: String?
        /// Names by language tag.
        public var designations: [(language: String, value: String)] = []
        /// Other facts, as texts.
        public var properties: [(code: String, value: String)] = []

        /// - Parameter code: the code.
        public init(code: String) { self.code = code }
    }

    /// The canonical URL.
    public var url: String
    /// The logical id; nil for none.
    public var id: String?
    /// A name for programs: letters and digits.
    public var name: String?
    /// A name for people.
    public var title: String?
    /// The business version.
    public var version: String?
    /// The canonical URL of the value set of all codes.
    public var valueSet: String?
    /// The language of the displays.
    public var language: String?
    /// How much of the system is here: `complete` or `fragment`.
    public var content = "complete"
    /// What it means to stand below another code: `is-a`, `part-of`, `grouped-by` or `classified-with`.
    public var hierarchyMeaning: String?
    /// Whether `a` and `A` are different codes.
    public var isCaseSensitive = true
    private var concepts: [Concept] = []
    private var places: [String: Int] = [:]

    /// - Parameter url: the canonical URL.
    public init(url: String) { self.url = url }

    /// How many concepts there are.
    public var count: Int { concepts.count }

    /// Adds a concept.
    ///
    /// - Throws: ``TerminologyError`` when it has no code, or the code is there already.
    public mutating func add(_ concept: Concept) throws(TerminologyError) {
        guard !concept.code.isEmpty else { throw TerminologyError(.unprocessable, "A row has no code.") }
        guard places.updateValue(concepts.count, forKey: concept.code) == nil else {
            throw TerminologyError(.unprocessable, "The code “\(concept.code)” occurs twice.")
        }
        concepts.append(concept)
    }

    /// The resource. Where parents are given, they are properties of the concepts, in the order of the rows.
    ///
    /// - Throws: ``TerminologyError`` when a parent is not among the codes.
    public func document() throws(TerminologyError) -> JSONDocument {
        for concept in concepts {
            if let parent = concept.parent, places[parent] == nil {
                throw TerminologyError(
                    .unprocessable,
                    "The code “\(concept.code)” stands below “\(parent)”, which the table does not have.")
            }
        }
        var writer = JSONWriter(reservingCapacity: 128 * concepts.count + 1024)
        writer.beginObject()
        writeFacts(&writer)
        writer.key("concept")
        writer.beginArray()
        for concept in concepts { write(concept, &writer) }
        writer.endArray()
        writer.endObject()
        do {
            return try JSONDocument(parsing: writer.bytes)
        } catch {
            throw TerminologyError(.unprocessable, "The code system can't be written: \(error)")
        }
    }

    /// The value set of all codes as a resource; nil when the system names none.
    public func valueSetOfAll() -> JSONDocument? {
        valueSet.flatMap {
            BuiltInTerminology.valueSet(url: $0, system: url, below: nil, title: title, version: version)
        }
    }

    private func writeFacts(_ writer: inout JSONWriter) {
        writer.member("resourceType", string: "CodeSystem")
        func member(_ key: String, _ value: String?) { if let value { writer.member(key, string: value) } }
        member("id", id)
        member("language", language)
        member("url", url)
        member("version", version)
        member("name", name)
        member("title", title)
        member("status", "active")
        writer.member("caseSensitive", bool: isCaseSensitive)
        member("valueSet", valueSet)
        let hasParents = concepts.contains { $0.parent != nil }
        if hasParents { member("hierarchyMeaning", hierarchyMeaning ?? "is-a") }
        member("content", content)
        writer.member("count", integer: concepts.count)
        var properties: [String] = []
        for concept in concepts {
            for property in concept.properties where !properties.contains(property.code) {
                properties.append(property.code)
            }
        }
        guard hasParents || !properties.isEmpty else { return }
        writer.key("property")
        writer.beginArray()
        if hasParents {
            writer.beginObject()
            member("code", "parent")
            member("uri", "http://hl7.org/fhir/concept-properties#parent")
            member("type", "code")
            writer.endObject()
        }
        for property in properties {
            writer.beginObject()
            member("code", property)
            member("type", Self.isBoolean(property) ? "boolean" : "string")
            writer.endObject()
        }
        writer.endArray()
    }

    private func write(_ concept: Concept, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", string: concept.code)
        if let display = concept.display { writer.member("display", string: display) }
        if !concept.designations.isEmpty {
            writer.key("designation")
            writer.beginArray()
            for designation in concept.designations {
                writer.beginObject()
                writer.member("language", string: designation.language)
                writer.member("value", string: designation.value)
                writer.endObject()
            }
            writer.endArray()
        }
        if concept.parent != nil || !concept.properties.isEmpty {
            writer.key("property")
            writer.beginArray()
            if let parent = concept.parent {
                writer.beginObject()
                writer.member("code", string: "parent")
                writer.member("valueCode", string: parent)
                writer.endObject()
            }
            for property in concept.properties {
                writer.beginObject()
                writer.member("code", string: property.code)
                if Self.isBoolean(property.code) {
                    writer.member("valueBoolean", bool: ["true", "1", "yes", "是"].contains(property.value))
                } else {
                    writer.member("valueString", string: property.value)
                }
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func isBoolean(_ property: String) -> Bool { property == "inactive" || property == "notSelectable" }
}
