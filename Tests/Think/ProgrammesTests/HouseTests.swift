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
        let back = try ProgrammeFolder(archive: programme.packageArchive())
        #expect(back.name == name)
        let again = try Programme.load(back, checker)
        func texts(_ programme: Programme) -> [String] {
            programme.packageFiles().filter { !$0.path.contains(".index") }.map {
                String(decoding: $0.content, as: UTF8.self)
            }
            .sorted()
        }
        // The programme's own Library lists the others in the order of their files' names.
        let library = "\"id\":\"\(name)\",\"url\":\"https://healthbrain.dev/fhir/Library/"
        #expect(texts(again).filter { !$0.contains(library) } == texts(programme).filter { !$0.contains(library) })
    }
}
