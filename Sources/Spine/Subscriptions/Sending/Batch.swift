import Access
import FHIR
import JSON
import Records
import SQL

/// The next things that a receiver is to be told, in the order of the feed.
struct Batch: Sendable {
    var events: [NotificationEvent]
    /// Up to which place of the feed this is everything.
    var end: Int64

    /// Tells one content from another.
    var mark: String {
        let text = events.map { "\($0.place.key)/\($0.place.versionID)/\($0.place.sequence)" }.joined(separator: " ")
        return String(Signature.hex(Signature.sha256(Array(text.utf8))).prefix(32))
    }
}

extension Subscriptions {
    /// The next batch after a place; nil when the feed has nothing more.
    func batch(_ terms: SubscriptionTerms, _ standing: Standing, after place: Int64) throws -> Batch? {
        // What was announced and not taken yet is sent again as it was, before more.
        let last = standing.announced > place ? standing.announced : Int64.max
        let stretch = try store.stretch(
            after: place, upTo: last, types: [terms.type, "Consent", "Patient"], limit: options.eventsMax)
        guard stretch.end > place else { return nil }
        guard let purpose = Purpose.of(code: terms.purpose) else { return nil }
        let maker = BatchMaker(
            terms: terms, view: try house.view(terms.program, purpose: purpose), store: store, definitions: definitions)
        var events: [NotificationEvent] = []
        let taken = try maker.take(stretch.places.filter { $0.key.type == terms.type && $0.verb != .delete })
        var (bytes, end) = (0, place)
        for place in stretch.places {
            let new = try maker.events(at: place, taken)
            let size = new.reduce(0) { $0 + $1.size }
            // Everything of a place, or nothing of it.
            if !events.isEmpty, bytes + size > options.bytesMax {
                return Batch(events: events, end: end)
            }
            events += new
            bytes += size
            end = place.sequence
        }
        return Batch(events: events, end: stretch.end)
    }
}

extension NotificationEvent {
    fileprivate var size: Int { if case .put(let resource) = content { resource.count } else { 200 } }
}

private struct BatchMaker {
    let terms: SubscriptionTerms
    let view: SeenRecords
    let store: RecordStore
    let definitions: Definitions

    /// Those of some resources that match and may be sent.
    func take(_ places: [FeedPlace]) throws -> [ResourceKey: TakenResource] {
        var found: [ResourceKey: TakenResource] = [:]
        for start in stride(from: 0, to: places.count, by: SeenRecords.takeMax) {
            let keys = places[start..<min(start + SeenRecords.takeMax, places.count)].map(\.key)
            for resource in try view.take(
                keys, of: terms.type, matching: terms.parameters, masking: terms.masking)
            {
                found[resource.key] = resource
            }
        }
        return found
    }

    func events(at place: FeedPlace, _ taken: [ResourceKey: TakenResource]) throws -> [NotificationEvent] {
        var events: [NotificationEvent] = []
        if place.key.type == terms.type {
            if let resource = taken[place.key] {
                events.append(try put(place, resource))
            } else if let person = try held([place.rid])[place.rid] {
                events.append(try gone(place, person))
            }
        } else if place.key.type == "Patient", terms.fields.tellsPerson {
            events += try link(place)
        }
        if place.key.type == "Consent" { events += try refused(place) }
        return events
    }

    private func put(_ place: FeedPlace, _ resource: TakenResource) throws -> NotificationEvent {
        let root = resource.document.root
        let person = try self.person(of: root)
        return NotificationEvent(
            place: place,
            content: .put(terms.fields.json(of: root, isMasked: resource.masking >= .masked, definitions)),
            person: person?.rid ?? 0, patients: resource.persons ?? Set([person?.id].compactMap { $0 }))
    }

    private func gone(_ place: FeedPlace, _ person: Int64) throws -> NotificationEvent {
        let patient = try store.places(of: person == 0 ? [] : [person]).first?.key.id
        return NotificationEvent(
            place: place, content: .delete, person: person, patients: Set([patient].compactMap { $0 }))
    }

    /// A Patient of whom the receiver holds something was merged or parted: it is told which id stands for which, and
    /// nothing else.
    private func link(_ place: FeedPlace) throws -> [NotificationEvent] {
        let isKnown = try store.readSQL { db in
            let holdings = Holdings(id: terms.id, db: db)
            return try (holds: !holdings.about(place.rid).isEmpty, linked: !holdings.persons(of: [place.rid]).isEmpty)
        }
        guard isKnown.holds else { return [] }
        if place.verb == .delete { return isKnown.linked ? [try gone(place, place.rid)] : [] }
        let document = try JSONDocument(parsing: store.read(place.key).json())
        let root = document.root
        let links = root["link"]?.elements.filter { link in
            ["replaces", "replaced-by"].contains(link["type"]?.string ?? "")
        }
        guard isKnown.linked || links?.isEmpty == false else { return [] }
        let list = try FieldList(["active", "link"], of: "Patient", definitions)
        var edits = JSONEdits()
        let kept = Array((links ?? []).map { $0.compactText() }.joined(separator: Array(",".utf8)))
        if kept.isEmpty {
            edits.removeMember("link", of: root)
        } else {
            edits.setMember("link", of: root, to: [UInt8(ascii: "[")] + kept + [UInt8(ascii: "]")])
        }
        let narrowed = try JSONDocument(parsing: edits.applied(to: document))
        return [
            NotificationEvent(
                place: place, content: .put(list.json(of: narrowed.root, isMasked: false, definitions)),
                person: 0, patients: [place.key.id])
        ]
    }

    /// A consent was written: what it refuses is taken back from the receiver.
    private func refused(_ place: FeedPlace) throws -> [NotificationEvent] {
        guard place.verb != .delete,
            let patient = try JSONDocument(parsing: store.read(place.key).json()).root["patient"]?["reference"]?.string,
            let key = ResourceKey(reference: patient), let person = try store.number(of: key)
        else { return [] }
        let rids = try store.readSQL { db in try Holdings(id: terms.id, db: db).about(person) }
        let places = try store.places(of: rids).filter { $0.key.type == terms.type }
        let still = try take(places.filter { $0.verb != .delete })
        return try places.filter { still[$0.key] == nil }.sorted { $0.sequence < $1.sequence }.map { place in
            try gone(place, person)
        }
    }

    private func held(_ rids: [Int64]) throws -> [Int64: Int64] {
        try store.readSQL { db in try Holdings(id: terms.id, db: db).persons(of: rids) }
    }

    /// The Patient whose a resource is.
    private func person(of root: JSONNode) throws -> (rid: Int64, id: String)? {
        let type = root["resourceType"]?.string
        let reference: String?
        if type == "Patient" {
            reference = root["id"]?.string.map { "Patient/\($0)" }
        } else {
            reference = Self.subjects.lazy.compactMap { root[$0]?["reference"]?.string }.first {
                $0.contains("Patient/")
            }
        }
        guard let reference, let key = ResourceKey(reference: reference), key.type == "Patient",
            let rid = try store.number(of: key)
        else { return nil }
        return (rid, key.id)
    }

    private static let subjects: [JSONKey] = ["subject", "patient", "for", "beneficiary", "individual"]
}
