/// A QR code by ISO/IEC 18004:2015: bytes as they are, error correction level M, the smallest version that holds them.
package struct QRCode {
    /// Why there is no code.
    package enum Fault: Error {
        /// The largest code holds 2,331 bytes at level M.
        case tooLong
    }

    /// Modules on a side.
    package let size: Int
    /// Row by row; true is dark.
    private(set) var modules: [Bool]
    private var isFunction: [Bool]
    private let version: Int

    /// - Throws: ``Fault/tooLong``.
    package init(_ bytes: [UInt8]) throws(Fault) {
        guard let version = (1...40).first(where: { Self.bitsNeeded(bytes, $0) <= Self.dataBytes($0) * 8 }) else {
            throw .tooLong
        }
        self.version = version
        size = version * 4 + 17
        modules = [Bool](repeating: false, count: size * size)
        isFunction = modules
        drawPatterns()
        drawData(Self.codewords(bytes, version))
        let bare = modules
        var best = (penalty: Int.max, modules: bare)
        for mask in 0..<8 {
            modules = bare
            apply(mask)
            drawFormat(mask)
            let penalty = penalty()
            if penalty < best.penalty { best = (penalty, modules) }
        }
        modules = best.modules
    }

    /// Whether a module is dark.
    package subscript(_ x: Int, _ y: Int) -> Bool { modules[y * size + x] }

    // MARK: Patterns

    private mutating func set(_ x: Int, _ y: Int, _ isDark: Bool) {
        modules[y * size + x] = isDark
        isFunction[y * size + x] = true
    }

    private mutating func drawPatterns() {
        for place in 0..<size {
            set(6, place, place % 2 == 0)
            set(place, 6, place % 2 == 0)
        }
        for (x, y) in [(3, 3), (size - 4, 3), (3, size - 4)] { drawFinder(x, y) }
        let places = Self.alignmentPlaces(version)
        let last = places.count - 1
        for (row, y) in places.enumerated() {
            for (column, x) in places.enumerated()
            where !(row == 0 && (column == 0 || column == last) || row == last && column == 0) {
                for dy in -2...2 { for dx in -2...2 { set(x + dx, y + dy, max(abs(dx), abs(dy)) != 1) } }
            }
        }
        drawFormat(0)
        drawVersion()
    }

    private mutating func drawFinder(_ x: Int, _ y: Int) {
        for dy in -4...4 {
            for dx in -4...4 where (0..<size).contains(x + dx) && (0..<size).contains(y + dy) {
                let distance = max(abs(dx), abs(dy))
                set(x + dx, y + dy, distance != 2 && distance != 4)
            }
        }
    }

    /// §7.9: level and mask, twice, protected by a BCH code. Level M is 00.
    private mutating func drawFormat(_ mask: Int) {
        var rest = mask
        for _ in 0..<10 { rest = (rest << 1) ^ ((rest >> 9) * 0x537) }
        let bits = (mask << 10 | rest) ^ 0x5412
        func bit(_ place: Int) -> Bool { bits >> place & 1 == 1 }
        for place in 0..<6 { set(8, place, bit(place)) }
        set(8, 7, bit(6))
        set(8, 8, bit(7))
        set(7, 8, bit(8))
        for place in 9..<15 { set(14 - place, 8, bit(place)) }
        for place in 0..<8 { set(size - 1 - place, 8, bit(place)) }
        for place in 8..<15 { set(8, size - 15 + place, bit(place)) }
        set(8, size - 8, true)
    }

    /// §7.10: the version, from 7 on.
    private mutating func drawVersion() {
        guard version >= 7 else { return }
        var rest = version
        for _ in 0..<12 { rest = (rest << 1) ^ ((rest >> 11) * 0x1F25) }
        let bits = version << 12 | rest
        for place in 0..<18 {
            let isDark = bits >> place & 1 == 1
            let (far, near) = (size - 11 + place % 3, place / 3)
            set(far, near, isDark)
            set(near, far, isDark)
        }
    }

    // MARK: Data

    /// §7.7.3: upwards and downwards in columns of two, from the right.
    private mutating func drawData(_ bytes: [UInt8]) {
        var place = 0
        var right = size - 1
        while right >= 1 {
            if right == 6 { right = 5 }
            for step in 0..<size {
                for x in [right, right - 1] {
                    let isUpwards = (right + 1) & 2 == 0
                    let y = isUpwards ? size - 1 - step : step
                    guard !isFunction[y * size + x], place < bytes.count * 8 else { continue }
                    modules[y * size + x] = bytes[place >> 3] >> (7 - UInt8(place & 7)) & 1 == 1
                    place += 1
                }
            }
            right -= 2
        }
    }

    /// §7.8.2.
    private mutating func apply(_ mask: Int) {
        for y in 0..<size {
            for x in 0..<size where !isFunction[y * size + x] {
                let isInverted =
                    switch mask {
                    case 0: (x + y) % 2 == 0
                    case 1: y % 2 == 0
                    case 2: x % 3 == 0
                    case 3: (x + y) % 3 == 0
                    case 4: (x / 3 + y / 2) % 2 == 0
                    case 5: x * y % 2 + x * y % 3 == 0
                    case 6: (x * y % 2 + x * y % 3) % 2 == 0
                    default: ((x + y) % 2 + x * y % 3) % 2 == 0
                    }
                if isInverted { modules[y * size + x].toggle() }
            }
        }
    }

    /// §7.8.3: runs, blocks, what looks like a finder, and an uneven share of dark modules.
    private func penalty() -> Int {
        var result = 0
        for isColumn in [false, true] {
            for line in 0..<size {
                let row = (0..<size).map { isColumn ? self[line, $0] : self[$0, line] }
                result += Self.runPenalty(row) + Self.finderPenalty(row)
            }
        }
        for y in 0..<(size - 1) {
            for x in 0..<(size - 1) {
                let dark = self[x, y]
                if self[x + 1, y] == dark, self[x, y + 1] == dark, self[x + 1, y + 1] == dark { result += 3 }
            }
        }
        let dark = modules.count { $0 }
        return result + abs(dark * 20 - modules.count * 10) / modules.count * 10
    }

    private static func runPenalty(_ row: [Bool]) -> Int {
        var (result, run) = (0, 1)
        for place in 1..<row.count {
            if row[place] == row[place - 1] { run += 1 } else { run = 1 }
            if run == 5 { result += 3 } else if run > 5 { result += 1 }
        }
        return result
    }

    private static func finderPenalty(_ row: [Bool]) -> Int {
        let (dark, light) = (true, false)
        let core = [dark, light, dark, dark, dark, light, dark]
        let space = [light, light, light, light]
        let patterns = [core + space, space + core]
        return (0...(row.count - 11)).reduce(0) { sum, start in
            sum + 40 * patterns.count { Array(row[start..<(start + 11)]) == $0 }
        }
    }
}

