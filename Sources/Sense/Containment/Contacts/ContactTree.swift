/// Who was exposed to whom: cases, their contacts, and the contacts of those who became cases.
public struct ContactTree: Sendable {
    /// Where exposures come from.
    public struct Root: Sendable, Hashable {
        /// `Patient/…` or `Task/…`; nil for a place or somebody unknown.
        public let reference: String?
        /// In words, as the contacts have it.
        public let name: String
        /// Those exposed.
        public let branches: [Branch]
    }

    /// A contact, and who was exposed to them once they were a case.
    public struct Branch: Sendable, Hashable {
        /// The contact.
        public let contact: Contact
        /// 1 for the contacts of a first case, 2 for those of its contacts, and so on.
        public let generation: Int
        /// Those exposed to them.
        public let branches: [Branch]
    }

    /// One generation.
    public struct Generation: Sendable, Hashable {
        /// From 1.
        public let number: Int
        /// Contacts in it, without those who were none.
        public let contacts: Int
        /// Of them those who became cases.
        public let cases: Int
        /// Of them those whom something is left to do about.
        public let open: Int

        /// A generation with its numbers.
        public init(number: Int, contacts: Int, cases: Int, open: Int) {
            (self.number, self.contacts, self.cases, self.open) = (number, contacts, cases, open)
        }
    }

    /// The first cases and places, in the order in which they were named.
    public let roots: [Root]
    /// By generation.
    public let generations: [Generation]

    /// A tree of the contacts of one signal. Whom a loop of references would hide stands below their own case.
    public init(_ contacts: [Contact]) {
        let contacts = contacts.sorted { ($0.listedAt, $0.id) < ($1.listedAt, $1.id) }
        // A case may be named by its contact's Task or by its Patient.
        var owner: [String: String] = [:]
        for contact in contacts {
            owner["Task/\(contact.id)"] = contact.id
            if contact.stage == .converted, let person = contact.person { owner[person] = contact.id }
        }
        var children: [String: [Contact]] = [:]
        var top: [(reference: String?, name: String, contacts: [Contact])] = []
        func add(atTop contact: Contact) {
            let place = top.firstIndex { item in
                item.reference == contact.exposedTo && (item.reference != nil || item.name == contact.exposedToName)
            }
            if let place {
                top[place].contacts.append(contact)
            } else {
                top.append((contact.exposedTo, contact.exposedToName, [contact]))
            }
        }
        for contact in contacts {
            let above = contact.exposedTo.flatMap { owner[$0] }
            if let above, above != contact.id {
                children[above, default: []].append(contact)
            } else {
                add(atTop: contact)
            }
        }
        var seen: Set<String> = []
        func branch(_ contact: Contact, _ generation: Int) -> Branch? {
            guard seen.insert(contact.id).inserted else { return nil }
            return Branch(
                contact: contact, generation: generation,
                branches: (children[contact.id] ?? []).compactMap { branch($0, generation + 1) })
        }
        var roots = top.map { item in
            Root(reference: item.reference, name: item.name, branches: item.contacts.compactMap { branch($0, 1) })
        }
        for contact in contacts where !seen.contains(contact.id) {
            if let branch = branch(contact, 1) {
                roots.append(Root(reference: contact.exposedTo, name: contact.exposedToName, branches: [branch]))
            }
        }
        self.roots = roots
        var counted: [Int: (contacts: Int, cases: Int, open: Int)] = [:]
        func count(_ branch: Branch) {
            if branch.contact.stage != .excluded {
                let old = counted[branch.generation] ?? (0, 0, 0)
                counted[branch.generation] = (
                    old.contacts + 1, old.cases + (branch.contact.stage == .converted ? 1 : 0),
                    old.open + (branch.contact.stage.isOpen ? 1 : 0)
                )
            }
            for below in branch.branches { count(below) }
        }
        for root in roots { for branch in root.branches { count(branch) } }
        generations = counted.sorted { $0.key < $1.key }.map {
            Generation(number: $0.key, contacts: $0.value.contacts, cases: $0.value.cases, open: $0.value.open)
        }
    }

    /// Everybody in the order of the tree, with the generation.
    public var flat: [Branch] {
        func walk(_ branch: Branch) -> [Branch] { [branch] + branch.branches.flatMap(walk) }
        return roots.flatMap { $0.branches.flatMap(walk) }
    }
}
