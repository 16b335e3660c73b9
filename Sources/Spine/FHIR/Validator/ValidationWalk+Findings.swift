import JSON

// What goes into a finding. None of this runs for a clean resource.
extension ValidationWalk {
    /// Adds a finding at the value at hand.
    ///
    /// - Parameters:
    ///   - place: where in the text.
    ///   - member: a member of the value at hand that is meant instead.
    @inline(never)
    mutating func report(_ code: IssueCode, _ diagnostics: String, at place: Int, below member: String? = nil) {
        guard issues.count < issuesMax else {
            if !isFull {
                issues.append(Issue(.error, .tooLong, "more than \(issuesMax) findings; the others are not listed"))
            }
            isFull = true
            return
        }
        issues.append(
            Issue(
                .error, code, diagnostics, expression: expression(below: member), byteOffset: cursor.start(place)))
    }

    /// The location of the value at hand: element names, positions in lists and nothing else, as FHIR asks of
    /// `OperationOutcome.issue.expression`.
    private func expression(below member: String?) -> String? {
        guard !rootType.isEmpty else { return nil }
        var text = rootType
        for step in path[0..<depth] {
            text += "." + element(Int(step.row))
            if step.position >= 0 { text += "[\(step.position)]" }
        }
        if let member { text += "." + member }
        return text
    }

    /// The JSON name of a property.
    func name(_ row: Int) -> String {
        String(decoding: plan.names.name(row), as: UTF8.self)
    }

    /// The name of the element behind a property: without the type of a choice and the underscore of a sibling.
    func element(_ row: Int) -> String {
        plan.element(row)
    }

    /// A value as it may stand in a message: quoted, and cut when long.
    func shown(_ value: Int) -> String {
        guard cursor.kind(value) == .string else {
            return String(decoding: cursor.raw(value).prefix(40), as: UTF8.self)
        }
        let text = cursor.withUTF8(value) { String(decoding: $0, as: UTF8.self) }
        return text.count > 80 ? "\"\(text.prefix(80))…\"" : "\"\(text)\""
    }

    /// The name of a structure.
    private func title(_ structure: Int) -> String {
        definitions.structure(at: structure).name
    }

    @inline(never)
    mutating func unknown(_ key: Int, _ structure: Int) {
        let text = cursor.withUTF8(key) { String(decoding: $0, as: UTF8.self) }
        let name = text.count > 80 ? text.prefix(80) + "…" : text[...]
        let stem = definitions.structure(at: structure).members(ofElement: String(name))
        let hint = stem.isEmpty ? "" : "; it is written \(stem.prefix(12).map(\.name).joined(separator: ", "))"
        report(.structure, "\(title(structure)) has no element \(name)\(hint)", at: key, below: String(name))
    }

    @inline(never)
    mutating func missed(_ ordinals: UInt64, _ structure: Int, at place: Int) {
        let part = definitions.structure(at: structure)
        var elements: [String] = []
        for member in part.members where elements.last != member.element {
            elements.append(member.element)
        }
        for (ordinal, element) in elements.enumerated() where ordinals >> UInt64(ordinal) & 1 != 0 {
            report(.required, "\(part.name).\(element) is required", at: place, below: element)
        }
    }

    /// Reports a second type of one choice.
    @inline(never)
    mutating func choice(_ row: Int, _ key: Int, of parent: Int, _ structure: Int) {
        var place = parent + 1
        while place < key {
            let other = cursor.withUTF8(place) { plan.names.entry(of: $0, hash: keyHash($0), in: structure) }
            if other >= 0, rows[other].ordinal == rows[row].ordinal, rows[other].role != .resourceType,
                rows[other].member != rows[row].member
            {
                let element = element(row)
                let pair = "\(name(other)) and \(name(row))"
                return report(
                    .structure, "\(element)[x] may have one type only; found \(pair)", at: key, below: element)
            }
            place = cursor.next(place + 1)
        }
    }

    @inline(never)
    mutating func notAList(_ row: Int, _ value: Int) {
        report(
            .structure, "\(name(row)) must be an array, not \(cursor.kind(value).phrase)", at: value,
            below: element(row))
    }

