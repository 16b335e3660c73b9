import HL7v2

/// One message on its way to a bundle.
final class MessageRun {
    let mapping: CompiledMapping
    let message: Message
    let header: MessageHeader
    let received: String
    let text: UnsafeBufferPointer<UInt8>

    var frames: Frames
    var output = Output()
    var planned: [PlannedResource] = []
    var places: [Identity: Int] = [:]
    var faults: [Fault] = []
    var unmapped: [Outcome.UnmappedCode] = []
    /// The URI below which names of the sender's own stand.
    let facility: [UInt8]

    /// The inside of the last `system`, `code` and `value` that were written.
    var lastSystem = 0..<0
    var lastCode = 0..<0
    var lastDisplay = 0..<0
    var lastValue = 0..<0
    /// The identifier to put first into the resource that is being written.
    var ownIdentifier: [UInt8]?
    /// How many values were written that came out of the message.
    var valueCount = 0
    /// Filled while the identifiers of a resource are read.
    var identifiers: [(type: Range<Int>, system: Range<Int>, value: Range<Int>)]?

    /// A resource of the bundle.
    struct PlannedResource {
        var map: Int
        var place: Place
        var alias: Int?
        var action: ResourceAction
        var identity: Identity
        /// `identifier=system|value` for conditional requests.
        var query: [UInt8]?
        /// Whether the identifier is made here, because the message gives none.
        var needsIdentifier: Bool
        var isMain: Bool
        /// What the message says it is known by, the first of them before all.
        var identifiers: [(system: [UInt8], value: [UInt8])] = []
        /// Its JSON in the output.
        var bytes = 0..<0
    }

    init(
        _ mapping: CompiledMapping, _ message: Message, _ header: MessageHeader, _ received: String,
        _ text: UnsafeBufferPointer<UInt8>
    ) {
        self.mapping = mapping
        self.message = message
        self.header = header
        self.received = received
        self.text = text
        frames = Frames(message)
        facility = Addresses.facility(header)
    }

    func bundle(_ plan: MessagePlan) -> [UInt8]? {
        for name in plan.required where message.firstSegment(name) == nil {
            faults.append(
                Fault(
                    .error, .segmentSequence, Fault.Place(name.description), "\(header.kind) needs the segment \(name)",
                    hint: "send \(name)"))
        }
        if faults.refuses { return nil }
        let root = frames.open(0..<message.segmentCount, parent: -1)
        planGroup(plan.root, root)
        write()
        return faults.refuses ? nil : output.bytes
    }

    // MARK: - First pass: which resources there are, and who they are

    private func planGroup(_ group: GroupPlan, _ frame: Int) {
        let range = frames.frames[frame].start..<frames.frames[frame].end
        var inner: [(group: Int, frame: Int)] = []
        for instance in frames.instances(of: group.groups, in: range) {
            inner.append((instance.group, frames.open(instance.range, parent: frame)))
        }
        for add in group.adds { self.add(add, frame) }
        for instance in inner { planGroup(group.groups[instance.group], instance.frame) }
    }

    private func add(_ add: AddPlan, _ frame: Int) {
        let resource = mapping.plan.resources[add.map]
        guard let name = resource.segment else { return }
        let range = frames.frames[frame].start..<frames.frames[frame].end
        for segment in range where message.segmentNames[segment] == name && frames.owners[segment] == frame {
            let bounds = message.segmentRange(segment)
            let place = Place(
                start: bounds.lowerBound, end: bounds.upperBound, level: .segment, segment: segment, field: 0,
                frame: frame)
            guard holds(add.conditions, place) else { continue }
            _ = plan(add.map, place, alias: add.alias, action: add.action, isMain: true)
        }
    }

    /// Takes a resource into the bundle, once; returns its place.
    func plan(_ map: Int, _ place: Place, alias: Int?, action: ResourceAction, isMain: Bool) -> Int? {
        guard var resource = identify(map, place, action, isMain: isMain) else { return nil }
        resource.alias = alias
        resource.isMain = isMain
        if let known = places[resource.identity] {
            guard resource.action == .put, isMain else {
                if planned[known].alias == nil { planned[known].alias = alias }
                return known
            }
            // The message says the same thing twice, under one key: both are kept, in order.
            var number = 1
            while places[resource.identity] != nil {
                number += 1
                resource.identity = Identity(resource.identity.text + Array("#\(number)".utf8))
            }
        }
        places[resource.identity] = planned.count
        planned.append(resource)
        return planned.count - 1
    }

    // MARK: - Second pass: writing

    private func write() {
        output.put(#"{"resourceType":"Bundle","type":"transaction","entry":["#)
        var place = 0
        // Writing a resource may add those that it mentions.
        while place < planned.count {
            if place > 0 { output.put(byte: 0x2C) }
            planned[place].bytes = writeEntry(planned[place])
            place += 1
        }
        output.put("]}")
    }

    /// Writes an entry; returns where the resource stands.
    private func writeEntry(_ resource: PlannedResource) -> Range<Int> {
        let plan = mapping.plan.resources[resource.map]
        output.put(#"{"fullUrl":"urn:uuid:"#)
        output.put(resource.identity.text)
        output.put(#"","resource":"#)
        let start = output.count
        output.put(#"{"resourceType":""#)
        output.put(plan.type)
        output.put(byte: 0x22)
        if resource.action == .put {
            output.put(#","id":""#)
            output.put(resource.identity.text)
            output.put(byte: 0x22)
        }
        let object = mapping.plan.objects[plan.object]
        if resource.needsIdentifier {
            let own =
                Array(#"{"system":"\#(Addresses.keys)","value":""#.utf8) + resource.identity.text + Array(#""}"#.utf8)
            if plan.identifierElement != nil {
                ownIdentifier = own
            } else {
                output.put(#","identifier":["#)
                output.put(own)
                output.put("]")
            }
        }
        let missing = writeMembers(object, resource.place, hasMembers: true).missing?.name
        if let missing {
            let place = Fault.Place(
                message.segmentNames[resource.place.segment].description,
                occurrence: message.occurrence(resource.place.segment),
                field: resource.place.field == 0 ? nil : resource.place.field)
            let isMain = resource.isMain
            faults.append(
                Fault(
                    isMain ? .error : .warning, .requiredFieldMissing, place,
                    "\(plan.type).\(missing) is required, and nothing in the message gives it",
                    hint: "send what \(plan.name) makes it from"))
        }
        output.put(byte: 0x7D)
        let end = output.count
        writeRequest(resource, plan.type)
        return start..<end
    }

    private func writeRequest(_ resource: PlannedResource, _ type: String) {
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
            output.put(resource.identity.text)
        }
        output.put(#""}}"#)
    }
}
