import Foundation
import Portal
import Testing

@Suite("QR codes")
struct QRCodeTests {
    /// Code after code, read by ``Reader``, which knows the standard by another way than the writer: it looks up what the
    /// blocks of a version are and checks each by its syndromes.
    @Test("are read back, whatever their length", arguments: [0, 1, 14, 15, 62, 106, 107, 213, 214, 300, 500, 1_000])
    func readBack(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
        let code = try QRCode(bytes)
        #expect(try Reader(code).bytes() == bytes)
    }

    @Test("have finders in three corners, a timing pattern and a dark module")
    func patterns() throws {
        let code = try QRCode(Array("otpauth://totp/Health".utf8))
        for (x, y) in [(0, 0), (code.size - 7, 0), (0, code.size - 7)] {
            for step in 0..<7 {
                #expect(code[x + step, y] && code[x, y + step] && code[x + 6, y + step] && code[x + step, y + 6])
            }
            #expect(code[x + 3, y + 3] && !code[x + 1, y + 1])
        }
        for step in 8..<(code.size - 8) { #expect(code[step, 6] == (step % 2 == 0)) }
        #expect(code[8, code.size - 8])
    }

    @Test("are refused where no code holds so much")
    func tooLong() {
        #expect(throws: QRCode.Fault.self) { try QRCode([UInt8](repeating: 65, count: 2_332)) }
        #expect(throws: Never.self) { try QRCode([UInt8](repeating: 65, count: 2_331)) }
    }

    @Test("are drawn with a quiet zone, without style or script")
    func svg() throws {
        let code = try QRCode(Array("a".utf8))
        let svg = code.svg(name: "<b>")
        #expect(svg.contains("viewBox=\"0 0 29 29\""))
        #expect(svg.contains("aria-label=\"&lt;b&gt;\""))
        #expect(!svg.contains("style=") && !svg.contains("<b>"))
    }
}

/// Reads a flawless QR code of level M in byte mode.
private struct Reader {
    struct Fault: Error { let what: String }

    /// Blocks of level M by version, as (count, data bytes): ISO/IEC 18004, table 9; versions that the tests meet.
    private static let blocks: [Int: (correction: Int, groups: [(count: Int, data: Int)])] = [
        1: (10, [(1, 16)]), 2: (16, [(1, 28)]), 3: (26, [(1, 44)]), 4: (18, [(2, 32)]), 5: (24, [(2, 43)]),
        6: (16, [(4, 27)]), 7: (18, [(4, 31)]), 8: (22, [(2, 38), (2, 39)]), 9: (22, [(3, 36), (2, 37)]),
        10: (26, [(4, 43), (1, 44)]), 11: (30, [(1, 50), (4, 51)]), 12: (22, [(6, 36), (2, 37)]),
        13: (22, [(8, 37), (1, 38)]), 16: (28, [(7, 45), (3, 46)]), 17: (28, [(10, 46), (1, 47)]),
        25: (28, [(8, 47), (13, 48)]), 26: (28, [(19, 46), (4, 47)]),
    ]

    private let code: QRCode
    private let version: Int

    init(_ code: QRCode) {
        self.code = code
        version = (code.size - 17) / 4
    }

    func bytes() throws -> [UInt8] {
        let format = (0..<15).reduce(0) { bits, place in bits | (formatBit(place) ? 1 << place : 0) } ^ 0x5412
        guard format >> 13 == 0 else { throw Fault(what: "not level M") }
        let mask = format >> 10 & 7
        guard let (correction, groups) = Self.blocks[version] else { throw Fault(what: "version \(version)") }
        let words = codewords(mask)
        let sizes = groups.flatMap { [Int](repeating: $0.data, count: $0.count) }
        var parts = sizes.map { _ in [UInt8]() }
        var place = 0
        for index in 0..<(sizes.max() ?? 0) {
            for block in sizes.indices where index < sizes[block] {
                parts[block].append(words[place])
                place += 1
            }
        }
        for _ in 0..<correction {
            for block in sizes.indices {
                parts[block].append(words[place])
                place += 1
            }
        }
        for part in parts where !syndromesVanish(part, correction) { throw Fault(what: "error correction") }
        let data = zip(parts, sizes).flatMap { part, size in part.prefix(size) }
        var bits = data.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }[...]
        func take(_ count: Int) -> Int {
            defer { bits = bits.dropFirst(count) }
            return bits.prefix(count).reduce(0) { $0 << 1 | Int($1) }
        }
        guard take(4) == 4 else { throw Fault(what: "not byte mode") }
        let count = take(version < 10 ? 8 : 16)
        return (0..<count).map { _ in UInt8(take(8)) }
    }

