/// What made a version.
public enum Verb: Int, Sendable {
    case create
    case update
    case delete
}
