import HL7v2

extension MessageRun {
    /// Who a resource is: by its identifier where its map says so and the message gives one, else by its keys, else by its
    /// place in the message.
    mutating func identify(
        _ map: Int32, _ place: Place, _ action: ResourceAction, isMain: Bool
    ) -> PlannedResource? {
        let resource = maps[Int(map)]
        let none = Bytes(start: nil, count: 0)
        var planned = PlannedResource(
            map: map, place: place, alias: -1, action: action, identity: Identity(high: 0, low: 0), id: none,
            query: nil,
            isMain: isMain, identifiers: UnsafeBufferPointer(start: nil, count: 0))
        if resource.isMatchedByIdentifier { planned.identifiers = identifiers(resource, place) }
        if let known = planned.identifiers.first {
            arena.begin()
            arena.put(resource.type)
            arena.put(byte: 0x7C)
            arena.put(known.system)
            arena.put(byte: 0x7C)
            arena.put(known.value)
            planned.identity = identity(arena.end())
            planned.id = text(planned.identity)
            planned.query = Addresses.query(known.system, known.value, &arena)
            if planned.query == nil { planned.action = .put }
            return planned
        }
        let (key, material) = material(resource, place, isMain: isMain)
        guard let material else { return nil }
        planned.identity = identity(material)
        planned.id = text(planned.identity)
        if action == .mention, key {
            planned.needsIdentifier = true
            var keys = Addresses.keys
            planned.query = keys.withUTF8 { Addresses.query($0, planned.id, &arena) }
        } else {
            planned.action = .put
        }
        return planned
    }

    /// What tells a resource without identifier from others, and whether its keys say it; nil where nothing does.
    private mutating func material(_ resource: ResourceOp, _ place: Place, isMain: Bool) -> (Bool, Bytes?) {
        var material: [UInt8] = []
        material.reserveCapacity(256)
        material.append(contentsOf: resource.name)
        material.append(0x7C)
        material.append(contentsOf: facility)
        let length = material.count
        for key in resource.keys {
            if append(key, place, to: &material) { return (true, arena.keep(material)) }
            material.removeLast(material.count - length)
        }
        guard isMain else { return (false, nil) }
        material.append(
            contentsOf: "|\(header.controlID ?? "")|\(header.time ?? "")|\(place.segment)|\(place.start)".utf8)
        if header.controlID == nil { material.append(contentsOf: text) }
        return (false, arena.keep(material))
    }

    /// Appends what a key says. It counts when the resources it names are there, and the first field it names is filled.
    private mutating func append(
        _ key: UnsafeBufferPointer<SourceOp>, _ place: Place, to material: inout [UInt8]
    ) -> Bool {
        var isFirst = true
        for source in key {
            material.append(0x7C)
            switch source {
            case .resource(let alias):
                var targets = Targets(alias, from: place, &self)
                guard let target = targets.next(&self) else { return false }
                material.append(contentsOf: planned[Int(target)].id)
            case .literal(let words): material.append(contentsOf: words)
            default:
                var walk = PartWalk(source, place, &self)
                let words = walk.next(&self).map { plainText(of: $0.range) }
                if isFirst, words?.isEmpty != false { return false }
                isFirst = false
                if let words { material.append(contentsOf: words) }
            }
        }
        return true
    }

    /// The identifiers of a resource; it is known by the first: that of a preferred type, else what the message says first.
    private mutating func identifiers(
        _ resource: ResourceOp, _ place: Place
    ) -> UnsafeBufferPointer<(system: Bytes, value: Bytes)> {
        guard resource.identifierElement >= 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
        let mark = output.count
        identifiers.removeAll(keepingCapacity: true)
        isReadingIdentifiers = true
        if let elements = objects[Int(resource.object)].elements.baseAddress {
            _ = writeElement(elements + Int(resource.identifierElement), place, comma: false)
        }
        isReadingIdentifiers = false
        defer { output.truncate(to: mark) }
        var best: Int?
        search: for type in resource.preferredTypes {
            for (number, item) in identifiers.enumerated() where isUsable(item) && same(output[item.type], type) {
                best = number
                break search
            }
        }
        var kept: [(system: Bytes, value: Bytes)] = []
        for (number, item) in identifiers.enumerated() where isUsable(item) {
            let pair = (arena.keep(output[item.system]), arena.keep(output[item.value]))
            if number == best { kept.insert(pair, at: 0) } else { kept.append(pair) }
        }
        return arena.keep(kept)
    }

    private func isUsable(_ item: (type: Range<Int>, system: Range<Int>, value: Range<Int>)) -> Bool {
        !item.value.isEmpty && !item.system.isEmpty
    }
}

/// The resources that an alias means where it is said: of the segment at hand, else of the same group or one below, else of
/// the nearest one above. The resources of a group and of those below it have numbers that follow one another.
struct Targets {
    private let alias: Int32
    /// The next one of the segment; -1: none.
    private var own: Int32
    /// The places in the list of the alias.
    private var places = 0..<0

    init(_ alias: Int32, from place: Place, _ run: inout MessageRun) {
        self.alias = alias
        own = Self.named(alias, run.segmentFirsts[Int(place.segment)], &run)
        if own >= 0 { return }
        let range = run.resourceRanges[Int(place.frame)]
        places = Self.places(alias, range.begin, range.end, &run)
        var outer = run.frames.frames[Int(place.frame)].parent
        while places.isEmpty, outer >= 0 {
            let range = run.resourceRanges[Int(outer)]
            places = Self.places(alias, range.begin, range.ownEnd, &run).prefix(1)
            outer = run.frames.frames[Int(outer)].parent
        }
    }

    /// The first resource of a segment that has the alias, from a number on.
    private static func named(_ alias: Int32, _ first: Int32, _ run: inout MessageRun) -> Int32 {
        var number = first
        while number >= 0, run.planned[Int(number)].alias != alias { number = run.planned[Int(number)].next }
        return number
    }

    /// Where the numbers of a range stand in the list of an alias.
    private static func places(
        _ alias: Int32, _ begin: Int32, _ end: Int32, _ run: inout MessageRun
    ) -> Range<Int> {
        let numbers = run.aliases[Int(alias)]
        func place(of bound: Int32) -> Int {
            var low = 0
            var high = numbers.count
            while low < high {
                let middle = (low + high) / 2
                if numbers[middle] < bound { low = middle + 1 } else { high = middle }
            }
            return low
        }
        let first = place(of: begin)
        return first..<max(first, place(of: end))
    }

    /// The number of the next one.
    mutating func next(_ run: inout MessageRun) -> Int32? {
        if own >= 0 {
            let found = own
            own = Self.named(alias, run.planned[Int(found)].next, &run)
            return found
        }
        guard let place = places.first else { return nil }
        places = places.dropFirst()
        return run.aliases[Int(alias)][place]
    }
}
