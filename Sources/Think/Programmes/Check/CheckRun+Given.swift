import FHIR
import JSON
import Validation

// FHIR that stories give.
extension CheckRun {
    /// The resources that a story gives are such as the store would take.
    mutating func given(_ file: ProgrammeFile, _ validator: ResourceValidator) {
        if let person = file.document.root["person"], person.isObject {
            // A name may be a text.
            let members = person.members.compactMap { member -> String? in
                guard let name = member.key.string, name != "resourceType", name != "name" || !member.value.isString
                else { return nil }
                return "\"\(name)\":" + String(decoding: member.value.compactText(), as: UTF8.self)
            }
            let text = "{" + (["\"resourceType\":\"Patient\""] + members).joined(separator: ",") + "}"
            validate(text, person, file, "person", validator)
        }
        for (step, path) in file.document.root.list("steps", "") {
            for (given, path) in step.list("given", String(path.dropFirst())) {
                guard let resource = given["resource"] else { continue }
                guard resource.isObject, resource["resourceType"]?.string != nil else {
                    tell(file, .resource, path + ".resource", resource, "a resource has a resourceType")
                    continue
                }
                validate(resource, file, path + ".resource", validator)
            }
        }
    }

    private mutating func validate(
        _ resource: JSONNode, _ file: ProgrammeFile, _ path: String, _ validator: ResourceValidator
    ) {
        // `$person` stands for a reference to the person of the story.
        let person = "\"reference\":\"Patient/person\""
        let text = String(decoding: resource.compactText(), as: UTF8.self)
            .replacing("\"reference\":\"$person\"", with: person).replacing("\"$person\"", with: "{\(person)}")
        validate(text, resource, file, path, validator)
    }

    private mutating func validate(
        _ text: String, _ resource: JSONNode, _ file: ProgrammeFile, _ path: String, _ validator: ResourceValidator
    ) {
        guard let document = try? JSONDocument(parsing: Array(text.utf8)) else { return }
        for issue in validator.validate(document) where issue.severity == .error || issue.severity == .fatal {
            let place = issue.expression ?? ""
            tell(
                file, issue.code == .codeInvalid ? .code : .resource, "\(path): \(place)",
                Self.node(place, below: resource), issue.diagnostics)
        }
    }

    /// The value at a path such as `Observation.component[1].code`, or the nearest above it that is there.
    private static func node(_ path: String, below root: JSONNode) -> JSONNode {
        var node = root
        for step in path.split(separator: ".").dropFirst() {
            let parts = step.split(separator: "[")
            guard let name = parts.first, var next = node[JSONKey(String(name))] else { return node }
            if parts.count > 1, let index = Int(parts[1].dropLast()), let element = next[index] { next = element }
            node = next
        }
        return node
    }
}
