import FHIR
import JSON

// Rules of data types that the specification gives in prose.
extension RuleRun {
    mutating func meta(_ visit: Int) {
        guard options.depth == .full, let profiles = node(visit)[Keys.profile], survey.visits[visit].parent >= 0 else {
            return
        }
        let own = resource(around: visit)
        for (position, profile) in profiles.elements.enumerated() {
            guard let url = profile.string else { continue }
            conform(own, to: url, visit, below: "profile[\(position)]")
        }
    }

    /// Compares a resource with a profile that it claims, or that somebody asks for.
    mutating func conform(_ resource: Int, to url: String, _ visit: Int, below member: String?) {
        if let profile = given.resource("StructureDefinition", url) {
            return apply(profile, to: resource, visit, member)
        }
        let own = type(of: resource)
        let plain = String(url.prefix { $0 != "|" })
        let base = "http://hl7.org/fhir/StructureDefinition/"
        let name = plain.hasPrefix(base) ? String(plain.dropFirst(base.count)) : ""
        if definitions.isResourceType(name) {
            guard name != own else { return }
            report(
                .error, .structure, "the profile \(plain) is for \(name), but the resource is a \(own)", visit,
                below: member)
        } else if name != "Resource", name != "DomainResource" {
            report(
                .warning, .notSupported, "the profile \(shown(plain)) is not known here and has not been checked",
                visit, below: member)
        }
    }

    private mutating func apply(_ profile: JSONNode, to resource: Int, _ visit: Int, _ member: String?) {
        var known: Set<String> = []
        var next: JSONNode? = profile
        while let profile = next, known.insert(profile[Keys.url]?.string ?? "").inserted {
            next = profile["baseDefinition"]?.string.flatMap { given.resource("StructureDefinition", $0) }
            guard let tree = ProfileTree(profile) else { continue }
            let own = type(of: resource)
            guard tree.elements[0].name == own else {
                return report(
                    .error, .structure,
                    "the profile \(shown(profile[Keys.url]?.string ?? "")) is for "
                        + "\(tree.elements[0].name), but the resource is a \(own)", visit, below: member)
            }
            var check = ProfileCheck(tree, of: node(resource), definitions, terminology)
            check.run()
            for finding in check.findings {
                report(
                    finding.severity, finding.code, finding.text, resource,
                    below: finding.place.isEmpty ? nil : finding.place)
            }
        }
    }

    mutating func attachment(_ visit: Int) {
        let value = node(visit)
        guard let size = value[Keys.size]?.integer, let data = value[Keys.data] else { return }
        let bytes = data.withUTF8 { Self.bytesInBase64($0) } ?? 0
        guard bytes != size else { return }
        report(.error, .invalid, "Attachment.size says \(size) bytes, but data holds \(bytes)", visit, below: "size")
    }

    private static func bytesInBase64(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var letters = 0
        for byte in text where byte > UInt8(ascii: " ") && byte != UInt8(ascii: "=") { letters += 1 }
        return letters * 3 / 4
    }
}