extension QRCode {
    /// Bytes of error correction in a block, and blocks, at level M by version: ISO/IEC 18004, table 9.
    private static let correctionBytes = [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ]
    private static let blocks = [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31,
        33, 35, 37, 38, 40, 43, 45, 47, 49,
    ]

    /// All bytes that a version holds, those of error correction among them: the modules that no pattern takes.
    private static func wholeBytes(_ version: Int) -> Int {
        var modules = (16 * version + 128) * version + 64
        if version >= 2 {
            let lines = version / 7 + 2
            modules -= (25 * lines - 10) * lines - 55
            if version >= 7 { modules -= 36 }
        }
        return modules / 8
    }

    private static func dataBytes(_ version: Int) -> Int {
        wholeBytes(version) - correctionBytes[version - 1] * blocks[version - 1]
    }

    private static func bitsNeeded(_ bytes: [UInt8], _ version: Int) -> Int {
        4 + countBits(version) + bytes.count * 8
    }

    private static func countBits(_ version: Int) -> Int { version < 10 ? 8 : 16 }

    /// The middles of the alignment patterns, annex E: evenly from 6 to the far end.
    private static func alignmentPlaces(_ version: Int) -> [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
        return [6] + (0..<(count - 1)).reversed().map { version * 4 + 10 - $0 * step }
    }

