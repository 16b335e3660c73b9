import JSON

/// What a literal reference says about its target.
enum ReferenceForm: Equatable {
    /// `#id`, or `#` for the resource around a contained one.
    case contained
    /// A reference that names the target's type; the number is that of the type.
    case typed(Int)
    /// A URL or URN that does not tell the type.
    case opaque
    /// Relative, but not `Type/id`.
    case malformed
}

extension ReferenceForm {
    /// - Parameters:
    ///   - text: the value of `Reference.reference`, not empty.
    ///   - types: the concrete resource types.
    init(_ text: UnsafeBufferPointer<UInt8>, _ types: NameTables) {
        if text[0] == UInt8(ascii: "#") {
            self = .contained
            return
        }
        // A scheme ends with a colon before any slash, question mark or hash (RFC 3986, section 3.1).
        var isAbsolute = false
        var slashes = 0
        var query: Int?
        var lastSlash = -1
        var earlierSlash = -1
        var end = text.count
        for index in 0..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "/") {
                if text.count > index + 9, Form.hasPrefix(.init(rebasing: text[index...]), "/_history/") {
                    end = index
                    break
                }
                slashes += 1
                earlierSlash = lastSlash
                lastSlash = index
            } else if byte == UInt8(ascii: ":"), slashes == 0, query == nil {
                isAbsolute = true
            } else if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") {
                query = index
                break
            }
        }
        if let query, !isAbsolute, slashes == 0, text[query] == UInt8(ascii: "?") {
            // A conditional reference of a transaction: Type?parameters.
            self = Self.type(.init(rebasing: text[0..<query]), types).map { .typed($0) } ?? .malformed
            return
        }
        if query == nil, lastSlash > 0, isAbsolute || slashes == 1 {
            let id = UnsafeBufferPointer(rebasing: text[lastSlash + 1..<end])
            let name = UnsafeBufferPointer(rebasing: text[earlierSlash + 1..<lastSlash])
            if Form.id(id), let type = Self.type(name, types) {
                self = .typed(type)
                return
            }
        }
        self = isAbsolute ? .opaque : .malformed
    }

    private static func type(_ name: UnsafeBufferPointer<UInt8>, _ types: NameTables) -> Int? {
        let type = types.entry(of: name, hash: keyHash(name), in: 0)
        return type < 0 ? nil : type
    }
}

extension ValidationWalk {
    private static let reference: JSONKey = "reference"
    private static let contained: JSONKey = "contained"
    private static let id: JSONKey = "id"

    /// Checks where a Reference points to; the last step of the path is the property that holds it.
    mutating func reference(_ place: Int) {
        guard let value = member(Self.reference, of: place), cursor.kind(value) == .string,
            cursor.end(value) - cursor.start(value) > 2
        else { return }
        let targets = depth > 0 ? Int(rows[Int(path[depth - 1].row)].targets) : -1
        switch cursor.withUTF8(value, { ReferenceForm($0, plan.resourceTypes) }) {
        case .contained:
            contained(value, targets)
        case .typed(let type):
            if targets >= 0, !plan.targetSets[targets].contains(type) { wrongTarget(value, type, targets) }
        case .opaque:
            break
        case .malformed:
            let form = "must be Type/id, an absolute URL, urn:uuid:… or #id"
            report(.value, "a reference \(form); found \(shown(value))", at: value, below: "reference")
        }
    }

    /// Checks that `#id` names a resource contained in the one around.
    @inline(never)
    private mutating func contained(_ value: Int, _ targets: Int) {
        let id = cursor.withUTF8(value) { Array($0.dropFirst()) }
        guard !id.isEmpty else { return }
        if let resource = containedResources()[id] { return containedType(resource, value, targets) }
        // `#id` may also name the container itself.
        if let own = member(Self.id, of: container), cursor.kind(own) == .string,
            cursor.withUTF8(own, { $0.elementsEqual(id) })
        {
            return
        }
        report(
            .notFound, "the resource contains none with the id that \(shown(value)) names", at: value,
            below: "reference")
    }

    /// The places of the resources contained in the one around, by id.
    private mutating func containedResources() -> [[UInt8]: Int] {
        if let known = containedByID, known.container == container { return known.resources }
        var resources: [[UInt8]: Int] = [:]
        if let list = member(Self.contained, of: container), cursor.kind(list) == .array {
            var element = list + 1
            let end = cursor.next(list)
            while element < end {
                if let id = member(Self.id, of: element), cursor.kind(id) == .string {
                    resources[cursor.withUTF8(id) { Array($0) }] = element
                }
                element = cursor.next(element)
            }
        }
        containedByID = (container, resources)
        return resources
    }

    private mutating func containedType(_ resource: Int, _ value: Int, _ targets: Int) {
        guard targets >= 0, let name = member(Self.resourceType, of: resource), cursor.kind(name) == .string else {
            return
        }
        let type = cursor.withUTF8(name) { plan.resourceTypes.entry(of: $0, hash: keyHash($0), in: 0) }
        if type >= 0, !plan.targetSets[targets].contains(type) { wrongTarget(value, type, targets) }
    }

    @inline(never)
    private mutating func wrongTarget(_ value: Int, _ type: Int, _ targets: Int) {
        let found = String(decoding: plan.resourceTypes.name(type), as: UTF8.self)
        let allowed = plan.targetNames[targets].joined(separator: ", ")
        report(
            .structure, "the reference must point to \(allowed); found \(found)", at: value, below: "reference")
    }
}
