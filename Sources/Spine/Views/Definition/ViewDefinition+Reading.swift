public import FHIR
public import JSON

extension ViewDefinition {
    /// Reads a ViewDefinition.
    ///
    /// - Parameters:
    ///   - node: the resource, with or without `resourceType`.
    ///   - definitions: the resource types that there are.
    /// - Throws: every finding at once.
    public init(_ node: JSONNode, definitions: Definitions) throws(ViewError) {
        var reader = ViewReader(definitions: definitions)
        let view = reader.view(node)
        guard let view, reader.findings.isEmpty else { throw ViewError(reader.findings) }
        self = view
    }
}

/// Reads the parts of a ViewDefinition and collects what is wrong with them.
private struct ViewReader {
    typealias Finding = ViewError.Finding

    let definitions: Definitions
    var findings: [Finding] = []

    private static let constantTypes: Set<String> = [
        "base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer",
        "integer64", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url", "uuid",
    ]
    private static let selectMembers = ["column", "select", "forEach", "forEachOrNull", "repeat", "unionAll"]
    private static let columnMembers = ["name", "path", "type", "collection", "description", "tag"]

    mutating func view(_ node: JSONNode) -> ViewDefinition? {
        guard node.isObject else {
            find("", "A ViewDefinition is a JSON object.")
            return nil
        }
        if let type = node["resourceType"]?.string, type != "ViewDefinition" {
            find("resourceType", "The resource is a \(type), but a ViewDefinition is needed.")
            return nil
        }
        checkSpelling(of: node, ["name", "url", "resource", "constant", "select", "where"], "")
        let name = optionalName(node, "name")
        let resource = text(node, "resource", "")
        if let resource, !definitions.isResourceType(resource) {
            find("resource", "“\(resource.prefix(64))” is no resource type of FHIR R4.")
        }
        let constants = list(node, "constant", "").compactMap { constant($0.node, $0.place) }
        for (index, constant) in constants.enumerated()
        where constants[..<index].contains(where: { $0.name == constant.name }) {
            find("constant[\(index)].name", "The constant \(constant.name) is defined twice.")
        }
        let wheres = list(node, "where", "").compactMap { text($0.node, "path", $0.place) }
        guard node["select"] != nil else {
            find("select", "A view needs at least one select with columns.")
            return nil
        }
        let selects = list(node, "select", "").map { select($0.node, $0.place) }
        if selects.isEmpty { find("select", "A view needs at least one select with columns.") }
        checkColumns(selects)
        guard let resource else { return nil }
        return ViewDefinition(
            name: name, url: node["url"]?.string, resource: resource, constants: constants, selects: selects,
            wheres: wheres)
    }

    private mutating func constant(_ node: JSONNode, _ place: String) -> ViewDefinition.Constant? {
        let name = requiredName(node, place)
        let values = node.members.filter { $0.key.string?.hasPrefix("value") == true }
        guard values.count == 1, let key = values[0].key.string else {
            find(place, "A constant needs exactly one value such as valueString or valueCode; it has \(values.count).")
            return nil
        }
        let stem = key.dropFirst("value".count)
        let type = stem.prefix(1).lowercased() + stem.dropFirst()
        let value = values[0].value
        guard Self.constantTypes.contains(type) else {
            find("\(place).\(key)", "A constant holds a primitive value, not a \(stem).")
            return nil
        }
        let isRight =
            switch type {
            case "boolean": value.bool != nil
            case "decimal": value.isNumber
            case "integer", "positiveInt", "unsignedInt": value.integer != nil
            case "integer64": value.integer != nil || value.isString
            default: value.isString
            }
        guard isRight else {
            find("\(place).\(key)", "The value is not a \(type).")
            return nil
        }
        guard let name else { return nil }
        return ViewDefinition.Constant(name: name, type: type, json: Array(value.rawText))
    }

    private mutating func select(_ node: JSONNode, _ place: String) -> ViewDefinition.Select {
        var select = ViewDefinition.Select()
        select.place = place
        checkSpelling(of: node, Self.selectMembers, place)
        select.iteration = iteration(node, place)
        select.columns = list(node, "column", place).compactMap { column($0.node, $0.place) }
        select.selects = list(node, "select", place).map { self.select($0.node, $0.place) }
        select.unions = list(node, "unionAll", place).map { self.select($0.node, $0.place) }
        if node["column"] == nil, node["select"] == nil, node["unionAll"] == nil {
            find(place, "A select needs column, select or unionAll.")
        }
        return select
    }

