/// The entry of libFuzzer: whatever bytes come, reading, framing and answering end without a crash.
///
/// `Scripts/fuzz` compiles it together with the sources of HL7v2, so that it sees their branches.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    var frames = MLLPFrames(messageBytesMax: 4_096)
    _ = frames.receive(bytes)
    _ = frames.finish()
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
    return 0
}
