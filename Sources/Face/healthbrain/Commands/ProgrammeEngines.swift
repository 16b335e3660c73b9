import FHIR
import Forms
import Pathways
import Programmes

/// What the engines of forms and pathways refuse beyond what the check of a programme tells.
enum ProgrammeEngines {
    /// The faults of each questionnaire and pathway as the server would compile them. What the check has told of the same
    /// element isn't said again.
    static func faults(of programme: Programme, told: [ProgrammeFault], _ definitions: Definitions) -> [ProgrammeFault]
    {
        var found: [ProgrammeFault] = []
        func tell(_ file: String, _ path: String, _ message: String, hint: String = "") {
            let isTold = told.contains { fault in
                fault.severity == .error && fault.file == file
                    && (fault.path.hasPrefix(path) || (!fault.path.isEmpty && path.hasPrefix(fault.path)))
            }
            if !isTold { found.append(ProgrammeFault(.engine, file: file, path: path, message, hint: hint)) }
        }
        for file in programme.files(.questionnaires) {
            for fault in Form.faults(of: file.document, definitions: definitions) where !fault.isWarning {
                tell(file.path, fault.path, fault.message, hint: fault.hint)
            }
        }
        // The engine of pathways takes programmes that pass; before that it would tell the same faults in other words.
        guard !told.contains(where: { $0.severity == .error }) else { return found }
        do throws(Pathway.Faults) {
            _ = try Pathway.all(programme, definitions)
        } catch {
            for fault in error.found {
                let parts = fault.path.split(separator: " ", maxSplits: 1).map(String.init)
                let file = (parts.first ?? "").dropFirst(programme.id.count + 1)
                tell(String(file), parts.last ?? "", fault.text)
            }
        }
        return found
    }
}
