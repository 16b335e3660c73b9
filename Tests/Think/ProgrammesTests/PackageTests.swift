import FHIR
import Foundation
import JSON
import Programmes
import Testing
import Validation

@Suite("A programme as a FHIR package")
struct PackageTests {
    @Test("holds package.json, the index and every resource as JSON")
    func files() throws {
        let (programme, _) = try Sample.read()
        let files = programme.packageFiles()
        #expect(
            files.map(\.path) == [
                "package/package.json", "package/.index.json", "package/Library-tea-club.json",
                "package/PlanDefinition-tea-club.json", "package/Questionnaire-tea-club-check.json",
                "package/other/programme.json", "package/other/scenarios-first-year.json",
            ])
        let manifest = try JSONDocument(parsing: files[0].content).root
        #expect(manifest["name"]?.string == "healthbrain.programme.tea-club")
        #expect(manifest["version"]?.string == "1.0.0")
        #expect(manifest["fhirVersions"]?[0]?.string == "4.0.1")
        let index = try JSONDocument(parsing: files[1].content).root["files"]
        #expect(
            index?.elements.compactMap { $0["resourceType"]?.string } == ["Library", "PlanDefinition", "Questionnaire"])
        #expect(index?[1]?["url"]?.string == "https://healthbrain.dev/fhir/PlanDefinition/tea-club")
    }

    @Test("its resources are such as a store takes")
    func resources() throws {
        let (programme, _) = try Sample.read()
        let validator = try ResourceValidator(definitions: try Definitions.r4())
        for resource in programme.resources() {
            #expect(validator.validate(resource, .write).map(\.diagnostics) == [])
        }
    }

    @Test("the Library tells the parameters, the sources and what the programme is made of")
    func library() throws {
        let (programme, _) = try Sample.read()
        let library = try #require(programme.resources().first).root
        #expect(library["parameter"]?.elements.compactMap { $0["name"]?.string } == ["entryAge", "checkEvery"])
        let related = library["relatedArtifact"]?.elements.compactMap { ($0["resource"] ?? $0["label"])?.string }
        #expect(
            related == [
                "https://healthbrain.dev/fhir/PlanDefinition/tea-club",
                "https://healthbrain.dev/fhir/Questionnaire/tea-club-check", "house",
            ])
    }

    @Test("is an archive that tar reads, the same each time")
    func archive() throws {
        let (programme, _) = try Sample.read()
        let archive = programme.packageArchive()
        #expect(archive == programme.packageArchive())
        var place = 0
        for file in programme.packageFiles() {
            let header = archive[place..<place + 512]
            let name = header.prefix { $0 != 0 }
            #expect(String(decoding: name, as: UTF8.self) == file.path)
            let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
            let written = String(decoding: header.dropFirst(148).prefix(6), as: UTF8.self)
            #expect(Int(written, radix: 8) == sum)
            #expect(Array(archive[(place + 512)..<(place + 512 + file.content.count)]) == file.content)
            place += 512 + (file.content.count + 511) / 512 * 512
        }
        #expect(archive.count == place + 1024)
    }

    @Test("comes back as a folder that passes the check and makes the same package")
    func back() throws {
        let (programme, _) = try Sample.read()
        let archive = programme.packageArchive()
        let folder = try ProgrammeFolder(archive: archive)
        let (again, faults) = Programme.read(folder, try Definitions.r4())
        #expect(folder.name == Sample.id && faults.isEmpty)
        #expect(again.packageArchive() == archive)
    }

    @Test("what is no package of a programme is refused", arguments: ["", "no archive at all", "package/package.json"])
    func noPackage(text: String) throws {
        #expect(throws: ProgrammeFault.self) { try ProgrammeFolder(archive: Array(text.utf8)) }
        let (programme, _) = try Sample.read()
        let without = programme.packageFiles().filter { $0.path != "package/other/programme.json" }
        let fault = #expect(throws: ProgrammeFault.self) { try ProgrammeFolder(package: without) }
        #expect(fault?.hint.contains("programme export") == true)
    }

    @Test("a new programme has the name that was asked for, and refuses one that is no name")
    func template() throws {
        #expect(try ProgrammeTemplate.folder(id: "a-1").name == "a-1")
        for id in ["", "Tea", "tea club", "-tea", "茶", "../tea", String(repeating: "a", count: 41)] {
            #expect(throws: ProgrammeFault.self) { try ProgrammeTemplate.folder(id: id) }
        }
        let quoted = try ProgrammeTemplate.folder(id: "tea", chinese: "“茶”: \"一\" # 二", english: "a: 'b' \\ c")
        let (programme, faults) = Programme.read(quoted, try Definitions.r4())
        #expect(faults.isEmpty)
        #expect(programme.title == ProgrammeText(zh: "“茶”: \"一\" # 二", en: "a: 'b' \\ c"))
    }

    @Test("reads a folder from the disk, and what was read passes")
    func disk() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "programmes-\(UUID().uuidString)/tea-club")
        defer { try? FileManager.default.removeItem(at: root.deletingLastPathComponent()) }
        for (path, content) in try Sample.folder().files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content).write(to: file)
        }
        try Data("x".utf8).write(to: root.appending(path: ".hidden"))
        let folder = try ProgrammeFolder(reading: root)
        #expect(folder.name == "tea-club")
        #expect(folder.files == (try Sample.folder().files))
        #expect(ProgrammeFolder.all(below: root.deletingLastPathComponent()).map(\.lastPathComponent) == ["tea-club"])
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        #expect(try Programme.load(folder, checker).title.zh == "茶会")
        try Data(repeating: 0x20, count: ProgrammeFolder.fileBytesMax + 1).write(to: root.appending(path: "codes.yaml"))
        #expect(throws: ProgrammeFault.self) { try ProgrammeFolder(reading: root) }
    }
}