    private mutating func iteration(_ node: JSONNode, _ place: String) -> ViewDefinition.Select.Iteration {
        let given = ["forEach", "forEachOrNull", "repeat"].filter { node[JSONKey($0)] != nil }
        guard given.count < 2 else {
            find(
                place,
                "A select has only one of forEach, forEachOrNull and repeat; it has \(given.joined(separator: ", ")).")
            return .none
        }
        switch given.first {
        case "forEach": return text(node, "forEach", place).map { .forEach($0) } ?? .none
        case "forEachOrNull": return text(node, "forEachOrNull", place).map { .forEachOrNull($0) } ?? .none
        case "repeat":
            let paths = node["repeat"].map { Array($0.elements) } ?? []
            let texts = paths.compactMap(\.string)
            guard !texts.isEmpty, texts.count == paths.count, !texts.contains("") else {
                find("\(place).repeat", "repeat is a list of FHIRPath expressions.")
                return .none
            }
            return .repeat(texts)
        default: return .none
        }
    }

    private mutating func column(_ node: JSONNode, _ place: String) -> ViewDefinition.Column? {
        checkSpelling(of: node, Self.columnMembers, place)
        let name = requiredName(node, place)
        let path = text(node, "path", place)
        if let type = node["type"], type.string == nil { find("\(place).type", "The type is a text such as string.") }
        let collection = node["collection"]
        if let collection, collection.bool == nil { find("\(place).collection", "collection is true or false.") }
        guard let name, let path else { return nil }
        return ViewDefinition.Column(
            name: name, path: path, type: node["type"]?.string, isCollection: collection?.bool ?? false, place: place)
    }

    // MARK: Columns of the whole

    /// Names must differ, but for the branches of a union, whose names must be the same in the same order.
    private mutating func checkColumns(_ selects: [ViewDefinition.Select]) {
        var seen: Set<String> = []
        for select in selects { checkColumns(select, &seen) }
        if findings.isEmpty, seen.isEmpty { find("select", "The view has no column.") }
    }

    private mutating func checkColumns(_ select: ViewDefinition.Select, _ seen: inout Set<String>) {
        for column in select.columns where !seen.insert(column.name).inserted {
            find("\(column.place).name", "There is another column \(column.name); each needs a name of its own.")
        }
        for part in select.selects { checkColumns(part, &seen) }
        guard let first = select.unions.first else { return }
        let names = first.allColumns.map(\.name)
        for branch in select.unions.dropFirst() {
            let own = branch.allColumns.map(\.name)
            if own != names {
                find(
                    branch.place,
                    "All branches of a unionAll need the same columns in the same order: the first has "
                        + "\(names.joined(separator: ", ")), this one \(own.joined(separator: ", ")).")
            }
            var taken = seen
            checkColumns(branch, &taken)
        }
        checkColumns(first, &seen)
    }

    // MARK: Members

    private mutating func find(_ place: String, _ message: String) {
        findings.append(Finding(place: place, message: message))
    }

    private mutating func list(_ node: JSONNode, _ name: String, _ place: String) -> [(node: JSONNode, place: String)] {
        guard let value = node[JSONKey(name)] else { return [] }
        let path = place.isEmpty ? name : "\(place).\(name)"
        guard value.isArray else {
            find(path, "\(name) is a list.")
            return []
        }
        var result: [(node: JSONNode, place: String)] = []
        for (index, element) in value.elements.enumerated() {
            if element.isObject {
                result.append((element, "\(path)[\(index)]"))
            } else {
                find("\(path)[\(index)]", "An object is needed here.")
            }
        }
        return result
    }

    private mutating func text(_ node: JSONNode, _ name: String, _ place: String) -> String? {
        let path = place.isEmpty ? name : "\(place).\(name)"
        guard let value = node[JSONKey(name)] else {
            find(path, "\(name) is missing.")
            return nil
        }
        guard let text = value.string, !text.isEmpty else {
            find(path, "\(name) is a text that isn't empty.")
            return nil
        }
        return text
    }

    private mutating func requiredName(_ node: JSONNode, _ place: String) -> String? {
        guard let name = text(node, "name", place) else { return nil }
        guard ViewDefinition.isName(name) else {
            find(
                "\(place).name",
                "“\(name.prefix(64))” is no name for a database: letters, digits and underscores, a letter first.")
            return nil
        }
        return name
    }

    private mutating func optionalName(_ node: JSONNode, _ member: JSONKey) -> String? {
        guard let name = node[member]?.string else { return nil }
        guard ViewDefinition.isName(name) else {
            find(
                "name",
                "“\(name.prefix(64))” is no name for a database: letters, digits and underscores, a letter first.")
            return nil
        }
        return name
    }

    /// A member that is known but for its capitals would otherwise be passed over in silence.
    private mutating func checkSpelling(of node: JSONNode, _ known: [String], _ place: String) {
        for (key, _) in node.members {
            guard let key = key.string, !known.contains(key) else { continue }
            let lower = key.lowercased()
            guard let meant = known.first(where: { $0.lowercased() == lower || $0.lowercased() + "s" == lower }) else {
                continue
            }
            find(place.isEmpty ? key : "\(place).\(key)", "\(key) is not known here; \(meant) is meant.")
        }
    }
}

extension ViewDefinition {
    /// Whether a name suits databases: letters, digits and underscores, a letter first.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || $0 == UInt8(ascii: "_") || (48...57).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte)
    }
}
