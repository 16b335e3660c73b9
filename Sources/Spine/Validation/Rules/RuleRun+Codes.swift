import FHIR
import JSON
import Terminology
import UCUM

// Codings, quantities and identifiers: systems that are named rightly, and codes that their systems have.
extension RuleRun {
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
        } else if let code = value[Keys.code]?.string {
            if system == UCUM.system {
                unit(code, visit)
            } else {
                known(system, code, value[Keys.display]?.string, visit)
            }
        }
    }

    private mutating func known(_ system: String, _ code: String, _ display: String?, _ visit: Int) {
        if let right = Self.misnamed(system) {
            return report(
                .error, .codeInvalid, "\(shown(system)) is no code system; this one is named \(right)", visit,
                below: "system")
        }
        guard let terminology else { return }
        switch terminology.finding(system: system, code: code, display: display) {
        case .none: break
        case .unknownCode:
            report(.error, .codeInvalid, "the code system \(system) has no code \(shown(code))", visit, below: "code")
        case .wrongDisplay(let name):
            report(
                .error, .codeInvalid,
                "\(shown(display ?? "")) is no name of \(code) of \(system); that is \(shown(name))",
                visit, below: "display")
        }
    }

    /// Names that come near those of the great terminologies: with https, or with something behind.
    private static func misnamed(_ system: String) -> String? {
        for right in [
            "http://snomed.info/sct", "http://loinc.org", "http://unitsofmeasure.org",
            "http://www.nlm.nih.gov/research/umls/rxnorm",
        ] {
            if system == "https" + right.dropFirst(4) || (system.hasPrefix(right) && system != right) { return right }
        }
        return nil
    }

    /// Whether a URL is that of one of FHIR's own value sets.
    private func isValueSet(_ url: String) -> Bool {
        url.hasPrefix("http://hl7.org/fhir/ValueSet/") || url.hasPrefix("http://terminology.hl7.org/ValueSet/")
            || definitions.valueSet(url) != nil
    }

    /// A code that no code system of its required value set has. The structural walk told that the value set lacks it;
    /// that its system can't be told either is a second fault.
    mutating func unplacedCodes() {
        for issue in survey.issues where issue.code == .codeInvalid {
            guard let offset = issue.byteOffset, offset < document.text.count,
                document.text[offset] == UInt8(ascii: "\"")
            else { continue }
            issues.append(
                Issue(
                    .error, .codeInvalid, "the system of the code can't be told: none of the value set has it",
                    expression: issue.expression, byteOffset: offset))
        }
    }

    mutating func identifier(_ visit: Int) {
        let value = node(visit)
        guard let system = value[Keys.system]?.string else { return }
        if !URIForms.isAbsolute(system) {
            report(
                .error, .invalid, "Identifier.system must be an absolute URI; found \(shown(system))", visit,
                below: "system")
        }
        guard system == "urn:ietf:rfc:3986", let text = value[Keys.value]?.string, !URIForms.hasScheme(text) else {
            return
        }
        report(
            .error, .invalid,
            "the value of an identifier of system urn:ietf:rfc:3986 is a full URI; found \(shown(text))",
            visit, below: "value")
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
}
