import Access
import JSON
import SQL

/// What the tables of access hold of one resource.
struct LabelRows {
    /// `access_label.person` of a resource about nobody, about several known persons, and about somebody unknown.
    static let nobody: Int64 = 0
    static let several: Int64 = -1
    static let unknown: Int64 = -2
    /// The bit of `marks` that says case data.
    static let caseMark: Int64 = 1 << 9

    var rid: Int64
    var person = Self.nobody
    var persons: [Int64] = []
    var organisation: Int64 = 0
    var organisations: [Int64] = []
    var marks: Int64 = 0
    var division: Int64?
    var dependencies: [Int64] = []
    var cases: [Int64] = []
    var care: [Care] = []
    var links: [Int64] = []
    var child: Int64?
    var mandates: [MandateRow] = []
    var consentPerson: Int64?

    struct Care {
        var person: Int64
        var organisation: Int64
        var kind: CareRelation.Kind
        var from: Int64
        var until: Int64?
    }

    struct MandateRow {
        var mandate: Mandate
        var patient: Int64
        var delegate: Int64
    }

    /// - Parameters:
    ///   - labels: with its persons resolved.
    ///   - dependencies: the references whose persons were taken over.
    ///   - number: the number of a resource.
    ///   - standing: the number of who stands for a Patient.
    init(
        _ resource: JSONNode, _ labels: ResourceLabels, dependencies: Set<String>, rid: Int64, written: Int64,
        number: (ResourceKey) throws -> Int64, standing: (String) throws -> Int64
    ) throws {
        self.rid = rid
        func numbers(_ ids: some Sequence<String>, _ type: String) throws -> [Int64] {
            try ids.sorted().map { try number(ResourceKey(type: type, id: $0)) }
        }
        let persons = try numbers(labels.persons, "Patient")
        if labels.hasUnknownPersons {
            person = Self.unknown
            self.persons = persons
        } else if persons.count > 1 {
            person = Self.several
            self.persons = persons
        } else {
            person = persons.first ?? Self.nobody
        }
        let answering = try numbers(labels.organisations, "Organization")
        organisation = answering.count > 1 ? Self.several : answering.first ?? 0
        if answering.count > 1 { organisations = answering }
        marks = labels.sensitivities.reduce(0) { $0 | $1.mark }
        if !labels.diseases.isEmpty, labels.type != "Patient" {
            marks |= Self.caseMark
            cases = persons
        }
        self.dependencies = try dependencies.compactMap { ResourceKey(reference: $0) }.map { try number($0) }
        care = try CareRelation.reading(resource, labels, written: written).map { relation in
            Care(
                person: try number(ResourceKey(type: "Patient", id: relation.patient)),
                organisation: try number(ResourceKey(type: "Organization", id: relation.organisation)),
                kind: relation.kind, from: relation.from, until: relation.until)
        }
        switch labels.type {
        case "Patient":
            division = labels.divisions.first.flatMap { Int64($0.code) }
            links = try Guardian.links(of: resource).map { try number($0) }
        case "RelatedPerson": child = try Guardian.child(of: resource).map { try standing($0.id) }
        case "Consent":
            mandates = try Mandate.all(in: resource).map { mandate in
                MandateRow(
                    mandate: mandate, patient: try standing(mandate.patient),
                    delegate: try number(mandate.delegate))
            }
            if let directive = ConsentDirective(resource), directive.mayDeny {
                consentPerson = try standing(directive.patient)
            }
        default: break
        }
    }
}

extension LabelRows {
    /// Leaves what a deleted resource keeps: whom it was about.
    mutating func forgetRelations() {
        division = nil
        cases = []
        care = []
        links = []
        child = nil
        mandates = []
        consentPerson = nil
    }
}

extension Sensitivity {
    /// The bit that stands for it in the tables; never used again for another.
    var mark: Int64 {
        switch self {
        case .hiv: 1
        case .sexuallyTransmitted: 1 << 1
        case .mentalHealth: 1 << 2
        case .reproductive: 1 << 3
        case .genetic: 1 << 4
        case .abuse: 1 << 5
        case .tuberculosis: 1 << 6
        case .hepatitis: 1 << 7
        case .restricted: 1 << 8
        }
    }

    /// The categories that bits stand for.
    static func all(_ marks: Int64) -> Set<Sensitivity> { Set(allCases.filter { marks & $0.mark != 0 }) }

    /// The bits of all categories but these.
    static func marks(without allowed: Set<Sensitivity>) -> Int64 {
        allCases.filter { !allowed.contains($0) }.reduce(0) { $0 | $1.mark }
    }
}

extension CareRelation.Kind {
    /// The number that stands for it in `care_relation`.
    var number: Int64 {
        switch self {
        case .visit: 0
        case .contract: 1
        case .referral: 2
        case .appointment: 3
        }
    }
}

extension ConsentDirective {
    /// Whether it denies anything to anybody.
    var mayDeny: Bool { deniesByDefault || provision.map(Self.mayDeny) ?? false }

    private static func mayDeny(_ provision: Provision) -> Bool {
        provision.permits == false || provision.exceptions.contains(where: mayDeny)
    }
}
