import Access

/// What a client may be given of what it asks for: the scopes asked for, narrowed to those that it is registered for.
struct ScopeOffer: Sendable {
    /// Scopes that are not about resources, of those that this server knows.
    static let others: Set<String> = [
        "openid", "fhirUser", "profile", "launch", "launch/patient", "launch/encounter", "offline_access",
        "online_access",
    ]
    /// Those that give nothing by themselves, so that nobody is asked about them.
    private static let silent: Set<String> = ["launch", "launch/patient", "launch/encounter", "profile"]
    private static let scopesMax = 100

    /// What can be granted, in the order asked for.
    let lines: [String]

    /// - Parameters:
    ///   - requested: what the client asks for.
    ///   - allowed: what it is registered for.
    ///   - contexts: the contexts of scopes that fit the flow; others are left out.
    /// - Throws: ``OAuthError`` when a scope is not understood or nothing is left.
    init(
        _ requested: String, allowed: String, contexts: Set<Scope.Context>, _ labels: LabelReader
    ) throws(OAuthError) {
        let limits: Scopes
        do { limits = try Scopes(allowed, labels) } catch {
            throw OAuthError(.serverError, "The scopes of this client can't be read.")
        }
        var lines: [String] = []
        let parts = requested.split(separator: " ").map(String.init)
        guard parts.count <= Self.scopesMax else {
            throw OAuthError(.invalidScope, "More than \(Self.scopesMax) scopes were asked for.")
        }
        for part in parts {
            let asked: Scopes
            do { asked = try Scopes(part, labels) } catch { throw OAuthError(.invalidScope, error.description) }
            if let scope = asked.scopes.first {
                guard contexts.contains(scope.context) else { continue }
                for limit in limits.scopes {
                    guard let common = Self.common(scope, limit) else { continue }
                    // Whoever writes in the form of version 1 reads in it, too, unless less is given.
                    lines.append(common == Self.text(scope) ? part : common)
                }
            } else if limits.others.contains(part), Self.others.contains(part) {
                lines.append(part)
            }
        }
        var seen: Set<String> = []
        self.lines = lines.filter { seen.insert($0).inserted }
        guard lines.contains(where: { !Self.silent.contains($0) }) else {
            throw OAuthError(.invalidScope, "The client is registered for none of the scopes that it asks for.")
        }
    }

    /// Whether a scope gives nothing by itself.
    static func isSilent(_ scope: String) -> Bool { silent.contains(scope) }

    /// What people are asked about.
    var questions: [String] { lines.filter { !Self.silent.contains($0) } }

    /// What is granted when somebody agrees to these of the questions.
    func granted(_ chosen: [String]) -> [String] {
        lines.filter { Self.silent.contains($0) || chosen.contains($0) }
    }

    /// What two scopes have in common; nil for nothing.
    static func common(_ one: Scope, _ other: Scope) -> String? {
        let permissions = one.permissions.intersection(other.permissions)
        guard one.context == other.context, !permissions.isEmpty,
            one.type == nil || other.type == nil || one.type == other.type
        else { return nil }
        let restrictions = one.restrictions + other.restrictions.filter { !one.restrictions.contains($0) }
        return text(one.context, one.type ?? other.type, permissions, restrictions)
    }

    /// A scope in the form of version 2.
    static func text(_ scope: Scope) -> String {
        text(scope.context, scope.type, scope.permissions, scope.restrictions)
    }

    private static func text(
        _ context: Scope.Context, _ type: String?, _ permissions: Scope.Permissions, _ restrictions: [Scope.Restriction]
    ) -> String {
        let letters: [(String, Scope.Permissions)] = [
            ("c", .create), ("r", .read), ("u", .update), ("d", .delete), ("s", .search),
        ]
        let head = letters.filter { permissions.contains($0.1) }.map(\.0).joined()
        let query = restrictions.map { restriction in
            // The values are plain in the text but for what ends a scope, a value or an escape.
            restriction.parameter + "="
                + restriction.values.map { value in
                    value.map { "%&=+ #\"\\".contains($0) ? URLText.encoded(String($0)) : String($0) }.joined()
                }.joined(separator: ",")
        }.joined(separator: "&")
        return "\(context.rawValue)/\(type ?? "*").\(head)" + (query.isEmpty ? "" : "?" + query)
    }
}
