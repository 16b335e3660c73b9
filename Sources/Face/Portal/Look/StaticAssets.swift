import Foundation

/// The styles, script and icon of the portal, and the chart library when it is installed, under addresses that
/// carry a hash of their content: a browser may keep them for ever.
struct StaticAssets: Sendable {
    /// One file as it is sent.
    struct File: Sendable {
        let bytes: [UInt8]
        /// The same as a gzip member; nil for a file too small to win by it.
        let compressed: [UInt8]?
        let contentType: String
        let etag: String
    }

    private let files: [String: File]
    private let hrefs: [String: String]
    private let named: [String: [UInt8]]

    /// - Parameter chartsDirectory: the folder that may hold `echarts.min.js`; nil or absent: pages do without.
    init(chartsDirectory: String?) throws(PortalError) {
        var found: [(name: String, bytes: [UInt8])] = []
        for name in try PortalResources.names(in: "static") {
            found.append((name, try PortalResources.bytes("static/" + name)))
        }
        if let chartsDirectory, let data = FileManager.default.contents(atPath: chartsDirectory + "/" + Self.charts) {
            found.append((Self.charts, [UInt8](data)))
        }
        var files: [String: File] = [:]
        var hrefs: [String: String] = [:]
        for (name, bytes) in found {
            let hash = Self.hash(bytes)
            let dot = name.lastIndex(of: ".") ?? name.endIndex
            let path = "\(name[..<dot]).\(hash)\(name[dot...])"
            let compressed = bytes.count < Compression.bytesMin ? nil : Compression.gzip(bytes, level: 6)
            files[path] = File(
                bytes: bytes, compressed: compressed, contentType: Self.contentType(name), etag: "\"\(hash)\"")
            hrefs[name] = "/assets/" + path
        }
        self.files = files
        self.hrefs = hrefs
        named = Dictionary(found.map { ($0.name, $0.bytes) }) { $1 }
    }

    /// The bytes of a file of the portal by its name.
    func bytes(_ name: String) -> [UInt8] { named[name] ?? [] }

    /// The address of a file of the portal.
    func href(_ name: String) -> String { hrefs[name] ?? "/assets/\(name)" }

    /// The address of the chart library, nil when it is not installed.
    var chartsHref: String? { hrefs[Self.charts] }

    /// The file under a path below `/assets/`.
    func file(_ path: String) -> File? { files[path] }

    private static let charts = "echarts.min.js"

    private static func contentType(_ name: String) -> String {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a, 64 bits: tells one content from another; not meant against an enemy, for the files are ours.
    private static func hash(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
