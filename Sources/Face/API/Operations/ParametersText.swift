import JSON

/// Writes a Parameters resource, the answer of most operations.
///
/// ```swift
/// var out = ParametersText()
/// out.add("result", boolean: true)
/// out.add("property") { $0.add("code", code: "parent") }
/// return Reply(.ok, json: out.finished())
/// ```
struct ParametersText {
    private var writer = JSONWriter()
    private var hasEntries = false

    init() {
        writer.beginObject()
        writer.member("resourceType", string: "Parameters")
    }

    mutating func add(_ name: String, string: String) { add(name, "valueString", jsonQuoted(string)) }
    mutating func add(_ name: String, code: String) { add(name, "valueCode", jsonQuoted(code)) }
    mutating func add(_ name: String, uri: String) { add(name, "valueUri", jsonQuoted(uri)) }
    mutating func add(_ name: String, boolean: Bool) { add(name, "valueBoolean", Array("\(boolean)".utf8)) }
    mutating func add(_ name: String, integer: Int) { add(name, "valueInteger", Array("\(integer)".utf8)) }
    mutating func add(_ name: String, resource json: [UInt8]) { add(name, "resource", json) }

    /// Adds any value.
    /// - Parameters:
    ///   - member: the member that holds it, such as `valueCoding`.
    ///   - json: its JSON text.
    mutating func add(_ name: String, _ member: String, _ json: [UInt8]) {
        begin(name)
        writer.member(member, raw: json)
        writer.endObject()
    }

    /// Adds a parameter with parts.
    mutating func add(_ name: String, parts: (inout ParametersParts) -> Void) {
        begin(name)
        var inner = ParametersParts()
        parts(&inner)
        writer.member("part", raw: inner.finished())
        writer.endObject()
    }

    private mutating func begin(_ name: String) {
        if !hasEntries {
            writer.key("parameter")
            writer.beginArray()
            hasEntries = true
        }
        writer.beginObject()
        writer.member("name", string: name)
    }

    /// Ends the resource.
    consuming func finished() -> [UInt8] {
        if hasEntries { writer.endArray() }
        writer.endObject()
        return writer.bytes
    }
}

/// The parts of a parameter.
struct ParametersParts {
    private var writer = JSONWriter()

    init() { writer.beginArray() }

    mutating func add(_ name: String, string: String) { add(name, "valueString", jsonQuoted(string)) }
    mutating func add(_ name: String, code: String) { add(name, "valueCode", jsonQuoted(code)) }
    mutating func add(_ name: String, uri: String) { add(name, "valueUri", jsonQuoted(uri)) }
    mutating func add(_ name: String, boolean: Bool) { add(name, "valueBoolean", Array("\(boolean)".utf8)) }
    mutating func add(_ name: String, integer: Int) { add(name, "valueInteger", Array("\(integer)".utf8)) }
    mutating func add(_ name: String, resource json: [UInt8]) { add(name, "resource", json) }

    /// Adds any value.
    mutating func add(_ name: String, _ member: String, _ json: [UInt8]) {
        writer.beginObject()
        writer.member("name", string: name)
        writer.member(member, raw: json)
        writer.endObject()
    }

    /// Adds a part that has parts.
    mutating func add(_ name: String, parts: (inout ParametersParts) -> Void) {
        var inner = ParametersParts()
        parts(&inner)
        add(name, "part", inner.finished())
    }

    fileprivate consuming func finished() -> [UInt8] {
        writer.endArray()
        return writer.bytes
    }
}
