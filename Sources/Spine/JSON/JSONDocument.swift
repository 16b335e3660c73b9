/// An immutable JSON document: its text as it came, and a tape of its values, made in one pass.
///
/// Nothing is decoded before it is asked for, so that numbers keep their digits, members their order and unknown
/// members their place. Parsing takes time and memory in proportion to the text, whatever it holds.
public final class JSONDocument: Sendable {
    /// The text that was parsed.
    public let text: [UInt8]
    /// Whether no whitespace stands outside strings.
    public let isCompact: Bool
    @usableFromInline let tapeCount: Int
    // Written by the initialiser alone and freed by `deinit`: many threads may read it.
    @usableFromInline nonisolated(unsafe) let tape: UnsafeMutablePointer<TapeEntry>
    // Where `text` keeps its bytes: an array that is never changed doesn't move them.
    @usableFromInline nonisolated(unsafe) let characters: UnsafePointer<UInt8>

    /// Parses a text strictly by RFC 8259; refused are also duplicate keys, unpaired surrogates and byte order marks.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - limits: bounds on length and nesting.
    /// - Throws: the first fault, with its place.
    public init(parsing text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        let bytesMax = min(limits.bytesMax, Int(UInt32.max) - 1)
        guard text.count <= bytesMax else {
            throw JSONError(reason: .tooLarge(bytesMax), offset: bytesMax, path: "$")
        }
        guard !text.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw JSONError(reason: .byteOrderMark, offset: 0, path: "$")
        }
        let result = text.withUnsafeBufferPointer { buffer -> Result<Parsed, JSONError> in
            guard let base = buffer.baseAddress, buffer.count > 0 else {
                return .failure(JSONError(reason: .unexpectedEnd, offset: 0, path: "$"))
            }
            let outcome = TapeParser.parse(base, buffer.count, depthMax: limits.depthMax)
            guard let fault = outcome.fault else { return .success((outcome, base)) }
            defer { outcome.tape.deallocate() }
            return .failure(JSONError(fault, base, outcome, limits))
        }
        let (outcome, base) = try result.get()
        self.text = text
        characters = base
        tape = outcome.tape
        tapeCount = outcome.count
        isCompact = outcome.isCompact
    }

    private typealias Parsed = (outcome: TapeParser.Outcome, base: UnsafePointer<UInt8>)

    deinit {
        tape.deallocate()
    }

    /// The document's value.
    @inlinable
    public var root: JSONNode {
        JSONNode(document: self, index: 0)
    }
}

extension JSONError {
    fileprivate init(
        _ fault: ParseFault, _ base: UnsafePointer<UInt8>, _ outcome: TapeParser.Outcome, _ limits: JSONLimits
    ) {
        let reason: Reason =
            switch fault.code {
            case .unexpectedEnd: .unexpectedEnd
            case .unexpectedByte: .unexpectedByte(base[fault.offset])
            case .invalidNumber: .invalidNumber
            case .invalidEscape: .invalidEscape
            case .invalidUTF8: .invalidUTF8
            case .unpairedSurrogate: .unpairedSurrogate
            case .controlCharacter: .controlCharacter
            case .duplicateKey: .duplicateKey(Self.key(base, outcome, at: fault.offset))
            case .tooDeep: .tooDeep(limits.depthMax)
            case .trailingBytes: .trailingBytes
            }
        self.init(reason: reason, offset: fault.offset, path: TapeParser.path(base, outcome))
    }

    private static func key(
        _ base: UnsafePointer<UInt8>, _ outcome: TapeParser.Outcome, at offset: Int
    ) -> String {
        for index in stride(from: outcome.count - 1, through: 0, by: -1) where outcome.tape[index].start == offset {
            return String(decoding: unescaped(TapeParser.characters(base, outcome.tape[index])), as: UTF8.self)
        }
        return ""
    }
}
