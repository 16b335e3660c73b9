import FHIR
import Foundation
import JSON

/// Names of code systems and ids of what is done about a signal.
enum Containing {
    /// Codes of Tasks of surveillance: they make nobody's care relation.
    static let system = "https://healthbrain.dev/fhir/CodeSystem/surveillance"
    /// Conditions that are watched.
    static let conditionSystem = "https://healthbrain.dev/fhir/CodeSystem/watched-condition"
    /// Stands where a step says nothing.
    static let nothing = "—"

    /// A moment as FHIR writes it.
    static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: (Double(milliseconds) / 1000).rounded(.down)).formatted(.iso8601)
    }

    /// A moment that FHIR has written.
    static func instant(_ node: JSONNode?) -> Int64? {
        (node?.string).flatMap { FHIRDateTime($0)?.lowMilliseconds }
    }

    /// The inputs of a Task by their codes.
    static func inputs(_ task: JSONNode) -> [String: JSONNode] {
        var found: [String: JSONNode] = [:]
        for input in task["input"].map({ Array($0.elements) }) ?? [] {
            if let name = input["type"]?["coding"]?[0]?["code"]?.string { found[name] = input }
        }
        return found
    }
}

extension JSONWriter {
    mutating func concept(_ system: String, _ code: String, _ display: String? = nil) {
        beginObject()
        key("coding")
        beginArray()
        beginObject()
        member("system", string: system)
        member("code", string: code)
        if let display { member("display", string: display) }
        endObject()
        endArray()
        endObject()
    }

    mutating func reference(_ name: String, _ reference: String?, display: String = "") {
        guard let reference else { return }
        key(name)
        beginObject()
        member("reference", string: reference)
        if !display.isEmpty { member("display", string: display) }
        endObject()
    }

    /// An input or output of a Task.
    mutating func item(_ system: String, _ code: String, _ member: String, _ value: (inout JSONWriter) -> Void) {
        beginObject()
        key("type")
        concept(system, code)
        key(member)
        value(&self)
        endObject()
    }

    /// The same with an object of texts.
    mutating func item(_ system: String, _ code: String, _ member: String, _ members: [(String, String)]) {
        item(system, code, member) { writer in
            writer.beginObject()
            for (name, value) in members { writer.member(name, string: value) }
            writer.endObject()
        }
    }

    mutating func annotation(at: Int64, by: String, text: String) {
        beginObject()
        if !by.isEmpty { member("authorString", string: by) }
        member("time", string: Containing.text(at))
        member("text", string: text.isEmpty ? Containing.nothing : text)
        endObject()
    }
}
