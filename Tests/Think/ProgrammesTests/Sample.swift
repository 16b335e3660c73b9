import FHIR
import Foundation
import Programmes
import Testing

/// The programme that `programme new` makes, with something changed in it.
enum Sample {
    static let id = "tea-club"
    static let pathway = "pathways/tea-club.yaml"
    static let form = "questionnaires/tea-club-check.yaml"
    static let scenario = "scenarios/first-year.yaml"

    /// A text of a file and what stands there instead.
    struct Change: Sendable {
        let file: String
        let old: String
        let new: String

        init(_ file: String, _ old: String, _ new: String) {
            (self.file, self.old, self.new) = (file, old, new)
        }
    }

    static func folder(_ changes: [Change] = []) throws -> ProgrammeFolder {
        let template = try ProgrammeTemplate.folder(id: id, chinese: "茶会", english: "Tea club")
        var files = template.files
        for change in changes {
            let text = String(decoding: files[change.file] ?? [], as: UTF8.self)
            if change.old.isEmpty {
                files[change.file] = Array((text + change.new).utf8)
            } else {
                try #require(text.contains(change.old), "\(change.file) has no “\(change.old)”")
                files[change.file] = Array(text.replacing(change.old, with: change.new).utf8)
            }
        }
        return ProgrammeFolder(name: id, files: files)
    }

    static func read(_ changes: [Change] = []) throws -> (programme: Programme, faults: [ProgrammeFault]) {
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        let (programme, faults) = Programme.read(try folder(changes), checker.definitions)
        return (programme, ProgrammeFault.sorted(faults + checker.faults(of: programme)))
    }

    static func faults(_ changes: Change...) throws -> [ProgrammeFault] { try read(changes).faults }
}
