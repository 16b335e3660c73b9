import FHIR
import FHIRPath
import Foundation
import JSON

// Evaluates expressions on documents, compiled and parsed before the clock starts, and prints the time of each.
//
//     fhirpath-rate expressions.json resources.ndjson

guard CommandLine.arguments.count == 3 else {
    print("usage: fhirpath-rate EXPRESSIONS.json RESOURCES.ndjson")
    exit(64)
}
let expressions = try JSONDocument(
    parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))))
let documents = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[2])).split(separator: 0x0A).map {
    try JSONDocument(parsing: [UInt8]($0))
}
let definitions = try Definitions.r4()

let clock = ContinuousClock()
var rows: [[String: Any]] = []
for (key, list) in expressions.root.members {
    let type = key.string ?? ""
    let chosen = documents.filter { $0.root["resourceType"]?.equals(type) == true }
    for text in list.elements.compactMap(\.string) {
        let expression = try FHIRPathExpression(
            text, definitions: definitions, options: FHIRPathOptions(contextType: type))
        var (items, best) = (0, Duration.seconds(1_000_000))
        for _ in 0..<5 {
            items = 0
            let elapsed = try clock.measure {
                for document in chosen { items += try expression.evaluate(on: document.root).count }
            }
            best = min(best, elapsed)
        }
        rows.append([
            "type": type, "expression": text, "evaluations": chosen.count, "items": items,
            "seconds": best / .seconds(1),
        ])
    }
}
FileHandle.standardOutput.write(try JSONSerialization.data(withJSONObject: ["rows": rows], options: [.sortedKeys]))
print()
