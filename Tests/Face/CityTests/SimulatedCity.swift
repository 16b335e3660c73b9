import City
import JSON

/// A small city, run once and read into what the tests ask about.
struct SimulatedCity: Sendable {
    let bundles: [[UInt8]]
    let sizes: [Int]
    let resources: [JSONNode]

    /// 1,500 residents of Hangzhou over two years.
    static let hangzhou = Result {
        try SimulatedCity(
            CityOptions(city: "hangzhou", seed: 11, residents: 1_500, days: 730, endDate: "2026-06-30"))
    }

    init(_ options: CityOptions) throws {
        var bundles: [[UInt8]] = []
        var sizes: [Int] = []
        var resources: [JSONNode] = []
        for bundle in try CitySimulation(options).bundles() {
            bundles.append(bundle.json)
            sizes.append(bundle.resources)
            let document = try JSONDocument(parsing: bundle.json)
            for entry in document.root["entry"]?.elements ?? document.root.elements {
                if let resource = entry["resource"] { resources.append(resource) }
            }
        }
        self.bundles = bundles
        self.sizes = sizes
        self.resources = resources
    }

    func all(_ type: String) -> [JSONNode] { resources.filter { $0.text("resourceType") == type } }
}

extension JSONNode {
    /// The string at a path of member names; an array stands for its first element.
    func text(_ path: String...) -> String? { node(path)?.string }

    func number(_ path: String...) -> Double? { node(path)?.double }

    private func node(_ path: [String]) -> JSONNode? {
        var node: JSONNode? = self
        for name in path {
            if let list = node, list.isArray { node = list[0] }
            node = node?[JSONKey(name)]
        }
        if let list = node, list.isArray { return list[0] }
        return node
    }

    /// The code of `code.coding[0]`.
    var code: String? { text("code", "coding", "code") }
    var subject: String? { text("subject", "reference") }
}
