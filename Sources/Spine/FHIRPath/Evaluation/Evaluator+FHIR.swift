import JSON

extension Evaluator {
    private static let referenceKey: JSONFixedKey = "reference"
    private static let containedKey: JSONFixedKey = "contained"
    private static let idKey: JSONFixedKey = "id"
    private static let entryKey: JSONFixedKey = "entry"
    private static let fullURLKey: JSONFixedKey = "fullUrl"
    private static let resourceKey: JSONFixedKey = "resource"
    private static let codingKey: JSONFixedKey = "coding"
    private static let systemKey: JSONFixedKey = "system"
    private static let codeKey: JSONFixedKey = "code"
    private static let urlKey: JSONFixedKey = "url"
    private static let modifierKey: JSONFixedKey = "modifierExtension"

    /// Functions that FHIR adds, and those of SQL on FHIR.
    mutating func fhirFunction(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items? {
        let offset = call.offset
        switch call.function {
        case .getValue:
            guard let value = try singleton(input, offset) else { return Items() }
            guard case .node(let node) = value else { return input }
            return node.isPrimitive ? Items(node.system) : Items()
        case .resolve:
            var result = Items()
            for item in input {
                guard let reference = reference(item), let found = resolved(reference, from: item) else { continue }
                result.append(contentsOf: typed(found))
            }
            return result
        case .conformsTo: return try conforms(call, input)
        case .memberOf: return try member(call, input)
        case .subsumes, .subsumedBy: return try subsumption(call, input)
        case .checkModifiers:
            let known = Set(try scoped(call.arguments[0]).compactMap { $0.system?.conversionText })
            for item in input {
                guard case .node(let node) = item, !node.isPrimitive else { continue }
                for modifier in node.place[Self.modifierKey]?.elements.map({ $0 }) ?? [] {
                    let url = modifier[Self.urlKey]?.string ?? ""
                    guard known.contains(url) else { throw fault("an unknown modifier extension \(url)", offset) }
                }
            }
            return input
        case .htmlChecks:
            guard let text = try string(input, offset) else { return Items() }
            return .boolean(Narrative.isAllowed(text))
        case .elementDefinition: return elementDefinitions(input)
        case .slice:
            // No structure with slices is known, and one that isn't known has none.
            for argument in call.arguments { _ = try string(try scoped(argument), offset) }
            return Items()
        case .weight, .ordinal: return weights(input)
        case .getResourceKey:
            return Items(
                input.compactMap { item in
                    guard case .node(let node) = item else { return nil }
                    return node.place[Self.idKey]?.string.map { Item.string($0) }
                })
        case .getReferenceKey: return referenceKeys(call, input)
        default: return nil
        }
    }

    // MARK: Scores

    private static let extensionKey: JSONFixedKey = "extension"
    private static let valueDecimalKey: JSONFixedKey = "valueDecimal"
    /// The extensions that hold a score: that of R4, and that of R5.
    private static let weightURLs: Set<String> = [
        "http://hl7.org/fhir/StructureDefinition/ordinalValue", "http://hl7.org/fhir/StructureDefinition/itemWeight",
    ]

    /// The score of each item that has one (SDC, `weight()`; R4 called it `ordinal()`).
    private func weights(_ input: Items) -> Items {
        var result = Items()
        for item in input {
            guard case .node(let node) = item, !node.isSiblingAlone else { continue }
            for found in node.place[Self.extensionKey]?.elements.map({ $0 }) ?? []
            where found[Self.urlKey]?.string.map(Self.weightURLs.contains) == true {
                guard let value = found[Self.valueDecimalKey] else { continue }
                result.append(contentsOf: Items(Node(value, type: model.type("decimal") ?? TypeModel.unknown).system))
            }
        }
        return result
    }

    // MARK: References

    private func reference(_ item: Item) -> String? {
        guard case .node(let node) = item else { return item.system?.conversionText }
        return node.isPrimitive
            ? (node.isSiblingAlone ? nil : node.place.string) : node.place[Self.referenceKey]?.string
    }

    private mutating func resolved(_ reference: String, from item: Item) -> JSONPlace? {
        let root =
            (environment.pointee.rootResource ?? environment.pointee.resource).map { JSONPlace($0) } ?? contextPlace
        if reference.hasPrefix("#") {
            let id = String(reference.dropFirst())
            guard let holder = root else { return nil }
            if id.isEmpty { return holder }
            for resource in [environment.pointee.resource.map { JSONPlace($0) }, holder] {
                for contained in resource?[Self.containedKey]?.elements.map({ $0 }) ?? []
                where contained[Self.idKey]?.equals(id) == true {
                    return contained
                }
            }
            return nil
        }
        // An entry of the Bundle around it.
        if let root, let entries = root[Self.entryKey] {
            for entry in entries.elements {
                guard let url = entry[Self.fullURLKey]?.string, let resource = entry[Self.resourceKey] else { continue }
                if url == reference || !reference.contains(":") && url.hasSuffix("/" + reference) { return resource }
            }
        }
        guard let found = environment.pointee.resolve?(reference) else { return nil }
        documents.append(found.document)
        return JSONPlace(found)
    }

    private var contextPlace: JSONPlace? {
        guard case .node(let node) = context.first, !node.isSiblingAlone else { return nil }
        return node.place
    }

    private func referenceKeys(_ call: Call, _ input: Items) -> Items {
        let wanted = call.type.flatMap { $0.fhir >= 0 ? model.types[Int($0.fhir)].name : nil }
        return Items(
            input.compactMap { item -> Item? in
                guard let reference = reference(item) else { return nil }
                let plain = reference.split(separator: "#", omittingEmptySubsequences: false).first ?? ""
                var parts = plain.split(separator: "/")
                if let history = parts.lastIndex(of: "_history") { parts = Array(parts[..<history]) }
                guard let id = parts.last else { return nil }
                if parts.count >= 2 {
                    guard wanted == nil || parts[parts.count - 2] == wanted ?? "" else { return nil }
                    return .string(String(id))
                }
                if plain.hasPrefix("urn:"), wanted == nil, let id = plain.split(separator: ":").last {
                    return .string(String(id))
                }
                return wanted == nil ? .string(String(id)) : nil
            })
    }

    // MARK: Profiles and terminology

    private mutating func conforms(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let value = try singleton(input, call.offset),
            let profile = try string(try scoped(call.arguments[0]), call.offset)
        else { return Items() }
        guard case .node(let node) = value else { return .boolean(false) }
        let base = "http://hl7.org/fhir/StructureDefinition/"
        let name = profile.dropFirst(base.count).prefix { $0 != "|" }
        if profile.hasPrefix(base), let type = model.type(String(name)) {
            return .boolean(model.isType(node.type, type))
        }
        if let answer = environment.pointee.conformsTo?(node.place.node, profile) { return .boolean(answer) }
        throw fault("the profile \(profile) isn't known", call.offset)
    }

    private func codings(_ value: Item) -> [(system: String?, code: String)] {
        guard case .node(let node) = value, !node.isPrimitive else {
            return value.system?.conversionText.map { [(nil, $0)] } ?? []
        }
        let nodes = node.place[Self.codingKey]?.elements.map { $0 } ?? [node.place]
        return nodes.compactMap { coding in
            coding[Self.codeKey]?.string.map { (coding[Self.systemKey]?.string, $0) }
        }
    }

    private mutating func member(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let value = try singleton(input, call.offset),
            let valueSet = try string(try scoped(call.arguments[0]), call.offset),
            let memberOf = environment.pointee.memberOf
        else { return Items() }
        var result: Bool?
        for coding in codings(value) {
            switch memberOf(coding.system, coding.code, valueSet) {
            case true: return .boolean(true)
            case false: result = result ?? false
            default: break
            }
        }
        return .boolean(result)
    }

    private mutating func subsumption(_ call: Call, _ input: Items) throws(FHIRPathError) -> Items {
        guard let one = try singleton(input, call.offset),
            let other = try singleton(try scoped(call.arguments[0]), call.offset),
            let subsumes = environment.pointee.subsumes
        else { return Items() }
        var result: Bool?
        for left in codings(one) {
            for right in codings(other) {
                guard let system = left.system ?? right.system, left.system == nil || left.system == right.system else {
                    continue
                }
                let (above, below) = call.function == .subsumes ? (left.code, right.code) : (right.code, left.code)
                switch subsumes(system, above, below) {
                case true: return .boolean(true)
                case false: result = result ?? false
                default: break
                }
            }
        }
        return .boolean(result)
    }
}
