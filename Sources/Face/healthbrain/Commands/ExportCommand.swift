import ArgumentParser
import AsyncHTTPClient
import Foundation
import JSON
import NIOCore
import NIOHTTP1

/// `healthbrain export`: what one may see of a server, in files.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Export what you may see of a server into files, a resource a line (FHIR Bulk Data).",
        discussion: """
            With --purpose HRESCH it is a de-identified copy for research (去标识化科研副本), which needs an approval on a server \
            that asks who is there; report.md tells what it is worth. Docs/security/export.md has the rules.
            """)

    @Option(help: "The server's address.")
    var server = ServerAddress.standard

    @OptionGroup var tokens: TokenChoice

    @Option(help: ArgumentHelp("The folder for the files; made when it is missing.", valueName: "folder"))
    var to: String

    @Option(help: ArgumentHelp("Resource types, with commas between them; all without it.", valueName: "types"))
    var type: String?

    @Option(help: ArgumentHelp("Only what was changed since, such as 2026-01-31.", valueName: "time"))
    var since: String?

    @Flag(help: "Only what is about patients.")
    var patients = false

    @Option(help: ArgumentHelp("Only what is about the members of a Group.", valueName: "id"))
    var group: String?

    @Option(help: "Why, a code of PurposeOfUse: HRESCH makes a copy for research.")
    var purpose: String?

    @Option(help: ArgumentHelp("The approval of a copy for research, where you have several.", valueName: "id"))
    var approval: String?

    @Option(help: ArgumentHelp("At least so many share each combination of quasi-identifiers.", valueName: "number"))
    var k: Int?

    @Option(help: ArgumentHelp("How many people the copy is a part of.", valueName: "number"))
    var population: Int?

    func run() async throws {
        do {
            try FileManager.default.createDirectory(
                atPath: to, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw Misuse("The folder \(to) can't be made.") }
        let client = FHIRClient(server, token: try tokens.token())
        let place = try await start(client)
        let manifest = try await manifest(client, place)
        try write("manifest.json", manifest)
        let root = try JSONDocument(parsing: manifest).root
        var count = 0
        for output in root["output"].map({ Array($0.elements) }) ?? [] {
            guard let url = output["url"]?.string else { continue }
            let bytes = try await fetch(client, url)
            count += output["count"]?.integer ?? 0
            Terminal.say("\(Self.name(of: url))\t\(output["count"]?.integer ?? 0) resources\t\(bytes) bytes\n")
        }
        for (_, reports) in root["extension"].map({ Array($0.members) }) ?? [] {
            for url in reports.elements.compactMap(\.string) {
                Terminal.say("\(Self.name(of: url))\t\(try await fetch(client, url)) bytes\n")
            }
        }
        // The server need not keep what has been fetched.
        _ = try await client.open(place, method: .DELETE)
        Terminal.say("\(count) resources as of \(root["transactionTime"]?.string ?? "?")\n")
    }

    /// Asks for the export.
    /// - Returns: where it can be followed.
    private func start(_ client: FHIRClient) async throws -> String {
        let path = group.map { "/Group/\($0)" } ?? (patients ? "/Patient" : "")
        var parts = URLComponents(string: "\(server.base)\(path)/$export")
        let wanted = [
            ("_type", type), ("_since", since), ("_purpose", purpose), ("_approval", approval),
            ("_k", k.map { "\($0)" }), ("_population", population.map { "\($0)" }),
        ]
        let items = wanted.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
        if !items.isEmpty { parts?.queryItems = items }
        // A plus sign in a query means a blank.
        let query = parts?.percentEncodedQuery?.replacing("+", with: "%2B")
        parts?.percentEncodedQuery = query
        guard let url = parts?.url?.absoluteString else { throw Misuse("The address can't be made of these options.") }
        let answer = try await client.open(url, headers: [("prefer", "respond-async")])
        guard answer.status.code == 202, let place = answer.headers.first(name: "content-location") else {
            throw Failure(await Self.words(answer))
        }
        return place
    }

    private func manifest(_ client: FHIRClient, _ place: String) async throws -> [UInt8] {
        var told: String?
        while true {
            let answer = try await client.open(place)
            switch answer.status.code {
            case 200: return Array((try await answer.body.collect(upTo: 64 << 20)).readableBytesView)
            case 202:
                let progress = answer.headers.first(name: "x-progress")
                if let progress, progress != told { Terminal.complain(progress) }
                told = progress
                try await Task.sleep(for: .seconds(1))
            default: throw Failure(await Self.words(answer))
            }
        }
    }

    private func fetch(_ client: FHIRClient, _ url: String) async throws -> Int {
        let answer = try await client.open(url)
        guard answer.status.code == 200 else { throw Failure(await Self.words(answer)) }
        let file = try create(Self.name(of: url))
        defer { try? file.close() }
        var bytes = 0
        for try await piece in answer.body {
            try file.write(contentsOf: Data(piece.readableBytesView))
            bytes += piece.readableBytes
        }
        return bytes
    }

    private func write(_ name: String, _ text: [UInt8]) throws {
        let file = try create(name)
        defer { try? file.close() }
        try file.write(contentsOf: Data(text))
    }

    /// A new file that nobody else can read.
    private func create(_ name: String) throws -> FileHandle {
        let path = "\(to)/\(name)"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw Misuse("\(path) is there already, or can't be written: choose an empty folder.") }
        return FileHandle(fileDescriptor: file, closeOnDealloc: true)
    }

    /// The last part of an address, and never more than a name.
    private static func name(of url: String) -> String {
        let name = String(url.split(separator: "/").last ?? "")
        return name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
    }

    /// What the server says is wrong.
    private static func words(_ answer: HTTPClientResponse) async -> String {
        let body = (try? await answer.body.collect(upTo: 1 << 20)).map { Array($0.readableBytesView) } ?? []
        let issue = (try? JSONDocument(parsing: body))?.root["issue"]?[0]?["diagnostics"]?.string
        return "The server answered \(answer.status.code): \(issue ?? answer.status.reasonPhrase)"
    }
}
