import JSON

/// Writes a `Parameters` resource.
struct ParametersWriter {
    private(set) var writer = JSONWriter()

    init() {
        writer.beginObject()
        writer.member("resourceType", string: "Parameters")
        writer.key("parameter")
        writer.beginArray()
    }

    mutating func add(_ name: String, string value: String?) { add(name, "valueString", value) }

    mutating func add(_ name: String, code value: String?) { add(name, "valueCode", value) }

    mutating func add(_ name: String, uri value: String?) { add(name, "valueUri", value) }

    mutating func add(_ name: String, bool value: Bool) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.member("valueBoolean", bool: value)
        writer.endObject()
    }

    mutating func add(_ name: String, _ member: String, _ value: String?) {
        guard let value else { return }
        writer.beginObject()
        writer.member("name", string: name)
        writer.member(member, string: value)
        writer.endObject()
    }

    mutating func add(_ name: String, _ member: String, node: JSONNode?) {
        guard let node else { return }
        writer.beginObject()
        writer.member("name", string: name)
        writer.member(member, node: node)
        writer.endObject()
    }

    mutating func add(_ name: String, coding: CodingReference) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.key("valueCoding")
        coding.write(to: &writer)
        writer.endObject()
    }

    mutating func add(_ name: String, parts: (inout ParametersWriter) -> Void) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.key("part")
        writer.beginArray()
        parts(&self)
        writer.endArray()
        writer.endObject()
    }

    consuming func finished() -> [UInt8] {
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
