import Calendar
import Containment
import Signals
import Testing

@Suite("The tree of contacts")
struct ContactTreeTests {
    private let signal: Signal

    init() async throws { signal = try await signalStore().1 }

    private func contact(_ id: String, exposedTo: String?, _ stage: ContactAction? = nil, person: String? = nil) throws
        -> Contact
    {
        var contact = ContainmentTests.contact(of: signal, id, exposedTo: exposedTo)
        contact.id = id
        if let stage {
            var action = Contact.Action(stage, by: "")
            (action.day, action.text, action.person) = (november(21), "原因", person)
            try contact.take(action, now: start)
        }
        return contact
    }

    @Test("hangs the contacts of contacts who became cases below them, by Task or by Patient, and counts generations")
    func generations() throws {
        let tree = ContactTree([
            try contact("a", exposedTo: "Patient/p1", .convert), try contact("b", exposedTo: "Patient/p1"),
            try contact("c", exposedTo: "Task/a", .convert, person: "Patient/p7"),
            try contact("d", exposedTo: "Patient/p7"),
            try contact("e", exposedTo: nil), try contact("f", exposedTo: "Patient/p2", .exclude),
        ])
        #expect(tree.roots.map(\.reference) == ["Patient/p1", nil, "Patient/p2"])
        #expect(tree.flat.map { "\($0.contact.id)\($0.generation)" } == ["a1", "c2", "d3", "b1", "e1", "f1"])
        #expect(
            tree.generations == [
                ContactTree.Generation(number: 1, contacts: 3, cases: 1, open: 2),
                ContactTree.Generation(number: 2, contacts: 1, cases: 1, open: 0),
                ContactTree.Generation(number: 3, contacts: 1, cases: 0, open: 1),
            ])
    }

    @Test("loses nobody where contacts name each other as source")
    func loop() throws {
        let tree = ContactTree([
            try contact("a", exposedTo: "Task/b", .convert), try contact("b", exposedTo: "Task/a", .convert),
            try contact("c", exposedTo: "Task/c", .convert),
        ])
        #expect(Set(tree.flat.map(\.contact.id)) == ["a", "b", "c"] && tree.flat.count == 3)
        #expect(ContactTree([]).roots.isEmpty)
    }
}
