/// A transaction Bundle of the city, ready to be sent.
public struct CityBundle: Sendable {
    /// The Bundle as compact JSON (UTF-8): type `transaction`, every entry a `PUT` with a fixed id.
    public let json: [UInt8]
    /// How many resources it carries.
    public let resources: Int
    /// What it is about, for a progress line: `institutions` or a household's number.
    public let label: String
    /// How much of the city is done when this bundle has been sent, from 0 to 1.
    public let progress: Double
    /// Whom planted outbreaks reach in it, which its records don't tell.
    public let planted: [PlantedCase]
}

/// Gathers entries into transaction Bundles of a bounded size.
struct BundleWriter {
    private let entriesMax: Int
    private var text = ByteText(capacity: 1 << 18)
    private var entries = 0
    private var label = ""
    private var planted: [PlantedCase] = []
    private(set) var finished: [(json: [UInt8], resources: Int, label: String, planted: [PlantedCase])] = []

    init(entriesMax: Int) { self.entriesMax = max(1, entriesMax) }

    /// Names the bundles that follow.
    mutating func begin(label: String) {
        flush()
        self.label = label
    }

    /// Adds one resource; `write` puts the members after `resourceType` and `id`, each with a comma before it.
    mutating func add(_ type: StaticString, _ id: ResourceID, _ write: (inout ByteText) -> Void) {
        if entries == entriesMax { flush() }
        if entries == 0 {
            text.put(#"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":""#)
        } else {
            text.put(#",{"resource":{"resourceType":""#)
        }
        text.put(type)
        text.put(#"","id":""#)
        text.put(id)
        text.put("\"")
        write(&text)
        text.put(#"},"request":{"method":"PUT","url":""#)
        text.put(type)
        text.put("/")
        text.put(id)
        text.put(#""}}"#)
        entries += 1
    }

    /// Notes beside the records whom an outbreak has reached.
    mutating func tell(_ planted: PlantedCase) { self.planted.append(planted) }

    /// Closes the bundle if the next few entries, which belong together, would not fit.
    mutating func makeRoom(for count: Int) {
        if entries > 0, entries + count > entriesMax { flush() }
    }

    mutating func flush() {
        guard entries > 0 else { return }
        text.put("]}")
        finished.append((text.bytes, entries, label, planted))
        planted.removeAll()
        text.removeAll()
        entries = 0
    }

    mutating func takeFinished() -> [(json: [UInt8], resources: Int, label: String, planted: [PlantedCase])] {
        flush()
        defer { finished.removeAll() }
        return finished
    }
}
