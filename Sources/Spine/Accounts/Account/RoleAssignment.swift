/// A role that an account holds: as whom, for which organisation, from when until when.
public struct RoleAssignment: Sendable, Hashable {
    /// The role.
    public var role: Role
    /// What an operator is for; nil for an operator who is all in one, and for other roles.
    public var duty: OperatorDuty?
    /// `Patient/…` for a resident, `Practitioner/…` for staff.
    public var person: String?
    /// `PractitionerRole/…` of staff.
    public var practitionerRole: String?
    /// `Organization/…` that the role is held for.
    public var organization: String?
    /// The level of that organisation.
    public var level: OrganizationLevel?
    /// The division code of GB/T 2260, six digits, where the role is bound to a city or district.
    public var district: String?
    /// From when it holds, in milliseconds since 1970 UTC; nil for always.
    public var validFrom: Int64?
    /// Until when it holds, exclusive; nil without end.
    public var validUntil: Int64?

    /// Describes an assignment; ``check()`` tells whether it keeps the rules.
    public init(
        _ role: Role, duty: OperatorDuty? = nil, person: String? = nil, practitionerRole: String? = nil,
        organization: String? = nil, level: OrganizationLevel? = nil, district: String? = nil, validFrom: Int64? = nil,
        validUntil: Int64? = nil
    ) {
        self.role = role
        self.duty = duty
        self.person = person
        self.practitionerRole = practitionerRole
        self.organization = organization
        self.level = level
        self.district = district
        self.validFrom = validFrom
        self.validUntil = validUntil
    }

    /// Whether it holds at an instant.
    public func holds(at now: Int64) -> Bool { (validFrom ?? .min) <= now && now < (validUntil ?? .max) }

    /// Checks the assignment by itself.
    ///
    /// - Throws: ``AccountsError/invalid(field:rule:)`` for the first field that breaks its rule.
    public func check() throws(AccountsError) {
        try checkReferences()
        if duty != nil, role != .operator { throw .invalid(field: "duty", rule: "Only an operator has a duty.") }
        if let district {
            guard district.utf8.count == 6, district.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                district.utf8.first != 0x30
            else {
                throw .invalid(field: "district", rule: "A division code of GB/T 2260 has six digits, such as 330106.")
            }
            if level == .city, !district.hasSuffix("00") {
                throw .invalid(field: "district", rule: "The division code of a city ends in 00, such as 330100.")
            }
        } else if role == .epidemiologist {
            throw .invalid(field: "district", rule: "An epidemiologist works for a city or district: give its code.")
        }
        if let validFrom, let validUntil, validFrom >= validUntil {
            throw .invalid(field: "validUntil", rule: "An assignment ends after it begins.")
        }
    }

    private func checkReferences() throws(AccountsError) {
        try check(person, "person", role == .resident ? "Patient" : "Practitioner", isNeeded: role != .operator)
        let isOfInstitution = role.isStaff && role != .operator
        if role == .resident, practitionerRole != nil || organization != nil {
            throw .invalid(field: "organization", rule: "A resident's role is held for no organisation.")
        }
        try check(practitionerRole, "practitionerRole", "PractitionerRole", isNeeded: isOfInstitution)
        try check(organization, "organization", "Organization", isNeeded: isOfInstitution)
    }

    /// A literal reference of FHIR R4 by type and logical id.
    private func check(
        _ reference: String?, _ field: String, _ type: String, isNeeded: Bool
    ) throws(AccountsError) {
        guard let reference else {
            if isNeeded { throw .invalid(field: field, rule: "The role \(role.rawValue) needs a reference \(type)/….") }
            return
        }
        let id = reference.utf8.dropFirst(type.utf8.count + 1)
        let isID = id.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard reference.hasPrefix(type + "/"), (1...64).contains(id.count), isID else {
            throw .invalid(field: field, rule: "The reference looks like \(type)/ID, where ID is a FHIR id.")
        }
    }

    /// Checks the assignments of one account together.
    static func check(_ assignments: [RoleAssignment]) throws(AccountsError) {
        for assignment in assignments { try assignment.check() }
        if Set(assignments.compactMap(\.duty)).count > 1 {
            throw .invalid(
                field: "duty",
                rule: "The three administrators are different people (GB/T 22239, 8.1.4.2): one account has one duty.")
        }
        if Set(assignments.filter { $0.role == .resident }.map(\.person)).count > 1 {
            throw .invalid(field: "person", rule: "An account is one resident's.")
        }
    }
}
