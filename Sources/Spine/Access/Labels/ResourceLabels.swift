/// What a decision needs to know about a resource. Computed when the resource is written, and kept beside it.
public struct ResourceLabels: Sendable, Hashable {
    /// The resource type.
    public var type: String
    /// The logical id; empty before it has one.
    public var id: String
    /// The ids of the patients that the resource is about.
    public var persons: Set<String> = []
    /// Whether it is about somebody whose id is not known: a subject named by an identifier alone, or a resource elsewhere.
    public var hasUnknownPersons = false
    /// References to resources here whose patients are this one's too; until `resolve(_:)` these count as unknown.
    public var dependsOn: Set<String> = []
    /// The ids of organisations that answer for the resource.
    public var organisations: Set<String> = []
    /// `Practitioner/…` and `PractitionerRole/…` that the resource names.
    public var practitioners: Set<String> = []
    /// The divisions where the persons live: of a Patient and an Organization its own, else given by the caller.
    public var divisions: Set<Division> = []
    /// The sensitive categories.
    public var sensitivities: Set<Sensitivity> = []
    /// The notifiable diseases of which the resource is case data, by id.
    public var diseases: Set<String> = []
    /// For a Patient: the sensitive categories of each case of a notifiable disease, given by the caller.
    public var cases: Set<Set<Sensitivity>> = []
    /// All codes in the resource.
    public var codes: Set<Token> = []
    /// Values of search parameters that scopes are restricted by.
    public var parameters: [String: Set<Token>] = [:]
    /// Every reference in the resource, as `Type/id`.
    public var references: Set<String> = []
    /// When what the resource tells took place, in milliseconds since 1970-01-01T00:00:00Z.
    public var period: ClosedRange<Int64>?

    /// - Parameters:
    ///   - type: the resource type.
    ///   - id: the logical id.
    public init(type: String, id: String) {
        self.type = type
        self.id = id
    }

    /// `Type/id`.
    public var reference: String { type + "/" + id }

    /// What kind of content the type has.
    public var resourceClass: ResourceClass { .of(type) }

    /// Whether the resource is known to be about no patient.
    public var isImpersonal: Bool { persons.isEmpty && !hasUnknownPersons && dependsOn.isEmpty }

    /// Whether everybody the resource is about is known and one of these.
    public func isOnlyAbout(_ others: (String) -> Bool) -> Bool {
        !persons.isEmpty && !hasUnknownPersons && dependsOn.isEmpty && persons.allSatisfy(others)
    }

    /// Takes over the patients of resources that this one depends on.
    ///
    /// - Parameter persons: the patients of a resource by its reference, none for an impersonal one; nil when it is not
    ///   there, so that the person stays unknown.
    public mutating func resolve(_ persons: (String) -> Set<String>?) {
        for reference in dependsOn {
            guard let found = persons(reference) else {
                hasUnknownPersons = true
                continue
            }
            self.persons.formUnion(found)
        }
        dependsOn = []
    }
}
