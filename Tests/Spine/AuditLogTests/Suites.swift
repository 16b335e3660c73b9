import Foundation

/// Vectors beside the repository; they are not part of it.
enum Suites {
    /// The folder `shared/suites` beside the package.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/suites")

    /// The files below a folder, as paths below the root, sorted; none when the folder is absent.
    static func files(below folder: String) -> [String] {
        let base = root.appending(path: folder)
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: base.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(folder)/\($0)" }
    }

    static func object(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: root.appending(path: path))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
}

extension [String: Any] {
    /// A size; nil when it is more than 63 bits hold.
    func size(_ key: String) -> Int64? {
        guard let number = self[key] as? NSNumber else { return nil }
        return Int64(number.stringValue)
    }

    func bytes(_ key: String) -> [UInt8] { (self[key] as? String).map(Self.decode) ?? [] }

    func path() -> [[UInt8]] { (self["proof"] as? [String] ?? []).map(Self.decode) }

    private static func decode(_ text: String) -> [UInt8] { [UInt8](Data(base64Encoded: text) ?? Data()) }
}

/// Random numbers that come again with the same seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
