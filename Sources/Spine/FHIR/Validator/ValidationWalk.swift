import JSON

/// One step from an object to a value in it.
struct PathStep {
    /// The row of the property.
    var row: Int32
    /// The position in a list, or -1.
    var position: Int32
}

/// One pass over a resource. On a clean resource it makes no String but the root's type.
struct ValidationWalk {
    /// Objects in objects that are followed; deeper ones are a fault.
    static let depthMax = 512
    static let resourceType: JSONKey = "resourceType"

    let cursor: JSONCursor
    let definitions: Definitions
    let plan: ValidationPlan
    let rows: UnsafeMutablePointer<ValidationPlan.Row>
    let issuesMax: Int
    var issues: [Issue] = []
    /// As many findings as may be reported: the walk ends.
    var isFull = false

    /// The way from the outermost resource to the value at hand.
    var path: UnsafeMutableBufferPointer<PathStep>
    var depth = 0
    /// The type of the outermost resource.
    var rootType = ""
    /// The resource whose `contained` a reference `#id` means.
    var container = 0
    /// The contained resources of one container by id, made when a first reference asks.
    var containedByID: (container: Int, resources: [[UInt8]: Int])?
    /// The elements that were met, kept for those who check rules beyond structure.
    var visits: [ElementVisit] = []
    /// Whether `visits` is wanted.
    let keepsVisits: Bool
    /// The visit of the object at hand.
    var visit: Int32 = -1

    init(
        _ cursor: JSONCursor, _ definitions: Definitions, path: UnsafeMutableBufferPointer<PathStep>, issuesMax: Int,
        keepsVisits: Bool = false
    ) {
        self.keepsVisits = keepsVisits
        self.cursor = cursor
        self.definitions = definitions
        plan = definitions.plan
        rows = plan.rows
        self.path = path
        self.issuesMax = issuesMax
    }

    /// Checks an object that names its own type.
    mutating func resource(_ place: Int) {
        guard cursor.kind(place) == .object else {
            return report(.structure, "a resource must be an object, not \(cursor.kind(place).phrase)", at: place)
        }
        guard let value = member(Self.resourceType, of: place) else {
            return report(.structure, "a resource must have a resourceType", at: place)
        }
        guard cursor.kind(value) == .string else {
            return report(.structure, "resourceType must be a string, not \(cursor.kind(value).phrase)", at: value)
        }
        let type = cursor.withUTF8(value) { plan.resourceTypes.entry(of: $0, hash: keyHash($0), in: 0) }
        guard type >= 0 else {
            return report(.structure, "\(shown(value)) is not a resource type of FHIR R4", at: value)
        }
        if depth == 0 {
            rootType = String(decoding: plan.resourceTypes.name(type), as: UTF8.self)
            container = place
        }
        object(place, plan.resourceStructures[type])
    }

    /// The value of a member, or nil.
    func member(_ key: JSONKey, of object: Int) -> Int? {
        guard cursor.kind(object) == .object else { return nil }
        var place = object + 1
        let end = cursor.next(object)
        while place < end {
            if cursor.hash(ofKey: place) == key.hash {
                let isNamed = cursor.withUTF8(place) { text in key.withUTF8 { $0.elementsEqual(text) } }
                if isNamed { return place + 1 }
            }
            place = cursor.next(place + 1)
        }
        return nil
    }

