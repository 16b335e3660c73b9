import Synchronization

/// Tells readers in the process of the only writer which newest change they see, so that they need not ask the database.
///
/// Whoever finds the same moment before and after a reading has read the state that ends with its head: no commit could be seen
/// in between.
final class CommitMark: Sendable {
    /// A time in which nothing is committed.
    struct Moment: Equatable {
        fileprivate var turns: UInt64
        /// The newest change.
        var head: Int64
    }

    /// Odd while a commit is on its way.
    private let turns = Atomic<UInt64>(0)
    private let head: Atomic<Int64>

    /// - Parameter head: the newest change.
    init(head: Int64) { self.head = Atomic(head) }

    /// Nil while a commit is on its way.
    var moment: Moment? {
        let before = turns.load(ordering: .sequentiallyConsistent)
        let head = head.load(ordering: .sequentiallyConsistent)
        guard before % 2 == 0, turns.load(ordering: .sequentiallyConsistent) == before else { return nil }
        return Moment(turns: before, head: head)
    }

    /// From now on readers may see what the writer has done.
    func begin() { turns.add(1, ordering: .sequentiallyConsistent) }

    /// They do, or the writer has undone it.
    ///
    /// - Parameter head: the newest change; nil where there is none.
    func end(_ head: Int64?) {
        if let head { self.head.store(head, ordering: .sequentiallyConsistent) }
        turns.add(1, ordering: .sequentiallyConsistent)
    }
}
