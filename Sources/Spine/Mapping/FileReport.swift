public import HL7v2

/// What became of the messages of one file: bundles, and what people should know.
public struct FileReport: Sendable {
    /// The bundles of the messages that were taken, in order.
    public private(set) var bundles: [[UInt8]] = []
    /// What was found, one line each: file, line, severity, condition, place, what, hint.
    public private(set) var findings: [String] = []
    /// How many messages were refused; a file whose envelope is refused counts as one.
    public private(set) var refusedCount = 0

    /// Converts the messages of a file: one message, several, a batch or a file of batches.
    ///
    /// - Parameters:
    ///   - bytes: as they came.
    ///   - name: what findings call the file.
    ///   - assumed: the character set of messages that name none.
    ///   - received: the moment, an `instant` of FHIR.
    ///   - check: looks at a bundle and tells what is wrong with it, one line each; nil: nothing more is asked.
    public init(
        _ bytes: [UInt8], name: String, mapping: Mapping, assumed: Charset? = nil, received: String,
        check: (([UInt8]) -> [String])? = nil
    ) {
        let reading = Reading(bytes, assumed: assumed)
        findings = reading.faults.map { "\(name): \($0)" }
        if reading.faults.refuses { refusedCount += 1 }
        for item in reading.items {
            let place = "\(name):\(item.piece.line)"
            let outcome = mapping.convert(item, received: received)
            findings += outcome.faults.map { "\(place): \($0)" }
            findings += outcome.unmappedCodes.map { code in
                "\(place): information at \(code.place): the code '\(code.code)' isn't in \(code.table); add it to the table or map"
            }
            guard let bundle = outcome.bundle else {
                refusedCount += 1
                continue
            }
            bundles.append(bundle)
            findings += check?(bundle).map { "\(place): \($0)" } ?? []
        }
    }
}
