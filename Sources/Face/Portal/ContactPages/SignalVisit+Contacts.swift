import Containment
import Records
import Signals

extension Portal.SignalVisit {
    /// Contacts that are read for a page at most.
    static let contactsMax = 1_000
    /// Cases of the line list that a form offers at most.
    private static let casesMax = 200

    /// The contacts of a signal that the reader may see, those listed first first.
    func contacts(of signal: String) throws -> [Contact] {
        try tasks(Contact.search(signal: signal, open: false, count: 200), limit: Self.contactsMax) {
            try Contact($0, desk.list)
        }.sorted { ($0.listedAt, $0.id) < ($1.listedAt, $1.id) }
    }

    /// Every contact that the reader may see.
    func contacts(open: Bool) throws -> [Contact] {
        try tasks(Contact.search(open: open, count: 200), limit: Self.contactsMax) { try Contact($0, desk.list) }
    }

    /// A contact that the reader may see.
    func contact(_ id: String?) throws -> Contact? {
        guard let id, ResourceKey.isID(id) else { return nil }
        do { return try Contact(records().read(ResourceKey(type: "Task", id: id)), desk.list) } catch let error
            as RecordsError
            where error.category == .notFound || error.category == .gone
        { return nil }
    }

    /// The persons of a signal's line list whom the reader may see, once each: reference and name.
    func cases(of signal: Signal) throws -> [(reference: String, name: String)] {
        let found = try desk.counts.lines(
            signal.conditions, signal.window, district: signal.district == 0 ? nil : signal.district,
            limit: Self.casesMax)
        let records = try records()
        var seen: Set<String> = []
        return found.compactMap { line in
            let item = SignalLine(line, records, today: visit.today)
            guard let person = item.person, seen.insert(person).inserted else { return nil }
            return (person, item.name.flatMap { $0.isEmpty ? nil : $0 } ?? words["nameUnknown"])
        }
    }
}
