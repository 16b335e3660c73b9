import Foundation
import JSON

/// The systems that a programme may say it serves: the ids and names of the catalogue.
public struct SystemCatalogue: Sendable {
    /// A system of the catalogue.
    public struct System: Sendable, Hashable {
        /// Its id.
        public let id: String
        /// Its names.
        public let title: ProgrammeText
    }

    /// In the order of the catalogue; none where the file can't be read.
    public let systems: [System]

    /// The catalogue that comes with the house.
    public static let house = SystemCatalogue()

    private init() {
        let url = Bundle.module.bundleURL.appendingPathComponent("Resources").appendingPathComponent("systems.tsv")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        systems = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst().compactMap { line in
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return parts.count == 3 ? System(id: parts[0], title: ProgrammeText(zh: parts[1], en: parts[2])) : nil
        }
    }
}

extension CheckRun {
    /// Every system that the programme says it serves is one of the catalogue.
    mutating func systems() {
        guard let manifest = programme.manifest else { return }
        let known = SystemCatalogue.house.systems.map(\.id)
        for (node, path) in manifest.document.root.list("systems", "") {
            guard let id = node.string, !known.contains(id) else { continue }
            let near = Nearness.nearest(to: id, among: known).map { "is \($0) meant?" }
            tell(
                manifest, .reference, String(path.dropFirst()), node, "the catalogue has no system \(id)",
                hint: near ?? "the systems of the catalogue stand in Resources/systems.tsv of Programmes")
        }
    }
}
