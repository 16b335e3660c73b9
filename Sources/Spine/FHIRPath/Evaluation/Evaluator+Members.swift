import JSON

extension Evaluator {
    /// The members of one name of all items.
    mutating func members(
        _ step: UnsafePointer<MemberStep>, _ input: Items, _ offset: Int
    ) throws(FHIRPathError) -> Items {
        guard let first = input.first else { return Items() }
        var result = Items()
        append(step, first, to: &result)
        if !input.rest.isEmpty {
            try count(input.rest.count, offset)
            result.rest.reserveCapacity(input.rest.count)
            for item in input.rest { append(step, item, to: &result) }
        }
        return result
    }

    private func append(_ step: UnsafePointer<MemberStep>, _ item: Item, to result: inout Items) {
        guard case .node(let node) = item else {
            if case .type(let info) = item {
                if step.pointee.name == "name" { result.append(.string(info.name)) }
                if step.pointee.name == "namespace" { result.append(.string(info.namespace)) }
            }
            return
        }
        switch model.only(step, of: node) {
        case .node(let only): return result.append(.node(only))
        case .nothing: return
        case .unknown: break
        }
        if node.isPrimitive {
            guard let sibling = node.sibling else { return }
            append(model.element(step.pointee.number, of: model.element), sibling, to: &result)
        } else if node.type == step.pointee.expectedType {
            append(step.pointee.expectedElement, node.place, to: &result)
        } else if node.type == TypeModel.unknown {
            appendUntyped(step, node.place, to: &result)
        } else {
            append(model.element(step.pointee.number, of: node.type), node.place, to: &result)
        }
    }

    /// An element's values in an object.
    private func append(_ number: Int32, _ object: JSONPlace, to result: inout Items) {
        guard number >= 0 else { return }
        let element = model.elements[Int(number)]
        if element.slotCount == 1 {
            append(slot: element.slot, object[model.slots[Int(element.slot)].key], object, to: &result)
        } else if let (value, place) = model.first(element, in: object) {
            if place >= 0 {
                append(slot: place, value, object, to: &result)
            } else {
                // A sibling without its value, or before it.
                append(slot: -place - 1, object[model.slots[Int(-place - 1)].key], object, to: &result)
            }
        }
    }

    private func append(
        slot number: Int32, _ value: JSONPlace?, _ object: JSONPlace, _ depth: Depth = .elements,
        to result: inout Items
    ) {
        let slot = model.slots[Int(number)]
        let parent = object.identity
        func append(_ value: JSONPlace, _ position: Int32) {
            let type = slot.isResource ? model.resourceType(of: value) : slot.type
            let node = Node(value, type: type, slot: number, parent: parent, position: position)
            result.append(.node(node))
            // Most primitives have nothing below them.
            if depth == .descendants || depth == .descendantsWithoutSiblings && value.isObject {
                appendChildren(node, .descendants, to: &result)
            }
        }
        func append(sibling: JSONPlace, _ position: Int32) {
            guard sibling.isObject else { return }
            let node = Node(
                sibling, type: slot.type, slot: number, parent: parent, position: position, isSiblingAlone: true)
            result.append(.node(node))
            if depth != .elements { appendChildren(node, .descendants, to: &result) }
        }
        guard let value, !value.isNull else {
            guard let key = slot.siblingKey, let sibling = object[key] else { return }
            guard sibling.isArray else { return append(sibling: sibling, -1) }
            var position: Int32 = 0
            for element in sibling.elements {
                append(sibling: element, position)
                position += 1
            }
            return
        }
        guard value.isArray else { return append(value, -1) }
        if result.isEmpty, value.count > 1 { result.rest.reserveCapacity(value.count - 1) }
        var siblings: JSONPlace?
        var position: Int32 = 0
        for element in value.elements {
            if !element.isNull {
                append(element, position)
            } else {
                if siblings == nil, let key = slot.siblingKey { siblings = object[key] }
                if let sibling = siblings?[Int(position)] { append(sibling: sibling, position) }
            }
            position += 1
        }
    }

