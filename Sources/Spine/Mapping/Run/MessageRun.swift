import HL7v2

/// One message on its way to a bundle. It works on the bytes of the message and of the program, and makes no text of its own
/// but in its arena; what it holds ends with it.
struct MessageRun: ~Copyable {
    let mapping: CompiledMapping
    let program: Program
    let message: Message
    let header: MessageHeader
    /// The bytes of the message, and where its parts are.
    let text: Bytes
    let parts: Parts
    let component: UInt8
    let subcomponent: UInt8
    let escape: UInt8
    let objects: UnsafePointer<ObjectOp>
    let maps: UnsafeBufferPointer<ResourceOp>
    let tables: UnsafeBufferPointer<TableOp>

    let frames: Frames
    var output = Output()
    var arena: Arena
    private let identities = IdentityMaker()
    var planned: Stack<PlannedResource>
    var known = IdentityTable()
    /// The resources of each alias, in the order of the bundle.
    var aliases: Stack<Stack<Int32>>
    /// The first resource of each segment; -1: none.
    var segmentFirsts: Stack<Int32>
    /// For each group the numbers of its own resources, and where those of the groups below end.
    var resourceRanges: Stack<(begin: Int32, ownEnd: Int32, end: Int32)>
    /// For each segment which of those of its name it is, from 1; found out when somebody must be told.
    var occurrences: [Int] = []
    var faults: [Fault] = []
    var unmapped: [Outcome.UnmappedCode] = []
    /// The URI below which names of the sender's own stand.
    let facility: Bytes
    let received: Bytes
    /// The zone of times that name none.
    let zone: Bytes

    /// The inside of the last `system`, `code`, `display` and `value` that were written.
    var lastSystem = 0..<0
    var lastCode = 0..<0
    var lastDisplay = 0..<0
    var lastValue = 0..<0
    /// The value of the identifier made here, to go first into the resource that is being written.
    var ownIdentifier: Bytes?
    /// How many values were written that came out of the message.
    var valueCount = 0
    /// Filled while the identifiers of a resource are read; nobody is told of faults meanwhile.
    var identifiers: [(type: Range<Int>, system: Range<Int>, value: Range<Int>)] = []
    var isReadingIdentifiers = false

    /// A resource of the bundle.
    struct PlannedResource {
        var map: Int32
        var place: Place
        var alias: Int32
        var action: ResourceAction
        var identity: Identity
        /// The identity as text.
        var id: Bytes
        /// `identifier=system|value` for conditional requests.
        var query: Bytes?
        /// Whether the identifier is made here, because the message gives none.
        var needsIdentifier = false
        var isMain: Bool
        /// What the message says it is known by, the first of them before all.
        var identifiers: UnsafeBufferPointer<(system: Bytes, value: Bytes)>
        /// The next resource of the same segment; -1: none.
        var next: Int32 = -1
        /// How many resources are said under this identity, and the id of the last of the others.
        var copies: Int32 = 1
        var lastCopy: Bytes?
        /// Its JSON in the output.
        var bytes = 0..<0
    }

    init(
        _ mapping: CompiledMapping, _ message: Message, _ header: MessageHeader, _ received: String, _ text: Bytes,
        _ root: UnsafePointer<GroupOp>
    ) {
        self.mapping = mapping
        self.message = message
        self.header = header
        self.text = text
        program = mapping.program
        objects = program.firstObject
        maps = program.resources
        tables = program.tables
        component = message.delimiters.component
        subcomponent = message.delimiters.subcomponent
        escape = message.delimiters.escape
        parts = Parts(message, text)
        frames = Frames(message, program, root: root)
        planned = Stack(capacity: 32)
        aliases = Stack(capacity: program.aliasCount)
        for _ in 0..<program.aliasCount { aliases.append(Stack(capacity: 4)) }
        segmentFirsts = Stack(capacity: message.segmentCount)
        for _ in 0..<message.segmentCount { segmentFirsts.append(-1) }
        resourceRanges = Stack(capacity: frames.frames.count)
        for _ in 0..<frames.frames.count { resourceRanges.append((0, 0, 0)) }
        var arena = Arena()
        facility = Addresses.facility(header, &arena)
        var received = received
        self.received = received.withUTF8 { arena.keep($0) }
        var zone = mapping.zone.text
        self.zone = zone.withUTF8 { arena.keep($0) }
        self.arena = arena
    }

    deinit {
        parts.free()
        frames.free()
        output.free()
        arena.free()
        identities.free()
        planned.free()
        for alias in 0..<aliases.count { aliases[alias].free() }
        aliases.free()
        segmentFirsts.free()
        resourceRanges.free()
    }

    /// Plans and writes the bundle; whether the message is taken.
    mutating func run() -> Bool {
        planGroup(0)
        write()
        return !faults.refuses
    }

    // MARK: - First pass: which resources there are, and who they are

    private mutating func planGroup(_ frame: Int) {
        let group = frames.frames[frame].group.pointee
        resourceRanges[frame] = (Int32(truncatingIfNeeded: planned.count), .max, .max)
        for add in group.adds { self.add(add, Int32(truncatingIfNeeded: frame)) }
        resourceRanges[frame].ownEnd = Int32(truncatingIfNeeded: planned.count)
        for child in frames.frames[frame].children { planGroup(Int(child)) }
        resourceRanges[frame].end = Int32(truncatingIfNeeded: planned.count)
    }

    private mutating func add(_ add: AddOp, _ frame: Int32) {
        let name = maps[Int(add.map)].segment
        guard name >= 0 else { return }
        var segment = frames.first(name, in: frame)
        while segment >= 0 {
            let place = place(of: segment, frame)
            if holds(add.conditions, place) {
                _ = plan(add.map, place, alias: add.alias, action: add.action, isMain: true)
            }
            segment = frames.next(after: segment)
        }
    }

