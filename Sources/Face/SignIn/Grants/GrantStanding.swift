import Access
import Accounts

extension Grant {
    /// Who acts by a grant; nil when what it rests on has gone: the client or the account is out of use, the role is no
    /// longer held, the password was replaced, or the session is over.
    func holder(
        _ clients: ClientRegistry, _ accounts: Accounts, at now: Int64
    ) throws -> (client: Client, account: Account?, assignment: RoleAssignment?)? {
        guard expires > now, let client = try clients.client(client), client.isEnabled else { return nil }
        guard let account else { return (client, nil, nil) }
        guard let standing = try accounts.standing(of: account, session: session),
            standing.account.state == .active, standing.passwordAt <= created, !standing.account.mustChangePassword,
            session == nil || standing.session != nil,
            let role = standing.account.assignments(at: now).first(where: { Grant.key(of: $0) == assignment })
        else { return nil }
        return (client, standing.account, role)
    }
}
