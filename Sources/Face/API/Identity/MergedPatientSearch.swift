import FHIR
import Persons
import Records

/// A search by the id of a Patient that was merged into another finds what is about the person: references to the survivor
/// are looked for beside those to the old id. The rules then judge what is found, as for every search.
///
/// `Patient?_id=` and references of Patients themselves (`Patient?link=`) are not turned: they ask about that very Patient.
struct MergedPatientSearch {
    let persons: Persons
    let definitions: Definitions
    let base: String

    /// The same search, by who stands for the Patients that it names.
    func turned(
        _ scope: SearchScope, _ parameters: [(String, String)]
    ) throws(RecordsError) -> (SearchScope, [(String, String)]) {
        let type: String? =
            switch scope {
            case .type(let type): type
            case .system: nil
            case .compartment(_, let type): type
            }
        let asked = parameters.map { namesPatients($0.0, of: type) ? ids(in: $0.1) : [] }
        var wanted = Set(asked.joined())
        if case .compartment(let centre, _) = scope, centre.type == "Patient" { wanted.insert(centre.id) }
        if wanted.isEmpty { return (scope, parameters) }
        let survivors = try persons.store.readSQL { db in try persons.together(wanted, db) }
        if survivors.isEmpty { return (scope, parameters) }
        let turned = zip(parameters, asked).map { parameter, ids in
            (parameter.0, ids.isEmpty ? parameter.1 : value(parameter.1, survivors))
        }
        guard case .compartment(let centre, let inside) = scope, centre.type == "Patient",
            let survivor = survivors[centre.id]
        else { return (scope, turned) }
        return (.compartment(ResourceKey(type: "Patient", id: survivor), type: inside), turned)
    }

    /// Whether a parameter's value names Patients that something refers to.
    private func namesPatients(_ name: String, of type: String?) -> Bool {
        if name.hasPrefix("_has:") {
            let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 4 && namesPatients(parts[3], of: parts[1])
        }
        if type == "Patient" { return false }
        let (head, rest) = Self.cut(name, ".")
        let (code, modifier) = Self.cut(head, ":")
        guard let rest else {
            return (modifier == nil || modifier == "Patient") && refersToPatients(code, of: type)
        }
        if rest == "_id" { return (modifier ?? "Patient") == "Patient" && refersToPatients(code, of: type) }
        let next = modifier ?? type.flatMap { definitions.searchParameter(code, of: $0)?.targets.first }
        return next.map { namesPatients(rest, of: $0) } ?? false
    }

    private func refersToPatients(_ code: String, of type: String?) -> Bool {
        guard let type else { return code == "patient" || code == "subject" }
        guard let parameter = definitions.searchParameter(code, of: type), parameter.type == .reference else {
            return false
        }
        return parameter.targets.isEmpty || parameter.targets.contains("Patient")
    }

    private static func cut(_ text: String, _ mark: Character) -> (String, String?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (String(text[..<place]), String(text[text.index(after: place)...]))
    }

    private func ids(in value: String) -> [String] { value.split(separator: ",").compactMap { id(of: String($0)) } }

    /// The Patient's id of `Patient/1`, `1`, or the whole address.
    private func id(of text: String) -> String? {
        let own = text.hasPrefix(base + "/") ? String(text.dropFirst(base.count + 1)) : text
        if let key = ResourceKey(reference: own) { return key.type == "Patient" ? key.id : nil }
        return ResourceKey.isID(own) ? own : nil
    }

    private func value(_ value: String, _ survivors: [String: String]) -> String {
        var pieces: [String] = []
        for piece in value.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            var found = [piece]
            if let id = id(of: piece), let survivor = survivors[id], survivor != id {
                found.insert(piece.contains("/") ? "Patient/" + survivor : survivor, at: 0)
            }
            pieces += found.filter { !pieces.contains($0) }
        }
        return pieces.joined(separator: ",")
    }
}