    private func formatBit(_ place: Int) -> Bool {
        switch place {
        case 0..<6: code[8, place]
        case 6: code[8, 7]
        case 7: code[8, 8]
        case 8: code[7, 8]
        default: code[14 - place, 8]
        }
    }

    private func codewords(_ mask: Int) -> [UInt8] {
        var bits: [Bool] = []
        var columns = Array(stride(from: code.size - 1, through: 8, by: -2))
        columns += stride(from: 5, through: 1, by: -2)
        var isUp = true
        for right in columns {
            for step in 0..<code.size {
                let y = isUp ? code.size - 1 - step : step
                for x in [right, right - 1] where !isPattern(x, y) { bits.append(code[x, y] != isMasked(mask, x, y)) }
            }
            isUp.toggle()
        }
        return stride(from: 0, to: bits.count - 7, by: 8).map { start in
            bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    private func isPattern(_ x: Int, _ y: Int) -> Bool {
        let size = code.size
        if x == 6 || y == 6 { return true }
        if x < 9 && y < 9 || x >= size - 8 && y < 9 || x < 9 && y >= size - 8 { return true }
        if version >= 7, x < 6 && y >= size - 11 || y < 6 && x >= size - 11 { return true }
        let middles = Self.middles(version)
        return middles.contains { my in
            middles.contains { mx in
                let isFinder = mx < 9 && my < 9 || mx >= size - 9 && my < 9 || mx < 9 && my >= size - 9
                return !isFinder && abs(x - mx) <= 2 && abs(y - my) <= 2
            }
        }
    }

    /// Annex E.
    private static func middles(_ version: Int) -> [Int] {
        switch version {
        case 1: []
        case 2...6: [6, version * 4 + 10]
        case 7: [6, 22, 38]
        case 8: [6, 24, 42]
        case 9: [6, 26, 46]
        case 10: [6, 28, 50]
        case 11: [6, 30, 54]
        case 12: [6, 32, 58]
        case 13: [6, 34, 62]
        case 16: [6, 26, 50, 74]
        case 17: [6, 30, 54, 78]
        case 25: [6, 32, 58, 84, 110]
        default: [6, 30, 58, 86, 114]
        }
    }

    private func isMasked(_ mask: Int, _ x: Int, _ y: Int) -> Bool {
        switch mask {
        case 0: (y + x) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (y + x) % 3 == 0
        case 4: (y / 2 + x / 3) % 2 == 0
        case 5: (y * x) % 2 + (y * x) % 3 == 0
        case 6: ((y * x) % 2 + (y * x) % 3) % 2 == 0
        default: ((y + x) % 2 + (y * x) % 3) % 2 == 0
        }
    }

    private func syndromesVanish(_ word: [UInt8], _ count: Int) -> Bool {
        var powers: [Int] = [1]
        for _ in 1..<255 {
            let next = powers[powers.count - 1] << 1
            powers.append(next > 255 ? next ^ 0x11D : next)
        }
        let logarithms = Dictionary(uniqueKeysWithValues: powers.enumerated().map { ($1, $0) })
        return (0..<count).allSatisfy { root in
            word.reduce(0) { sum, byte in
                let scaled = logarithms[sum].map { powers[($0 + root) % 255] } ?? 0
                return scaled ^ Int(byte)
            } == 0
        }
    }
}
