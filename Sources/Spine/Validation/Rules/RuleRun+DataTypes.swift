import FHIR
import JSON
import UCUM

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

    mutating func `extension`(_ visit: Int) {
        guard let url = node(visit)[Keys.url]?.string else { return }
        if url.contains("|") {
            report(.error, .invalid, "the URL of an extension must not name a version; found \(shown(url))", visit)
        }
        let parent = Int(survey.visits[visit].parent)
        let isNested = parent >= 0 && survey.visits[parent].structure == survey.visits[visit].structure
        if !isNested, !URIForms.isAbsolute(url) {
            report(.error, .invalid, "the URL of an extension must be absolute; found \(shown(url))", visit)
        }
    }

    mutating func coding(_ visit: Int) {
        let value = node(visit)
        guard let system = value[Keys.system]?.string else {
            if value[Keys.code] != nil {
                report(.warning, .invalid, "a code without a system has no meaning: add Coding.system", visit)
            }
            return
        }
        if !URIForms.isAbsolute(system) {
            report(
                .error, .invalid, "Coding.system must be an absolute URI; found \(shown(system))", visit,
                below: "system")
        } else if isValueSet(system) {
            report(
                .error, .invalid,
                "Coding.system names a value set, \(shown(system)); name the code system that the code comes from",
                visit, below: "system")
        } else if system == UCUM.system, let code = value[Keys.code]?.string {
            unit(code, visit)
        }
    }

    /// Whether a URL is that of one of FHIR's own value sets.
    private func isValueSet(_ url: String) -> Bool {
        url.hasPrefix("http://hl7.org/fhir/ValueSet/") || url.hasPrefix("http://terminology.hl7.org/ValueSet/")
            || definitions.valueSet(url) != nil
    }

    mutating func identifier(_ visit: Int) {
        guard let system = node(visit)[Keys.system]?.string else { return }
        if !URIForms.isAbsolute(system) {
            report(
                .error, .invalid, "Identifier.system must be an absolute URI; found \(shown(system))", visit,
                below: "system")
        }
    }

    mutating func quantity(_ visit: Int) {
        let value = node(visit)
        guard value[Keys.system]?.equals(UCUM.system) == true, let code = value[Keys.code]?.string else { return }
        unit(code, visit)
    }

    private mutating func unit(_ code: String, _ visit: Int) {
        guard UCUM.unit(code) == nil else { return }
        var reason = ""
        do throws(UCUMError) { _ = try UCUMUnit(parsing: code) } catch { reason = error.description }
        // A warning: records in use are full of "TAB" and "mcg", the official examples too.
        report(
            .warning, .codeInvalid, "\(shown(code)) is no unit of UCUM: \(reason)", visit, below: "code")
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
