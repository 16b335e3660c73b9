import JSON

extension ProgrammeFolder {
    /// The folder of a programme from the archive of its FHIR package, as ``Programme/packageArchive()`` gives it.
    ///
    /// - Throws: a fault of kind `layout` where the bytes are no archive, or no package of a programme.
    public init(archive: [UInt8]) throws(ProgrammeFault) {
        guard let files = TarArchive.files(archive) else {
            throw ProgrammeFault(.layout, file: "package", "the package is no tar archive")
        }
        try self.init(package: files)
    }

    /// The folder of a programme from its FHIR package: each file as YAML again, resources by their type and id.
    ///
    /// - Parameter package: the package's files by path, as ``Programme/packageFiles()`` gives them.
    /// - Throws: a fault of kind `layout` where they are no package of a programme, or a file is no JSON.
    public init(package: [(path: String, content: [UInt8])]) throws(ProgrammeFault) {
        var name: String?
        var files: [String: [UInt8]] = [:]
        for (path, content) in package where path.hasPrefix("package/") && path.hasSuffix(".json") {
            let place = String(path.dropFirst("package/".count))
            if place == "package.json" || place == ".index.json" { continue }
            let document: JSONDocument
            do { document = try JSONDocument(parsing: content) } catch {
                throw ProgrammeFault(.layout, file: path, "the file is no JSON: \(error)")
            }
            if place == "other/programme.json" { name = document.root["id"]?.string }
            guard var path = Self.place(of: document.root, at: place) else { continue }
            // A code system and a value set may have one id.
            if files[path] != nil, let type = document.root["resourceType"]?.string {
                path = "\(path.dropLast(".yaml".count))-\(type.lowercased()).yaml"
            }
            files[path] = Array(YAMLWriter.text(of: document).utf8)
        }
        guard let name, ManifestReader.isKebab(name) else {
            throw ProgrammeFault(
                .layout, file: "package/other/programme.json", "the package is of no programme",
                hint: "take a package that “programme export” has made")
        }
        self.init(name: name, files: files)
    }

    /// Where a file of a package stands in the folder; nil for what is made anew from other files.
    private static func place(of root: JSONNode, at place: String) -> String? {
        if place.hasPrefix("other/") {
            let name = place.dropFirst("other/".count).dropLast(".json".count)
            if name == "programme" { return "programme.yaml" }
            let parts = name.split(separator: "-", maxSplits: 1)
            guard parts.count == 2, ["scenarios", "views", "series"].contains(parts[0]) else { return nil }
            return "\(parts[0])/\(parts[1]).yaml"
        }
        guard !place.contains("/"), let type = root["resourceType"]?.string, let id = root["id"]?.string else {
            return nil
        }
        // The programme itself and its series, which stand below “other” as they were.
        if type == "Library",
            root["content"]?.elements.contains(where: { $0["title"]?.string?.hasSuffix(".yaml") == true }) == true
        {
            return nil
        }
        return ProgrammeFile.Kind.allCases.first { $0.resourceTypes.contains(type) }.map { "\($0.rawValue)/\(id).yaml" }
    }
}