    /// Data in blocks with their error correction, interleaved: §7.4 to §7.6.
    private static func codewords(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
        let data = padded(bytes, version)
        let count = blocks[version - 1]
        let correction = correctionBytes[version - 1]
        let whole = wholeBytes(version)
        let short = whole / count - correction
        let shortCount = count - whole % count
        let divisor = ReedSolomon.divisor(correction)
        var (parts, remainders): ([[UInt8]], [[UInt8]]) = ([], [])
        var place = 0
        for block in 0..<count {
            let length = short + (block < shortCount ? 0 : 1)
            parts.append(Array(data[place..<(place + length)]))
            remainders.append(ReedSolomon.remainder(of: parts[block], by: divisor))
            place += length
        }
        let first = (0...short).flatMap { index in parts.compactMap { index < $0.count ? $0[index] : nil } }
        return first + (0..<correction).flatMap { index in remainders.map { $0[index] } }
    }

    /// Mode, count, bytes and padding.
    private static func padded(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for place in (0..<count).reversed() { bits.append(value >> place & 1 == 1) }
        }
        append(4, 4)
        append(bytes.count, countBits(version))
        for byte in bytes { append(Int(byte), 8) }
        let room = dataBytes(version) * 8
        append(0, min(4, room - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var result = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        while result.count < room / 8 { result.append((result.count - bits.count / 8) % 2 == 0 ? 0xEC : 0x11) }
        return result
    }

    /// Drawn as SVG, dark on white with the quiet zone of four modules, also on a dark page.
    /// - Parameter name: what a screen reader says.
    package func svg(name: String) -> String {
        let whole = size + 8
        var path = ""
        for y in 0..<size {
            var x = 0
            while x < size {
                guard self[x, y] else {
                    x += 1
                    continue
                }
                let start = x
                while x < size, self[x, y] { x += 1 }
                path += "M\(start + 4) \(y + 4)h\(x - start)v1h-\(x - start)z"
            }
        }
        return "<svg class=\"qr\" viewBox=\"0 0 \(whole) \(whole)\" role=\"img\" aria-label=\"\(SVG.escaped(name))\" "
            + "shape-rendering=\"crispEdges\"><rect width=\"\(whole)\" height=\"\(whole)\" fill=\"#fff\"/>"
            + "<path fill=\"#000\" d=\"\(path)\"/></svg>"
    }
}

/// The error correction of ISO/IEC 18004 over GF(256) with the polynomial x⁸ + x⁴ + x³ + x² + 1.
enum ReedSolomon {
    static func product(_ first: UInt8, _ second: UInt8) -> UInt8 {
        var result = 0
        for place in (0..<8).reversed() {
            result = result << 1 ^ (result >> 7) * 0x11D
            if second >> UInt8(place) & 1 == 1 { result ^= Int(first) }
        }
        return UInt8(result & 0xFF)
    }

    /// (x − 1)(x − 2)(x − 2²)…, the highest coefficient, which is 1, left out.
    static func divisor(_ degree: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: degree)
        result[degree - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<degree {
            for place in 0..<degree {
                result[place] = product(result[place], root) ^ (place + 1 < degree ? result[place + 1] : 0)
            }
            root = product(root, 2)
        }
        return result
    }

    static func remainder(of data: [UInt8], by divisor: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: divisor.count)
        for byte in data {
            let factor = byte ^ result[0]
            result.removeFirst()
            result.append(0)
            for place in divisor.indices { result[place] ^= product(divisor[place], factor) }
        }
        return result
    }
}
