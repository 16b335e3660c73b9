// Processor seconds to read, map and write HL7 v2 messages: highway-rate ROUNDS FILE…
import FHIR
import Foundation
import HL7v2
import Mapping

let words = CommandLine.arguments.dropFirst()
guard let rounds = words.first.flatMap({ Int($0) }), words.count > 1 else {
    print("usage: highway-rate ROUNDS FILE…")
    exit(2)
}
let files = try words.dropFirst().map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
let mapping = try Mapping.house(try Definitions.r4())

/// Seconds that the processor has worked for this process.
func processorSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

func measure(_ name: String, _ work: ([UInt8]) -> (messages: Int, bytes: Int)) {
    for file in files { _ = work(file) }
    var messages = 0
    var bytes = 0
    let begin = processorSeconds()
    for _ in 0..<rounds {
        for file in files {
            let done = work(file)
            messages += done.messages
            bytes += done.bytes
        }
    }
    let seconds = processorSeconds() - begin
    let each = seconds / Double(max(messages, 1)) * 1e6
    print(
        "\(name): \(messages) messages, \(Int(each)) µs of processor time each, \(bytes / max(messages, 1)) bytes each")
}

measure("read") { file in
    let items = Reading(file).items
    return (items.count, file.count)
}
measure("read, map and write") { file in
    let items = Reading(file).items
    let sizes = items.map { mapping.convert($0, received: "2026-01-01T00:00:00Z").bundle?.count ?? 0 }
    return (items.count, sizes.reduce(0, +))
}

// A table of as many made-up persons as messages were read.
let rows = (0..<files.count * rounds).map { number in
    "\(number),张\(number),\(1 + number % 2),19\(10 + number % 90)-01-0\(1 + number % 9),1380000\(1000 + number % 9000),文三路\(number)号"
}
let text = Array(("病案号,姓名,性别,出生日期,联系电话,家庭住址\n" + rows.joined(separator: "\n")).utf8)
let begin = processorSeconds()
let report = TableReport(
    text, name: "persons.csv", sheet: nil, facility: "A", mapping: mapping, received: "2026-01-01T00:00:00Z")
let seconds = processorSeconds() - begin
print(
    "read and map a table: \(report.bundles.count) rows, \(Int(seconds / Double(max(report.bundles.count, 1)) * 1e6)) µs of processor time each"
)
