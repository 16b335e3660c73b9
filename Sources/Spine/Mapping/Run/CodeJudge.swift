import Synchronization
import Terminology

/// Asks the terminology about codes, each once.
final class CodeJudge: Sendable {
    enum Finding: Sendable {
        case none, unknownCode, wrongDisplay
    }

    private let terminology: TerminologyService
    private let known = Mutex(Answers())

    init(_ terminology: TerminologyService) { self.terminology = terminology }

    /// Whether a code system is one of HL7 or FHIR; others aren't asked about.
    func asks(_ system: Bytes) -> Bool {
        Addresses.starts(system, "http://terminology.hl7.org/") || Addresses.starts(system, "http://hl7.org/fhir/")
    }

    /// What the code system says.
    ///
    /// - Parameter coding: the whole Coding, by which the answer is kept.
    func finding(_ coding: Bytes, _ system: Bytes, _ code: Bytes, _ display: Bytes) -> Finding {
        if let answer = known.withLock({ $0[coding] }) { return answer }
        let answer = terminology.finding(
            system: String(decoding: system, as: UTF8.self), code: String(decoding: code, as: UTF8.self),
            display: display.isEmpty ? nil : String(decoding: display, as: UTF8.self))
        let finding: Finding =
            switch answer {
            case .none: .none
            case .unknownCode: .unknownCode
            case .wrongDisplay: .wrongDisplay
            }
        known.withLock { $0.insert(coding, finding) }
        return finding
    }

    /// Answers by the bytes that they are about.
    private struct Answers: Sendable {
        /// How many are kept.
        private static let countMax = 50_000

        /// The number of an answer and one; 0: nothing. Their number is a power of two.
        private var slots = [Int32](repeating: 0, count: 1024)
        private var answers: [(hash: UInt64, range: Range<Int>, finding: Finding)] = []
        private var text: [UInt8] = []

        subscript(coding: Bytes) -> Finding? {
            let slot = slot(of: coding, hash(coding))
            return slots[slot] == 0 ? nil : answers[Int(slots[slot]) - 1].finding
        }

        private func slot(of coding: Bytes, _ hash: UInt64) -> Int {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            text.withUnsafeBufferPointer { text in
                while slots[slot] != 0 {
                    let answer = answers[Int(slots[slot]) - 1]
                    if answer.hash == hash, same(Bytes(rebasing: text[answer.range]), coding) { break }
                    slot = (slot + 1) & (slots.count - 1)
                }
            }
            return slot
        }

        mutating func insert(_ coding: Bytes, _ finding: Finding) {
            let hash = hash(coding)
            let slot = slot(of: coding, hash)
            guard slots[slot] == 0, answers.count < Self.countMax else { return }
            let start = text.count
            text.append(contentsOf: coding)
            answers.append((hash, start..<text.count, finding))
            slots[slot] = Int32(truncatingIfNeeded: answers.count)
            guard answers.count * 2 > slots.count else { return }
            slots = [Int32](repeating: 0, count: slots.count * 2)
            for (number, answer) in answers.enumerated() {
                var slot = Int(truncatingIfNeeded: answer.hash) & (slots.count - 1)
                while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = Int32(truncatingIfNeeded: number + 1)
            }
        }
    }
}
