import FHIR
import JSON
import Synchronization
import Terminology

func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

/// A service over these resources, with the built-in ones beneath.
func service(_ resources: String...) throws -> TerminologyService {
    TerminologyService(source: ListedTerminology(try resources.map(document)), definitions: try Definitions.r4())
}

extension TerminologyService {
    /// The codes of an expansion, `system|code` where the system is not the invented club's.
    func expanded(
        _ url: String, _ change: (inout ExpandOptions) -> Void = { _ in }
    ) throws -> [String] {
        try expanded(ValueSetReference(url: url), change)
    }

    func expanded(
        _ reference: ValueSetReference, _ change: (inout ExpandOptions) -> Void = { _ in }
    ) throws -> [String] {
        var options = ExpandOptions(identifier: "urn:uuid:0", timestamp: "2026-01-01T00:00:00Z")
        change(&options)
        return try expand(reference, options).codes.map {
            $0.system == Club.system ? $0.code : "\($0.system)|\($0.code)"
        }
    }
}

/// A source whose resources change.
final class ChangingTerminology: TerminologySource {
    private let state = Mutex((revision: Int64(0), list: ListedTerminology()))

    func set(_ resources: String...) throws {
        let list = ListedTerminology(try resources.map(document))
        state.withLock { $0 = ($0.revision + 1, list) }
    }

    var revision: Int64 { state.withLock { $0.revision } }

    func resource(type: String, url: String, version: String?) -> JSONDocument? {
        state.withLock { $0.list.resource(type: type, url: url, version: version) }
    }

    func resources(type: String) -> [JSONDocument] { state.withLock { $0.list.resources(type: type) } }
}

/// An invented code system of a tennis club: rooms, courts and games.
enum Club {
    static let system = "http://club.example/things"

    static let codes = """
        {"resourceType":"CodeSystem","id":"things","url":"\(system)","version":"2.0","name":"Things","language":"en",
         "status":"active","content":"complete","caseSensitive":true,"hierarchyMeaning":"is-a",
         "valueSet":"http://club.example/vs/all",
         "property":[{"code":"notSelectable","type":"boolean"},{"code":"inactive","type":"boolean"},
          {"code":"surface","type":"string"},{"code":"holes","type":"integer"},{"code":"opened","type":"dateTime"}],
         "concept":[
          {"code":"place","display":"Place","definition":"Where people meet",
           "property":[{"code":"notSelectable","valueBoolean":true}],
           "concept":[
            {"code":"court","display":"Court","designation":[{"language":"zh-CN","value":"球场"}],
             "concept":[
              {"code":"clay","display":"Clay court","property":[{"code":"surface","valueString":"red"},
                {"code":"opened","valueDateTime":"1999"}],
               "designation":[{"language":"zh-CN","value":"红土球场"},{"language":"de","value":"Sandplatz",
                "use":{"system":"http://club.example/use","code":"sign"}}]},
              {"code":"grass","display":"Grass court","property":[{"code":"surface","valueString":"green"}]},
              {"code":"carpet","display":"Carpet court","property":[{"code":"inactive","valueBoolean":true}]}]},
            {"code":"bar","display":"Bar"}]},
          {"code":"game","display":"Game","concept":[
            {"code":"match","display":"Match"},
            {"code":"G-9","display":"Golf round","property":[{"code":"holes","valueInteger":9}]}]}]}
        """

    /// A value set over the club's codes.
    static func valueSet(_ name: String, _ compose: String, _ more: String = "") -> String {
        """
        {"resourceType":"ValueSet","id":"\(name)","url":"http://club.example/vs/\(name)","status":"active"\(more),
         "compose":\(compose)}
        """
    }

    /// A value set of the codes that pass some filters, each property, operator and value.
    static func filtered(_ name: String, _ filters: (String, String, String)...) -> String {
        let texts = filters.map { #"{"property":"\#($0.0)","op":"\#($0.1)","value":"\#($0.2)"}"# }
        return valueSet(name, #"{"include":[{"system":"\#(system)","filter":[\#(texts.joined(separator: ","))]}]}"#)
    }

    static func url(_ name: String) -> String { "http://club.example/vs/\(name)" }
}
