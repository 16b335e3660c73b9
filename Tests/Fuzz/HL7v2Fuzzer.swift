import HL7v2

/// The entry of libFuzzer: whatever bytes come, framing, reading, answering and cutting tables end without a crash.
///
/// `Scripts/fuzz` compiles it together with the sources that it tries, so that it sees their branches.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    frames(bytes)
    messages(bytes)
    let text = DelimitedText(bytes)
    precondition(text.rows.allSatisfy { !$0.fields.isEmpty })
    return 0
}

/// The frames are the same whether the bytes come at once or in two pieces.
private func frames(_ bytes: [UInt8]) {
    var whole = MLLPFrames(messageBytesMax: 4_096)
    let events = whole.receive(bytes)
    _ = whole.finish()
    var halves = MLLPFrames(messageBytesMax: 4_096)
    let middle = bytes.count / 2
    let pieces = halves.receive(Array(bytes[..<middle])) + halves.receive(Array(bytes[middle...]))
    precondition(events.count == pieces.count)
}

private func messages(_ bytes: [UInt8]) {
    for item in Reading(bytes).items {
        guard let message = item.message else { continue }
        for segment in 0..<message.segmentCount {
            for field in 1...(message.fieldCount(segment) + 1) {
                _ = message.value(segment, field)
                _ = message.value(segment, field, repetition: 2, component: 2, subcomponent: 2)
            }
        }
        _ = Acknowledgment(to: MessageHeader(message), delimiters: message.delimiters)
            .reply(.application, faults: item.faults, on: .init(time: "20260101", controlID: "1"))
    }
}
