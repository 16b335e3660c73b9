import Foundation

/// The files that ship with the module, under `Resources`.
enum PortalResources {
    /// The bytes of a file.
    static func bytes(_ path: String) throws(PortalError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: root + "/" + path) else {
            throw PortalError.missingResource(path: path)
        }
        return [UInt8](data)
    }

    /// The text of a file.
    static func text(_ path: String) throws(PortalError) -> String {
        String(decoding: try bytes(path), as: UTF8.self)
    }

    /// The names in a folder, sorted.
    static func names(in folder: String) throws(PortalError) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder) else {
            throw PortalError.missingResource(path: folder)
        }
        return names.sorted()
    }

    private static var root: String { Bundle.module.bundlePath + "/Resources" }
}
