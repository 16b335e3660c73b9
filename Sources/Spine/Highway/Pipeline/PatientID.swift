/// PID-3 of the first patient of an HL7 v2 message, as its bytes stand there.
enum PatientID {
    static func of(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        let name = Array("PID".utf8)
        for segment in bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }) where segment.starts(with: name) {
            guard let delimiter = segment.dropFirst(3).first else { return nil }
            return segment.split(separator: delimiter, maxSplits: 4, omittingEmptySubsequences: false).dropFirst(3)
                .first
        }
        return nil
    }
}
