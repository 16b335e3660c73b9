public import JSON

extension Programme {
    /// The resources that a store needs to run the programme: what the files hold, and the programme itself as a Library.
    public func resources() -> [JSONDocument] {
        let own = files.filter { $0.kind != .scenarios && $0.kind != .views && $0.kind != .series }.map(\.document)
        return ([library()] + own + files(.series).map(seriesLibrary)).compactMap { $0 }
    }

    /// The files of a FHIR package, by the paths inside it: `package/package.json`, `package/.index.json`, each resource as
    /// JSON, and under `package/other` the manifest, the scenarios and the views, which are no resources of R4; so do the series, which a Library carries too.
    public func packageFiles() -> [(path: String, content: [UInt8])] {
        var result: [(path: String, content: [UInt8])] = [("package/package.json", packageJSON())]
        var index: [(name: String, resource: JSONNode)] = []
        for resource in resources() {
            let name =
                "\(resource.root["resourceType"]?.string ?? "Resource")-\(resource.root["id"]?.string ?? "").json"
            index.append((name, resource.root))
            result.append(("package/\(name)", resource.text))
        }
        result.insert(("package/.index.json", Self.indexJSON(index)), at: 1)
        let others =
            [manifest].compactMap { $0 }
            + files.filter { $0.kind == .scenarios || $0.kind == .views || $0.kind == .series }
        for file in others {
            let name = file.path.replacing("/", with: "-").replacing(".yaml", with: ".json")
            result.append(("package/other/\(name)", file.document.text))
        }
        return result
    }

    /// The package as a tar archive, which `gzip` makes into a `.tgz`.
    public func packageArchive() -> [UInt8] { TarArchive.bytes(packageFiles()) }

    /// The package's version, of three numbers as packages have them: `2` is `2.0.0`.
    private var packageVersion: String {
        let parts = version.split(separator: ".").map(String.init)
        return (parts + ["0", "0"]).prefix(max(3, parts.count)).joined(separator: ".")
    }

    private func packageJSON() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("name", string: "healthbrain.programme.\(id)")
        writer.member("version", string: packageVersion)
        writer.member("title", string: title.zh)
        writer.member("description", string: purpose.zh)
        writer.member("canonical", string: Self.canonicalBase)
        writer.member("author", string: "healthbrain")
        writer.key("fhirVersions")
        writer.beginArray()
        writer.string("4.0.1")
        writer.endArray()
        writer.key("dependencies")
        writer.beginObject()
        writer.member("hl7.fhir.r4.core", string: "4.0.1")
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private static func indexJSON(_ resources: [(name: String, resource: JSONNode)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("index-version", integer: 2)
        writer.key("files")
        writer.beginArray()
        for (name, resource) in resources {
            writer.beginObject()
            writer.member("filename", string: name)
            for key in ["resourceType", "id", "url", "version", "kind", "type"] {
                if let value = resource[JSONKey(key)]?.string { writer.member(key, string: value) }
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    // The programme as a Library

    /// The programme itself as FHIR has it: a Library that is a collection of assets, with the parameters, the sources, and
    /// what it is made of.
    private func library() -> JSONDocument? {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Library")
        writer.member("id", string: id)
        writer.member("url", string: "\(Self.canonicalBase)/Library/\(id)")
        writer.member("version", string: version)
        writer.member("title", string: title.zh)
        writer.member("status", string: status.rawValue)
        writer.key("type")
        Self.coding(&writer, "http://terminology.hl7.org/CodeSystem/library-type", "asset-collection")
        if !purpose.zh.isEmpty { writer.member("purpose", string: purpose.zh) }
        related(&writer)
        if !parameters.isEmpty {
            writer.key("parameter")
            writer.beginArray()
            for parameter in parameters { Self.definition(&writer, parameter) }
            writer.endArray()
        }
        if let manifest {
            writer.key("content")
            writer.beginArray()
            writer.beginObject()
            writer.member("contentType", string: "application/json")
            writer.member("data", string: Base64.text(manifest.document.text))
            writer.member("title", string: "programme.yaml")
            writer.endObject()
            writer.endArray()
        }
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }

    /// A file of series as a Library with the file as its content.
    private func seriesLibrary(_ file: ProgrammeFile) -> JSONDocument? {
        let root = file.document.root
        let name = file.path.split(separator: "/").last.map { $0.replacing(".yaml", with: "") } ?? ""
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Library")
        writer.member("id", string: "\(id)-series-\(name)")
        writer.member("url", string: "\(Self.canonicalBase)/Library/\(id)-series-\(name)")
        writer.member("version", string: version)
        writer.member("title", string: root["title"]?["zh"]?.string ?? "\(title.zh)：\(name)")
        writer.member("status", string: status.rawValue)
        writer.key("type")
        Self.coding(&writer, "http://terminology.hl7.org/CodeSystem/library-type", "logic-library")
        writer.key("content")
        writer.beginArray()
        writer.beginObject()
        writer.member("contentType", string: "application/json")
        writer.member("data", string: Base64.text(file.document.text))
        writer.member("title", string: file.path)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }

    private func related(_ writer: inout JSONWriter) {
        let parts = files.compactMap(\.url)
        guard !parts.isEmpty || !sources.isEmpty else { return }
        writer.key("relatedArtifact")
        writer.beginArray()
        for url in parts {
            writer.beginObject()
            writer.member("type", string: "composed-of")
            writer.member("resource", string: url)
            writer.endObject()
        }
        for source in sources {
            writer.beginObject()
            writer.member("type", string: source.standing == .published ? "citation" : "justification")
            writer.member("label", string: source.id)
            writer.member("display", string: source.title)
            if let url = source.url { writer.member("url", string: url) }
            writer.endObject()
        }
        writer.endArray()
    }

    private static func definition(_ writer: inout JSONWriter, _ parameter: ProgrammeParameter) {
        let type: String =
            switch parameter.type {
            case .quantity: "Quantity"
            case .duration: "Duration"
            default: parameter.type.rawValue
            }
        let unit = parameter.unit.map { " \($0)" } ?? ""
        writer.beginObject()
        writer.member("name", string: parameter.name)
        writer.member("use", string: "in")
        writer.member("min", integer: 0)
        writer.member("max", string: "1")
        writer.member("documentation", string: "\(parameter.title.zh): \(parameter.base.text)\(unit)")
        writer.member("type", string: type)
        writer.endObject()
    }

    private static func coding(_ writer: inout JSONWriter, _ system: String, _ code: String) {
        writer.beginObject()
        writer.key("coding")
        writer.beginArray()
        writer.beginObject()
        writer.member("system", string: system)
        writer.member("code", string: code)
        writer.endObject()
        writer.endArray()
        writer.endObject()
    }
}
