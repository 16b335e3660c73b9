public import Records
import Signals

/// The notices of a store that are out. Only what a centre for disease control sends, and what two persons stand for, is shown.
public struct NoticeBoard: Sendable {
    private let store: RecordStore

    /// - Parameter store: the store whose notices are read.
    public init(_ store: RecordStore) { self.store = store }

    /// The notices that are out, the latest first.
    /// - Parameters:
    ///   - audiences: for whom.
    ///   - limit: how many at most.
    public func notices(_ audiences: Set<Notice.Audience>, limit: Int) throws -> [Notice] {
        let centres = try DiseaseControlCentres(store)
        let senders = Set(centres.ofDistrict.values).union([centres.ofCity].compactMap { $0 })
        var found: [Notice] = []
        for audience in Notice.Audience.allCases where audiences.contains(audience) {
            let page = try store.search(
                type: "Communication", parameters: Notice.search(audience, [.sent], count: min(limit, 200)))
            found += try page.entries.compactMap { try Notice($0.version) }
        }
        return found.filter { $0.isOut && senders.contains($0.sender) }
            .sorted { ($0.sentAt ?? 0, $0.id) > ($1.sentAt ?? 0, $1.id) }.prefix(limit).map { $0 }
    }
}
