import DailyCounts
import JSON
public import Records

/// The centres for disease control: Organizations of type `cdc`. The city's is part of one that is part of none.
public struct DiseaseControlCentres: Sendable {
    /// `Organization/…` by GB/T 2260 code of the district.
    public var ofDistrict: [Int: String] = [:]
    /// `Organization/…` of the city's; nil where there is none.
    public var ofCity: String?

    /// None.
    public init() {}

    /// Those of a store.
    public init(_ store: RecordStore) throws {
        let page = try store.search(type: "Organization", parameters: [("type", "cdc"), ("_count", "500")])
        for entry in page.entries {
            let document = try JSONDocument(parsing: entry.version.json())
            let reference = entry.version.key.description
            let parent = (document.root["partOf"]?["reference"]?.string).flatMap { ResourceKey(reference: $0) }
            let above = try parent.map { try JSONDocument(parsing: store.read($0).json()).root["partOf"] } ?? nil
            if above == nil {
                ofCity = ofCity ?? reference
            } else {
                ofDistrict[Int(Recorded.district(of: document))] = reference
            }
        }
    }

    /// The one that answers for a district: its own, else the city's.
    public func answering(for district: Int) -> String? { ofDistrict[district] ?? ofCity }
}
