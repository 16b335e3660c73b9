import FHIR
import JSON
import Terminology
import Validation

// Resources that R4 allows, with names that nothing else has.
extension CheckRun {
    mutating func resources(_ validator: ResourceValidator) {
        var ids: [String: ProgrammeFile] = [:]
        var urls: [String: ProgrammeFile] = [:]
        for file in programme.files where file.kind != .scenarios && file.kind != .series {
            guard typeIsRight(file) else { continue }
            names(file, &ids, &urls)
            if file.kind != .views { validate(file, validator) }
            valueSet(file)
        }
    }

    private mutating func typeIsRight(_ file: ProgrammeFile) -> Bool {
        let root = file.document.root
        let allowed = file.kind.resourceTypes
        guard root.isObject else {
            tell(file, .resource, "", root, "the file must hold one resource")
            return false
        }
        guard !allowed.isEmpty else { return true }
        guard let type = file.resourceType else {
            tell(
                file, .resource, "resourceType", root, "resourceType is missing",
                hint: "write “resourceType: \(allowed[0])”")
            return false
        }
        guard allowed.contains(type) else {
            tell(
                file, .layout, "resourceType", root["resourceType"],
                "\(file.kind.rawValue)/ holds \(allowed.joined(separator: ", ")); found \(type)")
            return false
        }
        return true
    }

    private mutating func names(
        _ file: ProgrammeFile, _ ids: inout [String: ProgrammeFile], _ urls: inout [String: ProgrammeFile]
    ) {
        let root = file.document.root
        let type = file.resourceType ?? "Resource"
        if let id = file.id {
            if let other = ids.updateValue(file, forKey: "\(type)/\(id)") {
                tell(file, .name, "\(type).id", root["id"], "\(other.path) has the id \(id) too")
            }
        } else if file.kind != .views {
            tell(file, .name, "\(type).id", root, "the id is missing")
        }
        guard let url = file.url else {
            if file.kind != .views {
                tell(
                    file, .name, "\(type).url", root, "the canonical url is missing",
                    hint: "write “url: \(Programme.canonicalBase)/\(type)/\(file.id ?? "…")”")
            }
            return
        }
        if let other = urls.updateValue(file, forKey: url) {
            tell(file, .name, "\(type).url", root["url"], "\(other.path) has the url \(url) too")
        }
        if let id = file.id, url.hasPrefix(Programme.canonicalBase + "/"),
            url != "\(Programme.canonicalBase)/\(type)/\(id)"
        {
            tell(
                file, .name, "\(type).url", root["url"], "the url \(url) does not end with the type and the id",
                hint: "write \(Programme.canonicalBase)/\(type)/\(id)")
        }
    }

    private mutating func validate(_ file: ProgrammeFile, _ validator: ResourceValidator) {
        for issue in validator.validate(file.document) where issue.severity != .information {
            if isAllowed(issue) { continue }
            faults.append(
                ProgrammeFault(
                    issue.code == .codeInvalid ? .code : .resource, file: file.path,
                    line: issue.byteOffset.flatMap(file.line(atByte:)), path: issue.expression ?? "",
                    issue.diagnostics, hint: typeHint(issue, file),
                    severity: issue.severity == .warning ? .warning : .error))
        }
    }

    /// What a programme may do that the validator minds: named expressions on a PlanDefinition, as later versions of FHIR
    /// have them; ranges whose ends are computed; roles without a system, for they are the programme's own; and what another finding says better of a code
    /// that its value set lacks.
    private func isAllowed(_ issue: Issue) -> Bool {
        let path = issue.expression ?? ""
        return issue.diagnostics.hasPrefix("the system of the code can't be told")
            || (issue.diagnostics.hasPrefix(PathwayNames.variable + " may stand")
                && path.hasPrefix("PlanDefinition.extension"))
            || (issue.diagnostics.hasPrefix("rng-2 could not be checked") && path.hasSuffix(".timing"))
            || (issue.diagnostics.hasPrefix("a code without a system") && path.contains(".participant["))
    }

    /// What YAML makes of a word is not always what its writer sees.
    private func typeHint(_ issue: Issue, _ file: ProgrammeFile) -> String {
        guard let offset = issue.byteOffset, offset < file.document.text.count else { return "" }
        let text = file.document.text[offset...].prefix(40)
        guard text.first == UInt8(ascii: "\"") else { return "" }
        if issue.diagnostics.contains("a number") { return "write the number without quotes" }
        if issue.diagnostics.contains("true or false") { return "write true or false, without quotes" }
        return ""
    }

    /// The value sets and code systems that a value set is made of are there; the validator sees to the codes.
    private mutating func valueSet(_ file: ProgrammeFile) {
        guard file.resourceType == "ValueSet", let compose = file.document.root["compose"] else { return }
        for (position, include) in (compose["include"]?.elements.map { $0 } ?? []).enumerated() {
            let path = "ValueSet.compose.include[\(position)]"
            for (number, set) in (include["valueSet"]?.elements.map { $0 } ?? []).enumerated() {
                guard let url = set.string else { continue }
                knownValueSet(file, url, "\(path).valueSet[\(number)]", set)
            }
            guard let system = include["system"]?.string else { continue }
            if system.hasPrefix(Programme.canonicalBase), (try? terminology.codeSystem(system)) == nil,
                !programme.isIncomplete(.codes)
            {
                tell(file, .reference, path + ".system", include["system"], "there is no code system \(system)")
            }
        }
    }

    /// Tells when a value set is known nowhere.
    mutating func knownValueSet(_ file: ProgrammeFile, _ url: String, _ path: String, _ node: JSONNode, row: Int = 1) {
        let (plain, version) = Canonicals.split(url)
        if programme.file(url: url) != nil || knownURLs.contains(plain) { return }
        if (try? terminology.valueSetResource(url: plain, version: version)) != nil { return }
        if definitions.valueSet(plain) != nil || programme.isIncomplete(.codes) { return }
        tell(
            file, .reference, path, node, row: row, "there is no value set \(url)",
            hint: near(url, programme.files(.codes).compactMap(\.url)))
    }
}
