import FHIR
import JSON
import Records

/// The CapabilityStatement (<https://hl7.org/fhir/R4/capabilitystatement.html>), written from the tables that the server
/// itself works by: a search parameter stands here when the store can search by it, and only then.
struct CapabilityText: Sendable {
    /// The statement as compact JSON.
    let json: [UInt8]
    /// The same, compressed.
    let gzip: [UInt8]?

    /// What every resource type can do, by FHIR's codes.
    static let typeInteractions = [
        "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
    ]
    /// What the system as a whole can do.
    static let systemInteractions = ["transaction", "batch", "search-system", "history-system"]

    /// - Parameters:
    ///   - isGuarded: whether the server asks who is there.
    ///   - hasExports: whether there is a folder for bulk exports.
    ///   - options: names and addresses.
    init(
        _ store: RecordStore, _ definitions: Definitions, isGuarded: Bool, hasExports: Bool, _ options: DoorOptions
    ) {
        func operations(of type: String?) -> [any FHIROperation] {
            FHIRService.operations(of: type).filter { operation in
                (hasExports || operation.name != "export") && (isGuarded || operation.name != "approve-export")
            }
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "CapabilityStatement")
        writer.member("status", string: "active")
        writer.member("date", string: "2026-11-21")
        writer.member("kind", string: "instance")
        if hasExports { Self.strings("instantiates", [ExportOperation.capabilities], &writer) }
        writer.key("software")
        writer.beginObject()
        writer.member("name", string: "Health Brain")
        writer.member("version", string: options.softwareVersion)
        writer.endObject()
        writer.key("implementation")
        writer.beginObject()
        writer.member("description", string: "Health Brain: the records of a city's health services")
        writer.endObject()
        writer.member("fhirVersion", string: "4.0.1")
        Self.strings("format", ["application/fhir+json", "json"], &writer)
        Self.strings("patchFormat", FHIRService.patchFormats, &writer)
        writer.key("rest")
        writer.beginArray()
        writer.beginObject()
        writer.member("mode", string: "server")
        if isGuarded { Self.security(options.signInRoot, cors: options.allowsOrigin != nil, &writer) }
        writer.key("resource")
        writer.beginArray()
        let added = Dictionary(grouping: store.addedParameters, by: \.definition.resource)
        let referredToBy = Self.reverseIncludes(store, definitions, added)
        for type in definitions.resourceTypes {
            if isGuarded, type == "AuditEvent" {
                Self.auditEvents(&writer)
                continue
            }
            let codes = Set(store.searchParameters(of: type))
            // A special parameter has a meaning of its own; the store knows that of near.
            let parameters = definitions.searchParameters(of: type).filter {
                codes.contains($0.code) && ($0.type != .special || $0.code == "near")
            }
            Self.resource(type, parameters, added[type] ?? [], referredToBy[type] ?? [], operations(of: type), &writer)
        }
        writer.endArray()
        Self.interactions(Self.systemInteractions, &writer)
        Self.operations(operations(of: nil), &writer)
        writer.endObject()
        writer.endArray()
        writer.endObject()
        json = writer.bytes
        gzip = Gzip.deflated(json, level: 9)
    }

    /// For each type the `_revinclude`s that find something: `Type:parameter` of every reference that names the type.
    /// A reference to any type is left out; it would stand at all of them.
    private static func reverseIncludes(
        _ store: RecordStore, _ definitions: Definitions, _ added: [String: [AddedParameter]]
    ) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for type in definitions.resourceTypes {
            let codes = Set(store.searchParameters(of: type))
            for parameter in definitions.searchParameters(of: type) + (added[type] ?? []).map(\.definition)
            where parameter.type == .reference && codes.contains(parameter.code) && parameter.targets.count < 40 {
                for target in parameter.targets { found[target, default: []].append("\(type):\(parameter.code)") }
            }
        }
        return found
    }

    private static func resource(
        _ type: String, _ parameters: [SearchParameter], _ added: [AddedParameter], _ reverseIncludes: [String],
        _ operations: [any FHIROperation], _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("type", string: type)
        interactions(typeInteractions, &writer)
        writer.member("versioning", string: "versioned-update")
        writer.member("readHistory", bool: true)
        writer.member("updateCreate", bool: true)
        writer.member("conditionalCreate", bool: true)
        writer.member("conditionalRead", string: "full-support")
        writer.member("conditionalUpdate", bool: true)
        writer.member("conditionalDelete", string: "multiple")
        let references = (parameters + added.map(\.definition)).filter { $0.type == .reference }
        strings("searchInclude", ["*"] + references.map { "\(type):\($0.code)" }, &writer)
        strings("searchRevInclude", ["*"] + reverseIncludes, &writer)
        writer.key("searchParam")
        writer.beginArray()
        for parameter in parameters {
            writer.beginObject()
            writer.member("name", string: parameter.code)
            writer.member("type", string: parameter.type.rawValue)
            writer.endObject()
        }
        for parameter in added {
            writer.beginObject()
            writer.member("name", string: parameter.definition.code)
            writer.member("definition", string: parameter.url)
            writer.member("type", string: parameter.definition.type.rawValue)
            writer.endObject()
        }
        writer.endArray()
        Self.operations(operations, &writer)
        writer.endObject()
    }

    private static func operations(_ operations: [any FHIROperation], _ writer: inout JSONWriter) {
        guard !operations.isEmpty else { return }
        writer.key("operation")
        writer.beginArray()
        for operation in operations {
            writer.beginObject()
            writer.member("name", string: operation.name)
            writer.member("definition", string: operation.definition)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func interactions(_ codes: [String], _ writer: inout JSONWriter) {
        writer.key("interaction")
        writer.beginArray()
        for code in codes {
            writer.beginObject()
            writer.member("code", string: code)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func strings(_ key: String, _ values: [String], _ writer: inout JSONWriter) {
        guard !values.isEmpty else { return }
        writer.key(key)
        writer.beginArray()
        for value in values { writer.string(value) }
        writer.endArray()
    }
}
