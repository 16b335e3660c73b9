import CSimdjson
import Foundation
import JSON

// Parses every document of a file (one a line) by three parsers in turn, and prints the rate of each.
//
//     json-parsing resources.ndjson

guard CommandLine.arguments.count == 2,
    let corpus = try? Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
else {
    print("usage: json-parsing FILE.ndjson")
    exit(64)
}
let documents = corpus.split(separator: 0x0A).map { [UInt8]($0) }
let bytes = documents.reduce(0) { $0 + $1.count }

/// The best of several rounds over all documents, in bytes a second; a round that fails ends the run.
func rate(_ parse: (Int) -> Bool) -> Double {
    let clock = ContinuousClock()
    var best = Duration.seconds(1_000_000)
    for _ in 0..<7 {
        let elapsed = clock.measure {
            for index in documents.indices where !parse(index) {
                print("document \(index) was refused")
                exit(1)
            }
        }
        best = min(best, elapsed)
    }
    return Double(bytes) / (best / .seconds(1))
}

let tape = rate { (try? JSONDocument(parsing: documents[$0])) != nil }

let padded = documents.map { $0 + [UInt8](repeating: 0x20, count: simdjson_padding()) }
let parser = simdjson_dom_make()
let simdjson = rate { index in
    padded[index].withUnsafeBytes { text in
        simdjson_dom_parse(
            parser, text.baseAddress?.assumingMemoryBound(to: CChar.self), documents[index].count) == 0
    }
}
simdjson_dom_free(parser)

let data = documents.map { Data($0) }
let foundation = rate { (try? JSONSerialization.jsonObject(with: data[$0])) != nil }

let result: [String: Any] = [
    "documents": documents.count, "bytes": bytes, "tapeBytesPerSecond": tape,
    "simdjsonBytesPerSecond": simdjson, "foundationBytesPerSecond": foundation,
    "simdjsonImplementation": String(cString: simdjson_implementation()),
]
FileHandle.standardOutput.write(try JSONSerialization.data(withJSONObject: result, options: [.sortedKeys]))
print()
