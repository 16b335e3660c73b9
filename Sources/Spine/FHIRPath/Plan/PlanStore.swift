/// Keeps the parts of a plan where they don't move, so that they can refer to each other by address and that walking them
/// counts no references.
final class PlanStore: @unchecked Sendable {
    // Nothing is added once the plan is made.
    private var dispose: [() -> Void] = []

    deinit {
        for dispose in dispose { dispose() }
    }

    /// The address of a value, for as long as the store lives.
    func keep<T>(_ value: T) -> UnsafePointer<T> {
        let room = UnsafeMutablePointer<T>.allocate(capacity: 1)
        room.initialize(to: value)
        dispose.append {
            room.deinitialize(count: 1)
            room.deallocate()
        }
        return UnsafePointer(room)
    }

    /// The address of some values, for as long as the store lives.
    func keep<T>(_ values: [T]) -> UnsafeBufferPointer<T> {
        let room = UnsafeMutableBufferPointer<T>.allocate(capacity: values.count)
        _ = room.initialize(from: values)
        dispose.append {
            room.deinitialize()
            room.deallocate()
        }
        return UnsafeBufferPointer(room)
    }
}
