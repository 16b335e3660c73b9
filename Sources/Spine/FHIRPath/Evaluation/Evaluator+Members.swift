import JSON

extension Evaluator {
    /// The members of one name of all items.
    mutating func members(_ step: MemberStep, _ input: Items, _ offset: Int) throws(FHIRPathError) -> Items {
        guard let first = input.first else { return Items() }
        var result = Items()
        append(step, first, to: &result)
        if !input.rest.isEmpty {
            try count(input.rest.count, offset)
            for item in input.rest { append(step, item, to: &result) }
        }
        return result
    }

    private func append(_ step: MemberStep, _ item: FHIRPathValue, to result: inout Items) {
        guard case .node(let node) = item else {
            if case .type(let info) = item {
                if step.name == "name" { result.append(.string(info.name)) }
                if step.name == "namespace" { result.append(.string(info.namespace)) }
            }
            return
        }
        if step.typeFilter >= 0, model.isType(node.type, step.typeFilter) {
            result.append(item)
            return
        }
        if node.isPrimitive {
            appendOfPrimitive(step, node, to: &result)
            return
        }
        if node.type == TypeModel.unknown {
            appendUntyped(step, node.node, to: &result)
            return
        }
        let element =
            node.type == step.expectedType ? step.expectedElement : model.element(step.number, of: node.type)
        guard element >= 0 else { return }
        append(model.elements[Int(element)], node.node, to: &result)
    }

    /// An element's values in an object.
    func append(_ element: TypeModel.Element, _ object: JSONNode, to result: inout Items) {
        if element.slotCount == 1 {
            append(slot: element.slot, object[model.slots[Int(element.slot)].key], object, to: &result)
            return
        }
        guard let (value, position) = object.firstMember(among: element.keys) else { return }
        if position < Int(element.slotCount) {
            append(slot: element.slot + Int32(position), value, object, to: &result)
            return
        }
        // A sibling without its value, or before it.
        var rest = position - Int(element.slotCount)
        for place in element.slot..<element.slot + element.slotCount {
            let slot = model.slots[Int(place)]
            guard slot.siblingKey != nil else { continue }
            if rest == 0 {
                append(slot: place, object[slot.key], object, to: &result)
                return
            }
            rest -= 1
        }
    }

    private func append(slot place: Int32, _ value: JSONNode?, _ object: JSONNode, to result: inout Items) {
        let slot = model.slots[Int(place)]
        guard let value, !value.isNull else {
            guard let key = slot.siblingKey, let sibling = object[key] else { return }
            if sibling.isArray {
                var position: Int32 = 0
                for element in sibling.elements {
                    if element.isObject {
                        result.append(.node(alone(element, slot.type, place, object, position)))
                    }
                    position += 1
                }
            } else if sibling.isObject {
                result.append(.node(alone(sibling, slot.type, place, object, -1)))
            }
            return
        }
        guard value.isArray else {
            result.append(.node(made(value, slot, place, object, -1)))
            return
        }
        var siblings: JSONNode?
        var position: Int32 = 0
        for element in value.elements {
            if element.isNull {
                if siblings == nil, let key = slot.siblingKey { siblings = object[key] }
                if let sibling = siblings?[Int(position)], sibling.isObject {
                    result.append(.node(alone(sibling, slot.type, place, object, position)))
                }
            } else {
                result.append(.node(made(element, slot, place, object, position)))
            }
            position += 1
        }
    }

    private func made(
        _ value: JSONNode, _ slot: TypeModel.Slot, _ place: Int32, _ object: JSONNode, _ position: Int32
    ) -> FHIRPathNode {
        var node = FHIRPathNode(value, type: slot.isResource ? model.resourceType(of: value) : slot.type)
        node.slot = place
        node.parent = Int32(truncatingIfNeeded: object.identity)
        node.position = position
        return node
    }

    private func alone(
        _ sibling: JSONNode, _ type: Int32, _ place: Int32, _ object: JSONNode, _ position: Int32
    ) -> FHIRPathNode {
        var node = FHIRPathNode(sibling, type: type)
        node.slot = place
        node.parent = Int32(truncatingIfNeeded: object.identity)
        node.position = position
        node.isSiblingAlone = true
        return node
    }

    private func appendOfPrimitive(_ step: MemberStep, _ node: FHIRPathNode, to result: inout Items) {
        let element = model.element(step.number, of: model.element)
        guard element >= 0, let sibling = node.sibling else { return }
        append(model.elements[Int(element)], sibling, to: &result)
    }

    /// A member of an object whose type isn't known: by its name, or as a choice by its name and a type.
    private func appendUntyped(_ step: MemberStep, _ object: JSONNode, to result: inout Items) {
        guard object.isObject else { return }
        func append(_ value: JSONNode) {
            for element in value.isArray ? Array(value.elements) : [value] where !element.isNull {
                result.append(.node(FHIRPathNode(element, type: model.resourceType(of: element))))
            }
        }
        if let value = object[step.key] {
            append(value)
            return
        }
        for (key, value) in object.members {
            guard let name = key.string, name.hasPrefix(step.name), name.utf8.count > step.name.utf8.count else {
                continue
            }
            let suffix = String(name.dropFirst(step.name.count))
            let lower = suffix.prefix(1).lowercased() + suffix.dropFirst()
            if let type = model.type(suffix) ?? model.type(lower) {
                result.append(.node(FHIRPathNode(value, type: type)))
                return
            }
        }
    }

    /// All direct children of a value, in the order of the text.
    func appendChildren(_ value: FHIRPathValue, to result: inout Items) {
        guard case .node(let node) = value else { return }
        if node.isPrimitive {
            guard let sibling = node.sibling, model.element >= 0 else { return }
            appendMembers(sibling, model.element, to: &result)
            return
        }
        guard model.elementsOfType[Int(node.type)].isEmpty else {
            appendMembers(node.node, node.type, to: &result)
            return
        }
        for (key, value) in node.node.members where !key.equals("resourceType") {
            for element in value.isArray ? Array(value.elements) : [value] where !element.isNull {
                result.append(.node(FHIRPathNode(element, type: model.resourceType(of: element))))
            }
        }
    }

    private func appendMembers(_ object: JSONNode, _ type: Int32, to result: inout Items) {
        for (key, value) in object.members {
            guard let place = model.slot(named: key, of: type) else { continue }
            if place >= 0 {
                append(slot: place, value, object, to: &result)
                continue
            }
            // A sibling counts with its value, and alone where there is none.
            let slot = model.slots[Int(-place - 1)]
            if object[slot.key] == nil { append(slot: -place - 1, nil, object, to: &result) }
        }
    }

    /// Everything below a value.
    mutating func appendDescendants(
        _ value: FHIRPathValue, to result: inout Items, _ offset: Int
    ) throws(FHIRPathError) {
        if case .node(let node) = value, node.isPrimitive, !node.isSiblingAlone, node.sibling == nil { return }
        var children = Items()
        appendChildren(value, to: &children)
        try count(children.count + 1, offset)
        guard let first = children.first else { return }
        result.append(first)
        try appendDescendants(first, to: &result, offset)
        for child in children.rest {
            result.append(child)
            try appendDescendants(child, to: &result, offset)
        }
    }
}
