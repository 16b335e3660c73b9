extension JSONDocument {
    /// The text without whitespace outside strings; numbers, escapes and order are kept byte for byte.
    public func compactText() -> [UInt8] {
        root.compactText()
    }
}

extension JSONNode {
    /// The text of this value without whitespace outside strings; numbers, escapes and order are kept byte for byte.
    public func compactText() -> [UInt8] {
        let range = range
        if document.isCompact {
            return range.count == document.text.count ? document.text : Array(document.text[range])
        }
        return document.text.withUnsafeBufferPointer { text in
            [UInt8](unsafeUninitializedCapacity: range.count) { room, count in
                var inString = false
                var offset = range.lowerBound
                while offset < range.upperBound {
                    let byte = text[offset]
                    offset += 1
                    if inString {
                        if byte == UInt8(ascii: "\\") {
                            room[count] = byte
                            room[count + 1] = text[offset]
                            count += 2
                            offset += 1
                            continue
                        }
                        inString = byte != UInt8(ascii: "\"")
                    } else {
                        if byte <= 0x20 { continue }
                        inString = byte == UInt8(ascii: "\"")
                    }
                    room[count] = byte
                    count += 1
                }
            }
        }
    }
}
