import Accounts

/// One of the five faces, as accounts know it; the rules of access have roles of their own.
typealias AccountRole = Role
