import FHIR
import JSON
import Records

/// One thing that is told to a receiver.
struct NotificationEvent: Sendable {
    enum Content: Sendable {
        /// The resource, as far as it may be sent.
        case put([UInt8])
        /// It is deleted, matches no more, or may no longer be sent.
        case delete
    }

    let place: FeedPlace
    let content: Content
    /// The number of the Patient it is about; 0 for nobody, or nobody known.
    let person: Int64
    /// The ids of the patients that it is about.
    let patients: Set<String>
}

/// Notifications as Bundles of type `history`, by the R4 form of HL7's Subscriptions Backport
/// (<https://hl7.org/fhir/uv/subscriptions-backport/notifications.html>): the first entry tells about the subscription, the
/// others are what happened, in order.
struct NotificationBundle {
    enum Kind: String {
        case handshake
        case event = "event-notification"
    }

    /// The Subscription's id.
    let subscription: String
    /// The address of the server, `https://…/fhir`.
    let base: String
    let kind: Kind
    /// How many events came before these.
    let eventsBefore: Int64
    let events: [NotificationEvent]
    /// Milliseconds since 1970 UTC.
    let now: Int64
    /// What the Bundle is called; the same for the same content.
    let id: String

    func json() -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024 + events.count * 1024)
        json.beginObject()
        json.member("resourceType", string: "Bundle")
        json.member("id", string: id)
        json.member("type", string: "history")
        json.member("timestamp", string: isoInstant(now))
        json.key("entry")
        json.beginArray()
        writeStatus(&json)
        for event in events { write(event, &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    private func writeStatus(_ json: inout JSONWriter) {
        json.beginObject()
        json.member("fullUrl", string: "urn:uuid:\(id)")
        json.key("resource")
        json.beginObject()
        json.member("resourceType", string: "Parameters")
        json.member("id", string: id)
        json.key("parameter")
        json.beginArray()
        json.parameter("subscription") { json in
            json.key("valueReference")
            json.beginObject()
            json.member("reference", string: "\(base)/Subscription/\(subscription)")
            json.endObject()
        }
        json.parameter("status") { $0.member("valueCode", string: kind == .handshake ? "requested" : "active") }
        json.parameter("type") { $0.member("valueCode", string: kind.rawValue) }
        json.parameter("events-since-subscription-start") {
            $0.member("valueString", string: "\(eventsBefore + Int64(events.count))")
        }
        for (offset, event) in events.enumerated() {
            json.parameter("notification-event") { json in
                json.key("part")
                json.beginArray()
                json.parameter("event-number") {
                    $0.member("valueString", string: "\(eventsBefore + Int64(offset) + 1)")
                }
                json.parameter("timestamp") {
                    $0.member("valueInstant", string: isoInstant(event.place.lastUpdated))
                }
                json.parameter("focus") { json in
                    json.key("valueReference")
                    json.beginObject()
                    json.member("reference", string: "\(base)/\(event.place.key)")
                    json.endObject()
                }
                json.endArray()
            }
        }
        json.endArray()
        json.endObject()
        json.request("GET", "Subscription/\(subscription)/$status")
        json.key("response")
        json.beginObject()
        json.member("status", string: "200")
        json.endObject()
        json.endObject()
    }

    private func write(_ event: NotificationEvent, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("fullUrl", string: "\(base)/\(event.place.key)")
        let isDelete: Bool
        switch event.content {
        case .put(let resource):
            json.member("resource", raw: resource)
            isDelete = false
        case .delete: isDelete = true
        }
        json.request(isDelete ? "DELETE" : "PUT", "\(event.place.key)")
        json.key("response")
        json.beginObject()
        json.member("status", string: isDelete ? "204" : "200")
        json.member("etag", string: "W/\"\(event.place.versionID)\"")
        json.member("lastModified", string: isoInstant(event.place.lastUpdated))
        json.endObject()
        json.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func parameter(_ name: String, _ value: (inout JSONWriter) -> Void) {
        beginObject()
        member("name", string: name)
        value(&self)
        endObject()
    }

    fileprivate mutating func request(_ method: String, _ url: String) {
        key("request")
        beginObject()
        member("method", string: method)
        member("url", string: url)
        endObject()
    }
}
