package import JSON

/// An element that the validator met on its way through a resource.
package struct ElementVisit: Sendable {
    /// Where its value stands on the tape.
    package var place: Int32
    /// The structure of its content; -1 of a primitive.
    package var structure: Int32
    /// The property that holds it; -1 of the outermost resource.
    package var row: Int32
    /// Its position in a list, or -1.
    package var position: Int32
    /// The visit of the object that holds it, or -1.
    package var parent: Int32
    /// Of an object: which elements it has, one bit each in the order of the structure's elements.
    package var elements: UInt64 = 0
}

/// What the validator found and what it met: the ground for rules beyond structure.
package struct Survey: Sendable {
    /// What is said of a null in a list of primitives that holds no place.
    package static let strayNull = "null may only stand"
    /// Every fault of structure, in the order of the text.
    package var issues: [Issue]
    /// Every object, and every primitive that is a URI or a narrative; those that hold others come first.
    package var visits: [ElementVisit]
    private let plan: ValidationPlan
    private let rootType: String

    init(_ issues: [Issue], _ visits: [ElementVisit], _ plan: ValidationPlan, rootType: String) {
        self.issues = issues
        self.visits = visits
        self.plan = plan
        self.rootType = rootType
    }

    /// The location of an element, as FHIR asks of `OperationOutcome.issue.expression`.
    package func expression(of visit: Int) -> String {
        var steps: [String] = []
        var at = visit
        while at >= 0 {
            let step = visits[at]
            guard step.row >= 0 else { break }
            let name = plan.element(Int(step.row))
            steps.append(step.position >= 0 ? "\(name)[\(step.position)]" : name)
            at = Int(step.parent)
        }
        steps.append(rootType)
        return steps.reversed().joined(separator: ".")
    }

    /// The name of the element, without the type of a choice; empty of the outermost resource.
    package func element(of visit: Int) -> String {
        let row = visits[visit].row
        return row < 0 ? "" : plan.element(Int(row))
    }

    /// The JSON name of the property that holds the element.
    package func property(of visit: Int) -> String {
        let row = visits[visit].row
        return row < 0 ? "" : String(decoding: plan.names.name(Int(row)), as: UTF8.self)
    }

    /// Whether the object holds the id and extensions of a primitive.
    package func isSibling(_ visit: Int) -> Bool {
        let row = visits[visit].row
        return row >= 0 && plan.rows[Int(row)].role == .sibling
    }

    /// The type of a primitive.
    package func primitive(of visit: Int) -> PrimitiveType? {
        let row = visits[visit].row
        return visits[visit].structure >= 0 || row < 0 ? nil : plan.rows[Int(row)].primitive
    }

    /// The resource types that a Reference or canonical may point to; empty: any.
    package func targets(of visit: Int) -> [String] {
        let row = visits[visit].row
        guard row >= 0, plan.rows[Int(row)].targets >= 0 else { return [] }
        return plan.targetNames[Int(plan.rows[Int(row)].targets)]
    }
}

extension Validator {
    /// Checks a resource and tells what was met on the way.
    package func survey(_ resource: JSONNode) -> Survey {
        resource.document.withCursor { cursor in
            withUnsafeTemporaryAllocation(of: PathStep.self, capacity: ValidationWalk.depthMax) { path in
                var walk = ValidationWalk(
                    cursor, definitions, path: path, issuesMax: issuesMax, keepsVisits: true)
                walk.visits.reserveCapacity(64)
                walk.resource(resource.identity)
                return Survey(walk.issues, walk.visits, definitions.plan, rootType: walk.rootType)
            }
        }
    }
}

extension Structure {
    /// The bit of an element in `ElementVisit.elements`; 0 when the structure has no such element.
    package func bit(ofElement element: String) -> UInt64 {
        guard let member = members.first(where: { $0.element == element }) else { return 0 }
        var name = member.name
        let entry = name.withUTF8 { plan.names.entry(of: $0, hash: keyHash($0), in: index) }
        return entry < 0 ? 0 : 1 << UInt64(plan.rows[entry].ordinal)
    }
}