    @inline(never)
    mutating func emptyList(_ row: Int, _ value: Int) {
        report(.structure, "\(name(row)): an array must have at least one element", at: value, below: element(row))
    }

    @inline(never)
    mutating func tooMany(_ row: Int, _ count: Int, _ value: Int) {
        report(
            .structure, "\(name(row)) may have \(rows[row].max) values; found \(count)", at: value,
            below: element(row))
    }

    @inline(never)
    mutating func wrongKind(_ row: Int, _ value: Int, _ expected: String) {
        let kind = cursor.kind(value)
        let found = kind == .null ? "null, which is never allowed here" : kind.phrase
        let type = rows[row].role == .primitive ? " (\(rows[row].primitive.name))" : ""
        report(.structure, "\(name(row)) must be \(expected)\(type); found \(found)", at: value)
    }

    @inline(never)
    mutating func emptyText(_ row: Int, _ value: Int) {
        report(.value, "\(name(row)) must not be empty", at: value)
    }

    @inline(never)
    mutating func tooLong(_ row: Int, _ value: Int) {
        report(.tooLong, "\(name(row)) is longer than the 1 MB that FHIR allows a string", at: value)
    }

    @inline(never)
    mutating func wrongNumber(_ row: Int, _ value: Int) {
        let allowed =
            switch rows[row].primitive {
            case .positiveInt: "an integer from 1 to 2147483647"
            case .unsignedInt: "an integer from 0 to 2147483647"
            default: "an integer from -2147483648 to 2147483647"
            }
        report(.value, "\(name(row)) must be \(allowed); found \(shown(value))", at: value)
    }

    @inline(never)
    mutating func wrongForm(_ row: Int, _ value: Int) {
        let type = rows[row].primitive
        let found =
            switch type {
            // These may hold what a person wrote.
            case .string, .markdown, .xhtml, .base64Binary: ""
            default: "; found \(shown(value))"
            }
        report(.value, "\(name(row)) does not have the form of \(type.name), \(type.formInWords)\(found)", at: value)
    }

    @inline(never)
    mutating func wrongCode(_ row: Int, _ value: Int) {
        let index = Int(rows[row].valueSet)
        // Not enumerable from the tables: nothing to compare with.
        guard let valueSet = definitions.valueSets[index] else { return }
        report(
            .codeInvalid,
            "\(name(row)): \(shown(value)) is not in the required value set \(valueSet.url)\(allowed(valueSet))",
            at: value)
    }

    @inline(never)
    mutating func wrongCoding(_ row: Int, _ value: Int, _ valueSet: RequiredValueSet) {
        report(
            .codeInvalid,
            "\(name(row)) needs a coding from the required value set \(valueSet.url)\(allowed(valueSet))", at: value)
    }

    private func allowed(_ valueSet: RequiredValueSet) -> String {
        let codes = valueSet.codes
        return codes.count > 16 ? "" : " (\(codes.joined(separator: ", ")))"
    }
}

extension JSONKind {
    /// The kind in words.
    var phrase: String {
        switch self {
        case .null: "null"
        case .true, .false: "a truth value"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension PrimitiveType {
    /// What a text of the type looks like.
    var formInWords: String {
        switch self {
        case .base64Binary: "Base64 in groups of four"
        case .boolean: "true or false"
        case .canonical, .uri, .url: "a URI without whitespace"
        case .code: "words with single spaces between them"
        case .date: "YYYY, YYYY-MM or YYYY-MM-DD"
        case .dateTime: "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with zone"
        case .decimal: "a decimal number"
        case .id: "1 to 64 letters, digits, hyphens and points"
        case .instant: "YYYY-MM-DDThh:mm:ss with zone"
        case .integer: "an integer"
        case .markdown, .string: "text without vertical tab or form feed"
        case .oid: "urn:oid: and arcs with points between them"
        case .positiveInt: "an integer above zero"
        case .time: "hh:mm:ss"
        case .unsignedInt: "an integer of zero or more"
        case .uuid: "urn:uuid: and a UUID in lower case"
        case .xhtml: "XHTML that begins with <div"
        }
    }
}
