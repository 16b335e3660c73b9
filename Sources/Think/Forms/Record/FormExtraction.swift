import CCrypto
import FHIR
public import JSON

/// A resource that is made of answers, with the id that the same answer always gets.
public struct ExtractedResource: Sendable {
    /// The resource type.
    public let type: String
    /// Made from the response's id and the place in it: extracting again writes the same resource.
    public let id: String
    /// The resource.
    public let document: JSONDocument
}

extension FormState {
    /// The resources that a signed response stands for (SDC, observation-based and definition-based extraction).
    ///
    /// - Parameters:
    ///   - response: the response's id.
    ///   - head: whom it is about, when and by whom it was answered.
    ///   - encounter: the visit's reference; nil for none.
    /// - Returns: Observations and others, each before what refers to it.
    public func extracted(from response: String, _ head: FormHead, encounter: String? = nil) -> [ExtractedResource] {
        var extraction = FormExtraction(state: self, response: response, head: head, encounter: encounter)
        extraction.run()
        return extraction.found
    }

    /// The same as a transaction Bundle of updates (`$extract`).
    public func extractedBundle(from response: String, _ head: FormHead, encounter: String? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Bundle")
        writer.member("type", string: "transaction")
        let found = extracted(from: response, head, encounter: encounter)
        if !found.isEmpty {
            writer.key("entry")
            writer.beginArray()
            for resource in found {
                let key = "\(resource.type)/\(resource.id)"
                writer.beginObject()
                writer.member("resource", node: resource.document.root)
                writer.key("request")
                writer.beginObject()
                writer.member("method", string: "PUT")
                writer.member("url", string: key)
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }
}

private struct FormExtraction {
    let state: FormState
    let response: String
    let head: FormHead
    let encounter: String?
    var found: [ExtractedResource] = []

    private var form: Form { state.form }

    /// An Observation that waits for its components and members.
    private struct Parent {
        let id: String
        var components: [(FormItem, FormValue)] = []
        var members: [String] = []
    }

    mutating func run() {
        var nobody: Parent?
        walk(state.nodes, in: "q", &nobody)
    }

    private mutating func walk(_ nodes: [FormNode], in container: String, _ parent: inout Parent?) {
        var all: [(String, FormNode)] = []
        form.forEach(nodes, in: container) { all.append(($0, $1)) }
        for (name, node) in all where state.isEnabled(name) {
            let item = form.items[node.item]
            if let type = item.extractionType { resource(type, node, name) }
            if item.type == .group {
                group(item, node, name, &parent)
            } else {
                question(item, node, name, &parent)
            }
        }
    }

    private mutating func group(_ item: FormItem, _ node: FormNode, _ name: String, _ parent: inout Parent?) {
        guard item.extract != nil else { return walk(node.nodes, in: name, &parent) }
        var own: Parent? = Parent(id: id("Observation", name))
        let before = found.count
        walk(node.nodes, in: name, &own)
        guard let own, !own.components.isEmpty || !own.members.isEmpty || found.count > before else { return }
        relate(item, own.id, to: &parent)
        observation(item, own.id, value: nil, own, derivedFrom: item.extract == .derived ? parent?.id : nil)
    }

    private mutating func question(_ item: FormItem, _ node: FormNode, _ name: String, _ parent: inout Parent?) {
        for (number, answer) in node.answers.enumerated() {
            guard let value = answer.value else { continue }
            var inner: Parent?
            if item.extract != nil, item.extract != .component {
                inner = Parent(id: id("Observation", "\(name)-\(number)"))
            }
            walk(answer.nodes, in: "\(name)-\(number)", &inner)
            switch item.extract {
            case nil: continue
            case .component: parent?.components.append((item, value))
            case .independent, .member, .derived:
                guard let inner else { continue }
                relate(item, inner.id, to: &parent)
                observation(
                    item, inner.id, value: value, inner, derivedFrom: item.extract == .derived ? parent?.id : nil)
            }
        }
    }

    private func relate(_ item: FormItem, _ id: String, to parent: inout Parent?) {
        if item.extract == .member { parent?.members.append(id) }
    }

    // MARK: Observations

    private mutating func observation(
        _ item: FormItem, _ id: String, value: FormValue?, _ own: Parent, derivedFrom: String?
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Observation")
        writer.member("id", string: id)
        writer.member("status", string: "final")
        writer.key("category")
        writer.beginArray()
        let categories = categories(item)
        for category in categories { writer.node(category) }
        if categories.isEmpty {
            writer.raw(
                Array(
                    #"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"survey"}]}"#
                        .utf8))
        }
        writer.endArray()
        code(item, &writer)
        if let subject = head.subject { writer.reference("subject", subject) }
        if let encounter { writer.reference("encounter", encounter) }
        writer.member("effectiveDateTime", string: head.authored)
        if let author = head.author {
            writer.key("performer")
            writer.beginArray()
            writer.reference(author.reference)
            writer.endArray()
        }
        if let value { write(value, item, &writer) }
        if !own.members.isEmpty {
            writer.key("hasMember")
            writer.beginArray()
            for member in own.members { writer.reference("Observation/" + member) }
            writer.endArray()
        }
        writer.key("derivedFrom")
        writer.beginArray()
        writer.reference("QuestionnaireResponse/" + response)
        if let derivedFrom { writer.reference("Observation/" + derivedFrom) }
        writer.endArray()
        if !own.components.isEmpty {
            writer.key("component")
            writer.beginArray()
            for (item, value) in own.components {
                writer.beginObject()
                code(item, &writer)
                write(value, item, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        keep("Observation", id, writer.bytes)
    }

    /// The item's own categories, or those of the nearest item around it.
    private func categories(_ item: FormItem) -> [JSONNode] {
        var next: FormItem? = item
        while let item = next {
            if !item.categories.isEmpty { return item.categories }
            next = item.parent.map { form.items[$0] }
        }
        return []
    }

    private func code(_ item: FormItem, _ writer: inout JSONWriter) {
        writer.key("code")
        writer.beginObject()
        writer.key("coding")
        writer.beginArray()
        for code in item.codes { writer.node(code) }
        writer.endArray()
        if let text = item.text?.zh { writer.member("text", string: text) }
        writer.endObject()
    }

    /// `Observation.value[x]` of R4, which has no decimal, date, address or Coding.
    private func write(_ value: FormValue, _ item: FormItem, _ writer: inout JSONWriter) {
        switch value.kind {
        case .coding:
            writer.key("valueCodeableConcept")
            writer.concept(value)
        case .decimal: writer.member("valueQuantity", raw: form.quantity(value.text, item.unit)?.json ?? [])
        case .integer where item.unit != nil:
            writer.member("valueQuantity", raw: form.quantity(value.text, item.unit)?.json ?? [])
        case .date: writer.member("valueDateTime", string: value.text)
        case .uri: writer.member("valueString", string: value.text)
        case .boolean, .integer, .dateTime, .time, .string, .quantity:
            writer.member(value.member, raw: value.json)
        case .attachment, .reference: writer.member("valueString", string: value.text)
        }
    }

    // MARK: Other resources

    /// Makes a resource of a group by its items' definitions.
    private mutating func resource(_ type: String, _ node: FormNode, _ name: String) {
        var members: [(FormElement, FormItem, [FormValue])] = []
        collect(node.nodes, in: name, &members)
        guard !members.isEmpty else { return }
        let id = id(type, name)
        var tree = ExtractedTree()
        for (element, item, values) in members where element.type == type {
            for value in values { tree.add(element, value, item, form) }
        }
        guard !tree.isEmpty else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: type)
        writer.member("id", string: id)
        let structure = form.definitions.structure(type)
        if type == "Condition" {
            // Somebody says so; nobody has examined it.
            let system = "http://terminology.hl7.org/CodeSystem/condition-"
            if !tree.has("clinicalStatus") { writer.coded("clinicalStatus", system + "clinical", "active") }
            if !tree.has("verificationStatus") {
                writer.coded("verificationStatus", system + "ver-status", "unconfirmed")
            }
        }
        tree.write(&writer)
        if let subject = head.subject {
            for key in ["subject", "patient"] where structure?.member(key) != nil && !tree.has(key) {
                writer.reference(key, subject)
            }
        }
        for key in ["recordedDate", "authoredOn"] where structure?.member(key) != nil && !tree.has(key) {
            writer.member(key, string: head.authored)
        }
        if type == "Condition" {
            if let author = head.author { writer.reference("asserter", author.reference) }
            writer.raw(member: "evidence", #"[{"detail":[{"reference":"QuestionnaireResponse/\#(response)"}]}]"#)
        } else if structure?.member("derivedFrom") != nil {
            writer.raw(member: "derivedFrom", #"[{"reference":"QuestionnaireResponse/\#(response)"}]"#)
        }
        writer.endObject()
        keep(type, id, writer.bytes)
    }

    private func collect(
        _ nodes: [FormNode], in container: String, _ found: inout [(FormElement, FormItem, [FormValue])]
    ) {
        form.visit(nodes, in: container) { name, node in
            let item = form.items[node.item]
            let values = node.answers.compactMap(\.value)
            guard state.isEnabled(name), !values.isEmpty, let definition = item.definition,
                let element = FormElement(definition, form.definitions)
            else { return }
            found.append((element, item, values))
        }
    }

    private mutating func keep(_ type: String, _ id: String, _ bytes: [UInt8]) {
        guard let document = try? JSONDocument(parsing: bytes) else { return }
        found.append(ExtractedResource(type: type, id: id, document: document))
    }

    /// A UUID of version 8 from what identifies the resource.
    private func id(_ type: String, _ name: String) -> String {
        let linkIDs = name.split(separator: "_").map { part -> String in
            let pieces = part.split(separator: "-")
            guard let index = pieces.first.flatMap({ Int($0) }) else { return String(part) }
            // By linkId, which another version of the questionnaire keeps.
            return form.items[index].linkID + "#" + pieces.dropFirst().joined(separator: "-")
        }
        let text = Array("form|\(response)|\(type)|\(linkIDs.joined(separator: "/"))".utf8)
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        EVP_Digest(text, text.count, &digest, nil, EVP_sha256(), nil)
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        let hex = Array("0123456789abcdef")
        var id = ""
        for (position, byte) in digest.prefix(16).enumerated() {
            if [4, 6, 8, 10].contains(position) { id.append("-") }
            id.append(hex[Int(byte >> 4)])
            id.append(hex[Int(byte & 15)])
        }
        return id
    }
}

/// The members of a resource while it is gathered.
private struct ExtractedTree {
    private var members: [(member: Member, values: [[UInt8]], inner: ExtractedTree?)] = []

    var isEmpty: Bool { members.isEmpty }

    func has(_ name: String) -> Bool { members.contains { $0.member.name == name || $0.member.element == name } }

    mutating func add(_ element: FormElement, _ value: FormValue, _ item: FormItem, _ form: Form) {
        add(element.way[...], element.ends, value, item, form)
    }

    private mutating func add(
        _ way: ArraySlice<Member>, _ ends: [Member], _ value: FormValue, _ item: FormItem, _ form: Form
    ) {
        if let next = way.first {
            if !members.contains(where: { $0.member == next }) { members.append((next, [], ExtractedTree())) }
            guard let position = members.firstIndex(where: { $0.member == next }) else { return }
            members[position].inner?.add(way.dropFirst(), ends, value, item, form)
            return
        }
        for end in ends {
            guard let text = Self.text(value, as: end.type, item, form) else { continue }
            if let position = members.firstIndex(where: { $0.member == end }) {
                if end.isList { members[position].values.append(text) }
            } else {
                members.append((end, [text], nil))
            }
            return
        }
    }

    /// A value as an element of a type; nil where it can't be one.
    private static func text(_ value: FormValue, as type: String, _ item: FormItem, _ form: Form) -> [UInt8]? {
        switch (type, value.kind) {
        case ("CodeableConcept", .coding):
            var writer = JSONWriter()
            writer.concept(value)
            return writer.bytes
        case ("CodeableConcept", .string): return Array(#"{"text":"#.utf8) + value.json + Array("}".utf8)
        case ("Coding", .coding), ("Quantity", .quantity), ("Reference", .reference), ("boolean", .boolean),
            ("integer", .integer), ("decimal", .decimal), ("decimal", .integer), ("date", .date),
            ("dateTime", .dateTime),
            ("dateTime", .date), ("time", .time), ("string", .string), ("uri", .uri), ("Attachment", .attachment),
            ("positiveInt", .integer), ("unsignedInt", .integer), ("markdown", .string):
            return value.json
        case ("code", .coding): return value.code.map(jsonQuoted)
        case ("code", .string): return value.json
        case ("string", .coding), ("string", .integer), ("string", .decimal), ("string", .date):
            return jsonQuoted(value.text)
        case ("Quantity", .decimal), ("Quantity", .integer): return form.quantity(value.text, item.unit)?.json
        case ("Annotation", .string): return Array(#"{"text":"#.utf8) + value.json + Array("}".utf8)
        default: return nil
        }
    }

    func write(_ writer: inout JSONWriter) {
        for (member, values, inner) in members {
            writer.key(member.name)
            if member.isList { writer.beginArray() }
            if let inner {
                writer.beginObject()
                inner.write(&writer)
                writer.endObject()
            }
            for value in values { writer.raw(value) }
            if member.isList { writer.endArray() }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func reference(_ target: String) {
        beginObject()
        member("reference", string: target)
        endObject()
    }

    fileprivate mutating func reference(_ key: String, _ target: String) {
        self.key(key)
        reference(target)
    }

    fileprivate mutating func coded(_ key: String, _ system: String, _ code: String) {
        raw(member: key, #"{"coding":[{"system":"\#(system)","code":"\#(code)"}]}"#)
    }

    fileprivate mutating func raw(member key: String, _ text: String) { member(key, raw: Array(text.utf8)) }

    /// A CodeableConcept of a Coding.
    fileprivate mutating func concept(_ value: FormValue) {
        beginObject()
        key("coding")
        beginArray()
        node(value.node)
        endArray()
        if let display = value.node["display"]?.string { member("text", string: display) }
        endObject()
    }
}
