import FHIR
import Foundation
import JSON
import Programmes
import Testing
import Validation

@Suite("The programmes of the house")
struct HouseTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Programmes").standardizedFileURL

    @Test("are there")
    func there() {
        #expect(!ProgrammeFolder.all(below: Self.root).isEmpty)
    }

    @Test(
        "pass the check, come back from JSON as they went, and are taken by a store",
        arguments: ProgrammeFolder.all(below: root).map(\.lastPathComponent))
    func whole(name: String) throws {
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        let programme = try Programme.load(try ProgrammeFolder(reading: Self.root.appending(path: name)), checker)
        for file in programme.files {
            let yaml = Array(YAMLWriter.text(of: file.document).utf8)
            let again = Programme.read(ProgrammeFolder(name: name, files: [file.path: yaml]), checker.definitions)
            #expect(again.programme.files.first?.document.root.compactText() == file.document.root.compactText())
        }
        let validator = try ResourceValidator(definitions: checker.definitions)
        for resource in programme.resources() {
            #expect(
                validator.validate(resource, .write).map(\.diagnostics) == [], "\(resource.root["id"]?.string ?? "")")
        }
        #expect(!ProgrammeExplanation.text(of: programme).isEmpty)
        #expect(!programme.packageArchive().isEmpty)
    }
}
