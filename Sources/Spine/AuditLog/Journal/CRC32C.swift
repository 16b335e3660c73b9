/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), eight bytes at a step: tells a torn frame from a whole one.
enum CRC32C {
    /// `tables[256·k + b]` is the checksum of the byte `b` and `k` zero bytes behind it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 2048)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[byte] = value
        }
        for place in 256..<2048 {
            let before = tables[place - 256]
            tables[place] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var value = UInt32.max
            var place = 0
            while bytes.count - place >= 8 {
                let low = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian ^ value
                let high = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self).littleEndian
                value =
                    tables[1792 + Int(low & 0xFF)] ^ tables[1536 + Int(low >> 8 & 0xFF)]
                    ^ tables[1280 + Int(low >> 16 & 0xFF)] ^ tables[1024 + Int(low >> 24)]
                    ^ tables[768 + Int(high & 0xFF)] ^ tables[512 + Int(high >> 8 & 0xFF)]
                    ^ tables[256 + Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
                place += 8
            }
            while place < bytes.count {
                value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[place])) & 0xFF)]
                place += 1
            }
            return ~value
        }
    }
}