    /// Checks the members of an object against a structure.
    mutating func object(_ place: Int, _ structure: Int) {
        guard depth < path.count else {
            return report(.tooLong, "objects are nested deeper than \(Self.depthMax)", at: place)
        }
        let end = cursor.next(place)
        var key = place &+ 1
        guard key < end else {
            return report(.structure, "an object must have at least one member", at: place)
        }
        let outer = visit
        if keepsVisits { meet(place, structure) }
        let own = visit
        var seen: UInt64 = 0
        while key < end, !isFull {
            let value = key &+ 1
            let row =
                cursor.hasEscapes(key)
                ? escapedRow(key, structure)
                : plan.names.entry(of: cursor.characters(key), hash: cursor.hash(ofKey: key), in: structure)
            if row < 0 {
                unknown(key, structure)
            } else if rows[row].role != .resourceType {
                let bit: UInt64 = 1 &<< UInt64(rows[row].ordinal)
                if seen & bit != 0, rows[row].isChoice { choice(row, key, of: place, structure) }
                seen |= bit
                property(row, value, of: place)
            }
            key = cursor.next(value)
        }
        let missing = plan.required[structure] & ~seen
        if missing != 0 { missed(missing, structure, at: place) }
        if structure == plan.reference { reference(place) }
        if keepsVisits {
            visits[Int(own)].elements = seen
            visit = outer
        }
    }

    /// Notes an object before its members are walked.
    private mutating func meet(_ place: Int, _ structure: Int) {
        let step = depth > 0 ? path[depth - 1] : PathStep(row: -1, position: -1)
        visits.append(
            ElementVisit(
                place: Int32(truncatingIfNeeded: place), structure: Int32(truncatingIfNeeded: structure),
                row: step.row, position: step.position, parent: visit))
        visit = Int32(truncatingIfNeeded: visits.count - 1)
    }

    @inline(never)
    private func escapedRow(_ key: Int, _ structure: Int) -> Int {
        cursor.withUTF8(key) { plan.names.entry(of: $0, hash: keyHash($0), in: structure) }
    }

    /// Checks one property: the shape of a list or a single value, then each value.
    @inline(__always)
    private mutating func property(_ row: Int, _ value: Int, of parent: Int) {
        let isArray = cursor.kind(value) == .array
        guard rows[row].isList else {
            path[depth] = PathStep(row: Int32(truncatingIfNeeded: row), position: -1)
            depth &+= 1
            if isArray {
                report(.structure, "\(name(row)) is not a list; found an array", at: value)
            } else {
                single(row, value, position: -1)
            }
            depth &-= 1
            return
        }
        guard isArray else { return notAList(row, value) }
        let end = cursor.next(value)
        var element = value &+ 1
        guard element < end else { return emptyList(row, value) }
        var position = 0
        var hasNulls = false
        while element < end, !isFull {
            if cursor.kind(element) == .null, rows[row].role == .primitive {
                hasNulls = true
                position &+= 1
                element = cursor.next(element)
                continue
            }
            path[depth] = PathStep(
                row: Int32(truncatingIfNeeded: row), position: Int32(truncatingIfNeeded: position))
            depth &+= 1
            single(row, element, position: position)
            depth &-= 1
            position &+= 1
            element = cursor.next(element)
        }
        if position > Int(rows[row].max) { tooMany(row, position, value) }
        if hasNulls { nulls(row, value, of: parent) }
        if rows[row].role == .sibling { siblings(row, value) }
    }

    /// Checks one value.
    @inline(__always)
    private mutating func single(_ row: Int, _ value: Int, position: Int) {
        switch rows[row].role {
        case .primitive:
            if keepsVisits, rows[row].isKept {
                visits.append(
                    ElementVisit(
                        place: Int32(truncatingIfNeeded: value), structure: -1, row: Int32(truncatingIfNeeded: row),
                        position: Int32(truncatingIfNeeded: position), parent: visit))
            }
            primitive(row, value)
        case .complex:
            guard cursor.kind(value) == .object else { return wrongKind(row, value, "an object") }
            object(value, Int(rows[row].structure))
            if rows[row].valueSet >= 0 { binding(row, value) }
        case .sibling:
            if cursor.kind(value) == .null, position >= 0 { return }
            guard cursor.kind(value) == .object else { return wrongKind(row, value, "an object") }
            object(value, plan.element)
        case .resource:
            guard !rows[row].isContained else { return resource(value) }
            let outer = container
            container = value
            resource(value)
            container = outer
        case .resourceType:
            break
        }
    }
}
