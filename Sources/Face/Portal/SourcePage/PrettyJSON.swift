import JSON

/// JSON with a line for each member, two blanks a level; strings and numbers byte for byte as stored.
enum PrettyJSON {
    /// The text of a value.
    static func text(_ node: JSONNode) -> [UInt8] {
        var bytes: [UInt8] = []
        write(node, depth: 0, to: &bytes)
        return bytes
    }

    private static func write(_ node: JSONNode, depth: Int, to bytes: inout [UInt8]) {
        guard node.count > 0, node.isObject || node.isArray else {
            bytes += node.document.text[node.range]
            return
        }
        bytes.append(node.isObject ? 0x7B : 0x5B)
        var isFirst = true
        func beginItem() {
            if !isFirst { bytes.append(0x2C) }
            isFirst = false
            newLine(depth + 1, &bytes)
        }
        if node.isObject {
            for (key, value) in node.members {
                beginItem()
                bytes += key.document.text[key.range]
                bytes += [0x3A, 0x20]
                write(value, depth: depth + 1, to: &bytes)
            }
        } else {
            for value in node.elements {
                beginItem()
                write(value, depth: depth + 1, to: &bytes)
            }
        }
        newLine(depth, &bytes)
        bytes.append(node.isObject ? 0x7D : 0x5D)
    }

    private static func newLine(_ depth: Int, _ bytes: inout [UInt8]) {
        bytes.append(0x0A)
        bytes += [UInt8](repeating: 0x20, count: depth * 2)
    }
}