    /// The values of a member whose type isn't known.
    private func append(untyped value: JSONPlace, _ depth: Depth = .elements, to result: inout Items) {
        func append(_ value: JSONPlace) {
            guard !value.isNull else { return }
            let node = Node(value, type: model.resourceType(of: value))
            result.append(.node(node))
            if depth != .elements { appendChildren(node, depth, to: &result) }
        }
        guard value.isArray else { return append(value) }
        for element in value.elements { append(element) }
    }

    /// A member of an object whose type isn't known: by its name, or as a choice by its name and a type.
    private func appendUntyped(_ step: UnsafePointer<MemberStep>, _ object: JSONPlace, to result: inout Items) {
        if let value = object[step.pointee.key] { return append(untyped: value, to: &result) }
        let name = step.pointee.name
        for member in object.members {
            guard let key = member.key.string, key.hasPrefix(name), key.utf8.count > name.utf8.count else { continue }
            let suffix = String(key.dropFirst(name.count))
            let lower = suffix.prefix(1).lowercased() + suffix.dropFirst()
            if let type = model.type(suffix) ?? model.type(lower) {
                result.append(.node(Node(member.value, type: type)))
                return
            }
        }
    }

    /// What is taken of a value.
    enum Depth {
        case elements, descendants
        /// The same where no primitive has an id or extensions.
        case descendantsWithoutSiblings
    }

    /// All children of a value, in the order of the text; or all that is below it, each child followed by its own.
    func appendChildren(_ node: Node, _ depth: Depth, to result: inout Items) {
        if node.isPrimitive {
            guard let sibling = node.sibling else { return }
            return appendMembers(sibling, model.element, depth, to: &result)
        }
        switch model.kind(node.type) {
        case .complex, .resource: appendMembers(node.place, node.type, depth, to: &result)
        case .primitive, .unknown:
            for member in node.place.members where !member.key.equals("resourceType") {
                append(untyped: member.value, depth, to: &result)
            }
        }
    }

    private func appendMembers(_ object: JSONPlace, _ type: Int32, _ depth: Depth, to result: inout Items) {
        var depth = depth
        if depth == .descendants, !object.members.contains(where: { $0.withKey { $0.first == UInt8(ascii: "_") } }) {
            depth = .descendantsWithoutSiblings
        }
        for member in object.members {
            guard let place = model.slot(named: member, of: type) else { continue }
            if place >= 0 {
                append(slot: place, member.value, object, depth, to: &result)
                continue
            }
            // A sibling counts with its value, and alone where there is none.
            let slot = model.slots[Int(-place - 1)]
            if object[slot.key] == nil { append(slot: -place - 1, nil, object, depth, to: &result) }
        }
    }
}

extension TypeModel {
    /// What a member of one element comes to.
    enum Only {
        case node(Node)
        case nothing
        /// Several, or what takes a closer look.
        case unknown
    }

    /// The value of a member of an element whose type is known, where there is one at the most.
    @inline(__always)
    func only(_ step: UnsafePointer<MemberStep>, of node: Node) -> Only {
        if step.pointee.typeFilter >= 0, isType(node.type, step.pointee.typeFilter) { return .node(node) }
        guard node.type != TypeModel.unknown, !node.isPrimitive else { return .unknown }
        let number =
            node.type == step.pointee.expectedType
            ? step.pointee.expectedElement : element(step.pointee.number, of: node.type)
        guard number >= 0 else { return .nothing }
        let element = elements[Int(number)]
        var place = element.slot
        var found: JSONPlace?
        if element.slotCount == 1 {
            found = node.place[slots[Int(place)].key]
        } else {
            guard let (choice, slot) = first(element, in: node.place) else { return .nothing }
            // A sibling may stand before its value.
            guard slot >= 0 else { return .unknown }
            (found, place) = (choice, slot)
        }
        let slot = slots[Int(place)]
        guard var value = found else {
            guard let key = slot.siblingKey, node.place[key] != nil else { return .nothing }
            return .unknown
        }
        var position: Int32 = -1
        if value.isArray {
            guard value.count == 1, let first = value[0] else { return .unknown }
            (value, position) = (first, 0)
        }
        guard !value.isNull else { return .unknown }
        let type = slot.isResource ? resourceType(of: value) : slot.type
        return .node(
            Node(value, type: type, slot: place, parent: node.place.identity, position: position))
    }
}