    /// A segment as a place.
    func place(of segment: Int32, _ frame: Int32) -> Place {
        let range = message.segmentRange(Int(segment))
        return Place(
            start: Int32(truncatingIfNeeded: range.lowerBound), end: Int32(truncatingIfNeeded: range.upperBound),
            repetition: -1, segment: segment, frame: frame, field: 0, level: .segment)
    }

    /// Takes a resource into the bundle, once; returns its place.
    mutating func plan(_ map: Int32, _ place: Place, alias: Int32, action: ResourceAction, isMain: Bool) -> Int32? {
        guard var resource = identify(map, place, action, isMain: isMain) else { return nil }
        resource.alias = alias
        if let known = known[resource.identity] {
            guard resource.action == .put, isMain else {
                if planned[Int(known)].alias < 0 { name(known, alias) }
                return known
            }
            // The message says the same thing twice, under one key: both are kept, in order.
            resource.id = planned[Int(known)].lastCopy ?? resource.id
            repeat {
                planned.base[Int(known)].copies += 1
                arena.begin()
                arena.put(resource.id)
                var number = "#\(planned[Int(known)].copies)"
                number.withUTF8 { arena.put($0) }
                resource.identity = identity(arena.end())
                resource.id = text(resource.identity)
            } while self.known[resource.identity] != nil
            planned.base[Int(known)].lastCopy = resource.id
        }
        let number = Int32(truncatingIfNeeded: planned.count)
        known.insert(resource.identity, number)
        planned.append(resource)
        name(number, alias)
        if isMain { follow(number, place.segment) }
        return number
    }

    /// Puts a resource among those of its alias, which stand in the order of the bundle.
    private mutating func name(_ number: Int32, _ alias: Int32) {
        guard alias >= 0 else { return }
        planned.base[Int(number)].alias = alias
        aliases.base[Int(alias)].append(number)
        // It comes late only when it was first said without the alias.
        let numbers = aliases[Int(alias)]
        var place = numbers.count - 1
        while place > 0, numbers[place - 1] > number {
            numbers[place] = numbers[place - 1]
            place -= 1
        }
        numbers[place] = number
    }

    /// Puts a resource behind those of its segment.
    private mutating func follow(_ number: Int32, _ segment: Int32) {
        var last = segmentFirsts[Int(segment)]
        guard last >= 0 else {
            segmentFirsts[Int(segment)] = number
            return
        }
        while planned[Int(last)].next >= 0 { last = planned[Int(last)].next }
        planned.base[Int(last)].next = number
    }

    func identity(_ material: Bytes) -> Identity { identities.identity(material) }

    mutating func text(_ identity: Identity) -> Bytes {
        arena.begin()
        identity.put(to: &arena)
        return arena.end()
    }

    // MARK: - Second pass: writing

    private mutating func write() {
        output.put(#"{"resourceType":"Bundle","type":"transaction","entry":["#)
        var place = 0
        // Writing a resource may add those that it mentions.
        while place < planned.count {
            if place > 0 { output.put(byte: 0x2C) }
            // Written first: the list of resources may move meanwhile.
            let bytes = writeEntry(planned[place])
            planned.base[place].bytes = bytes
            place += 1
        }
        output.put("]}")
    }

    /// Writes an entry; returns where the resource stands.
    private mutating func writeEntry(_ resource: PlannedResource) -> Range<Int> {
        let map = maps[Int(resource.map)]
        output.put(#"{"fullUrl":"urn:uuid:"#)
        output.put(resource.id)
        output.put(#"","resource":"#)
        let start = output.count
        output.put(#"{"resourceType":""#)
        output.put(map.type)
        output.put(byte: 0x22)
        if resource.action == .put {
            output.put(#","id":""#)
            output.put(resource.id)
            output.put(byte: 0x22)
        }
        if resource.needsIdentifier {
            if map.identifierElement >= 0 {
                ownIdentifier = resource.id
            } else {
                output.put(#","identifier":["#)
                putOwnIdentifier(resource.id)
                output.put("]")
            }
        }
        let missing = writeMembers(objects + Int(map.object), resource.place, hasMembers: true).missing
        if missing != .none { tell(missing, resource) }
        output.put(byte: 0x7D)
        let end = output.count
        writeRequest(resource, map.type)
        return start..<end
    }

    mutating func putOwnIdentifier(_ id: Bytes) {
        output.put(#"{"system":"https://healthbrain.dev/fhir/v2/key","value":""#)
        output.put(id)
        output.put(#""}"#)
    }

    private mutating func tell(_ missing: Missing, _ resource: PlannedResource) {
        let map = mapping.plan.resources[Int(resource.map)]
        faults.append(
            Fault(
                resource.isMain ? .error : .warning, .requiredFieldMissing, faultPlace(resource.place),
                "\(map.type).\(name(missing, maps[Int(resource.map)].object)) is required, and nothing in the message gives it",
                hint: "send what \(map.name) makes it from"))
    }

    private mutating func writeRequest(_ resource: PlannedResource, _ type: Bytes) {
        output.put(#","request":{"method":""#)
        switch (resource.action, resource.query) {
        case (.mention, let query?):
            output.put(#"POST","url":""#)
            output.put(type)
            output.put(#"","ifNoneExist":""#)
            output.put(query)
        case (.update, let query?):
            output.put(#"PUT","url":""#)
            output.put(type)
            output.put(byte: UInt8(ascii: "?"))
            output.put(query)
        default:
            output.put(#"PUT","url":""#)
            output.put(type)
            output.put(byte: UInt8(ascii: "/"))
            output.put(resource.id)
        }
        output.put(#""}}"#)
    }
}
