/// Which database stands behind a connection, for the few places that must know: the layout of tables, and writes of
/// many rows at once.
public enum SQLDialect: Sendable, Hashable {
    case sqlite
    case postgresql
}
