import API
import Foundation
import JSON
import Testing

@Suite("healthbrain programme")
struct ProgrammeCommandTests {
    @Test("makes a programme, checks it, explains it and exports it")
    func whole() async throws {
        let folder = try TemporaryFolder()
        let root = "\(folder.path)/tea-club"
        let made = try await Program.run("programme", "new", root, "--title", "茶会", "--english-title", "Tea club")
        #expect(made.code == 0)
        #expect(made.lines.contains("\(root)/programme.yaml"))

        let checked = try await Program.run("programme", "check", root)
        #expect(checked.code == 0)
        #expect(checked.lines == ["tea-club: passes, 0 errors, 0 warnings"])

        #expect(try await Program.run("programme", "explain", root).lines.first == "# 茶会")
        #expect(try await Program.run("programme", "explain", root, "--language", "en").lines.first == "# Tea club")

        let package = "\(folder.path)/tea-club.tgz"
        #expect(try await Program.run("programme", "export", root, "--output", package).code == 0)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: package)))
        let archive = try Gzip.inflated(bytes, bytesMax: 1 << 20)
        #expect(archive.starts(with: Array("package/package.json".utf8)))

        let again = "\(folder.path)/again/tea-club"
        let imported = try await Program.run("programme", "import", package, again)
        #expect(imported.code == 0 && imported.lines == ["tea-club: passes, 0 errors, 0 warnings"])
        #expect(try await Program.run("programme", "export", again, "--out", "\(folder.path)/b.tgz").code == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/b.tgz")) == Data(bytes))
    }

    @Test("checks a folder of programmes, and ends with 1 when one of them is refused")
    func refused() async throws {
        let folder = try TemporaryFolder()
        for name in ["good", "bad"] {
            #expect(try await Program.run("programme", "new", "\(folder.path)/\(name)").code == 0)
        }
        let path = "\(folder.path)/bad/pathways/bad.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("label: house", with: "label: horse").write(toFile: path, atomically: true, encoding: .utf8)
        let all = folder.path
        let result = try await Program.run("programme", "check", all)
        #expect(result.code == 1)
        #expect(result.lines.contains("good: passes, 0 errors, 0 warnings"))
        #expect(
            result.lines.contains { $0.hasPrefix("bad/pathways/bad.yaml:") && $0.contains("is house meant?") })
        let explained = try await Program.run("programme", "explain", "\(folder.path)/bad")
        #expect(explained.code == 1)
        #expect(explained.errors.contains("there is no source horse"))
    }

    @Test("tells what the engine of forms refuses, beside all other faults")
    func engines() async throws {
        let folder = try TemporaryFolder()
        let root = "\(folder.path)/tea"
        #expect(try await Program.run("programme", "new", root).code == 0)
        func change(_ file: String, _ old: String, _ new: String) throws {
            let text = try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
            try #require(text.contains(old))
            try text.replacing(old, with: new).write(toFile: "\(root)/\(file)", atomically: true, encoding: .utf8)
        }
        try change("questionnaires/tea-check.yaml", "(linkId = 'sleep' or", "(linkId = 'sleeep' or")
        try change("pathways/tea.yaml", "kind: applicability", "kind: sometimes")
        try change("pathways/tea.yaml", "%checks.exists()", "%checks.exist(")
        let result = try await Program.run("programme", "check", root)
        #expect(result.code == 1)
        for part in ["error[engine]", "an item sleeep, which there isn't", "found sometimes", "error[expression]"] {
            #expect(result.lines.contains { $0.contains(part) }, "\(part)")
        }
    }

    @Test(
        "what is wrong with the command ends it with 2",
        arguments: [
            ["check", "/nowhere/at-all"], ["explain", "/nowhere/at-all"], ["explain", "/", "--language", "fr"],
            ["import", "/nowhere/a.tgz"], ["import", "/dev/null"], ["new", "/tmp"], ["new", "/nowhere/Not A Name"],
        ])
    func misuse(_ arguments: [String]) async throws {
        #expect(try await Program.run(["programme"] + arguments).code == 2)
    }
}
