import Foundation

/// What `encode`, `decode`, `escape` and `unescape` do; nil for forms that aren't known and texts that aren't of the form.
enum TextCoding {
    static func encode(_ text: String, _ form: String) -> String? {
        switch form {
        case "hex":
            let digits = Array("0123456789abcdef".utf8)
            return String(
                decoding: text.utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        case "base64": return Data(text.utf8).base64EncodedString()
        case "urlbase64":
            return Data(text.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_")
        default: return nil
        }
    }

    static func decode(_ text: String, _ form: String) -> String? {
        switch form {
        case "hex":
            let characters = Array(text)
            guard characters.count % 2 == 0 else { return nil }
            var bytes: [UInt8] = []
            for index in stride(from: 0, to: characters.count, by: 2) {
                guard let high = characters[index].hexDigitValue, let low = characters[index + 1].hexDigitValue else {
                    return nil
                }
                bytes.append(UInt8(high << 4 | low))
            }
            return String(validating: bytes, as: UTF8.self)
        case "base64":
            return Data(base64Encoded: text).flatMap { String(validating: $0, as: UTF8.self) }
        case "urlbase64":
            let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
            return Data(base64Encoded: plain).flatMap { String(validating: $0, as: UTF8.self) }
        default: return nil
        }
    }

    static func escape(_ text: String, _ form: String) -> String? {
        var result = ""
        switch form {
        case "html":
            for character in text.unicodeScalars {
                switch character {
                case "<": result += "&lt;"
                case ">": result += "&gt;"
                case "&": result += "&amp;"
                case "\"": result += "&quot;"
                case "'": result += "&#39;"
                default: result.unicodeScalars.append(character)
                }
            }
        case "json":
            for character in text.unicodeScalars {
                switch character {
                case "\"": result += "\\\""
                case "\\": result += "\\\\"
                case "\n": result += "\\n"
                case "\r": result += "\\r"
                case "\t": result += "\\t"
                case "\u{8}": result += "\\b"
                case "\u{C}": result += "\\f"
                case _ where character.value < 0x20:
                    let digits = String(character.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: result.unicodeScalars.append(character)
                }
            }
        default: return nil
        }
        return result
    }

    static func unescape(_ text: String, _ form: String) -> String? {
        switch form {
        case "html": unescapeHTML(text)
        case "json": unescapeJSON(text)
        default: nil
        }
    }

    private static func unescapeHTML(_ text: String) -> String {
        let names = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'", "nbsp": "\u{A0}"]
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            guard let end = rest.prefix(12).firstIndex(of: ";") else {
                result += "&"
                rest = rest.dropFirst()
                continue
            }
            let name = String(rest[rest.index(after: start)..<end])
            var replacement = names[name]
            if name.hasPrefix("#x") || name.hasPrefix("#X") {
                replacement = UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init).map { String($0) }
            } else if name.hasPrefix("#") {
                replacement = UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init).map { String($0) }
            }
            if let replacement {
                result += replacement
                rest = rest[rest.index(after: end)...]
            } else {
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func unescapeJSON(_ text: String) -> String? {
        var result: [UInt16] = []
        var units = Array(text.utf16)[...]
        while let unit = units.popFirst() {
            guard unit == 92 else {
                result.append(unit)
                continue
            }
            guard let escape = units.popFirst() else { return nil }
            switch escape {
            case 98: result.append(8)
            case 102: result.append(12)
            case 110: result.append(10)
            case 114: result.append(13)
            case 116: result.append(9)
            case 117:
                let digits = String(decoding: units.prefix(4), as: UTF16.self)
                guard units.count >= 4, let value = UInt16(digits, radix: 16) else { return nil }
                result.append(value)
                units = units.dropFirst(4)
            default: result.append(escape)
            }
        }
        return String(decoding: result, as: UTF16.self)
    }
}
