/// A time of day as written.
struct ClockForm {
    var hour = 0
    var minute = 0
    var second = 0
    var hasSeconds = false
    /// Digits written after the point.
    var fractionDigits = 0
    /// The fraction's milliseconds; further digits are cut off.
    var milliseconds = 0

    /// Reads `hh:mm`, `hh:mm:ss` or `hh:mm:ss.f…`; the end of what was read, or -1.
    @inline(__always)
    mutating func read(_ text: UnsafeBufferPointer<UInt8>, from: Int) -> Int {
        guard text.count >= from + 5, text[from + 2] == UInt8(ascii: ":") else { return -1 }
        hour = DateForm.twoDigits(text, from)
        minute = DateForm.twoDigits(text, from + 3)
        guard hour >= 0, hour <= 23, minute >= 0, minute <= 59 else { return -1 }
        guard text.count >= from + 8, text[from + 5] == UInt8(ascii: ":") else { return from + 5 }
        second = DateForm.twoDigits(text, from + 6)
        guard second >= 0, second <= 60 else { return -1 }
        hasSeconds = true
        var index = from + 8
        guard index < text.count, text[index] == UInt8(ascii: ".") else { return index }
        index += 1
        var weight = 100
        while index < text.count, Form.isDigit(text[index]) {
            milliseconds += Int(text[index] &- UInt8(ascii: "0")) * weight
            weight /= 10
            fractionDigits += 1
            index += 1
        }
        return fractionDigits > 0 ? index : -1
    }
}
