/// Which organisations somebody acts for.
public enum Reach: Sendable, Hashable {
    /// The organisations with these ids: an institution with all that is part of it.
    case organisations(Set<String>)
    /// Every organisation of the city: the platform's own programs, such as the one that first fills it.
    case city

    /// Whether any of the organisations is within reach.
    public func meets(_ others: Set<String>) -> Bool {
        switch self {
        case .organisations(let own): !own.isDisjoint(with: others)
        case .city: true
        }
    }
}

/// The tree of organisations: city, institution, department, as `Organization.partOf` gives it.
public struct OrganisationTree: Sendable {
    private var children: [String: [String]] = [:]
    private var parents: [String: String] = [:]

    /// - Parameter parents: for each organisation id the id that it is part of.
    public init(parents: [String: String]) {
        self.parents = parents
        for (child, parent) in parents { children[parent, default: []].append(child) }
    }

    /// The organisation and all that is part of it, at any depth.
    public func subtree(of organisation: String) -> Set<String> {
        var found: Set<String> = [organisation]
        var waiting = [organisation]
        while let next = waiting.popLast() {
            for child in children[next] ?? [] where found.insert(child).inserted { waiting.append(child) }
        }
        return found
    }

    /// The organisation and all that it is part of, the nearest first.
    public func ancestry(of organisation: String) -> [String] {
        var found = [organisation]
        while let parent = found.last.flatMap({ parents[$0] }), !found.contains(parent) { found.append(parent) }
        return found
    }
}
