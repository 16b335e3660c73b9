import Foundation
import Hummingbird

// The limit of a read: one route of the same HTTP server that returns prepared bytes, and nothing else.
//
//     bare-route PORT FILE        each line of FILE: a path, a tab, a body

guard CommandLine.arguments.count == 3, let port = Int(CommandLine.arguments[1]),
    let file = try? String(contentsOfFile: CommandLine.arguments[2], encoding: .utf8)
else {
    print("usage: bare-route PORT FILE")
    exit(64)
}

var prepared: [String: ByteBuffer] = [:]
for line in file.split(separator: "\n") {
    let parts = line.split(separator: "\t", maxSplits: 1)
    if parts.count == 2 { prepared[String(parts[0])] = ByteBuffer(string: String(parts[1])) }
}
let bodies = prepared

let router = Router()
router.get("fhir/{type}/{id}") { request, _ in
    guard let body = bodies[request.uri.path] else { throw HTTPError(.notFound) }
    return Response(
        status: .ok, headers: [.contentType: "application/fhir+json"], body: ResponseBody(byteBuffer: body))
}
let application = Application(
    router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)))
try await application.runService()
