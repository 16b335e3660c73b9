import FHIR
import JSON

// Rules of data types that the specification gives in prose.
extension RuleRun {
    mutating func meta(_ visit: Int) {
        guard options.depth == .full, let profiles = node(visit)[Keys.profile], survey.visits[visit].parent >= 0 else {
            return
        }
        let own = type(of: resource(around: visit))
        for (position, profile) in profiles.elements.enumerated() {
            guard let url = profile.string.map({ String($0.prefix { $0 != "|" }) }) else { continue }
            let base = "http://hl7.org/fhir/StructureDefinition/"
            let name = url.hasPrefix(base) ? String(url.dropFirst(base.count)) : ""
            if definitions.isResourceType(name) {
                guard name != own else { continue }
                report(
                    .error, .structure, "the profile \(url) is for \(name), but the resource is a \(own)", visit,
                    below: "profile[\(position)]")
            } else if name != "Resource", name != "DomainResource" {
                report(
                    .warning, .notSupported, "the profile \(shown(url)) is not known here and has not been checked",
                    visit, below: "profile[\(position)]")
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
