import Accounts

/// One of the five faces, as accounts know it; the decisions of access have roles of their own.
typealias AccountRole = Role
