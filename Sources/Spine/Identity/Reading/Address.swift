/// A Chinese address in free text (住址), reduced to the parts that tell homes apart.
struct Address: Equatable, Sendable {
    /// The residential estate or village before the house numbers (小区), hashed; 0 if none was found.
    var estate: UInt64 = 0
    /// Estate, building (幢) and room (室), hashed; 0 if one of them is missing.
    var flat: UInt64 = 0

    private static let between: Set<UInt32> = Set("幢栋号楼座单元室户-#弄梯层".unicodeScalars.map(\.value))
    /// Words that end a part above the estate.
    private static let ends: Set<UInt32> = Set("省市区县镇乡道路号街村".unicodeScalars.map(\.value))

    /// - Parameter text: folded text.
    init(_ text: [UInt32]) {
        var numbers: [UInt64] = []
        var at = text.count
        while at > 0 {
            var separator = at
            while separator > 0, Self.between.contains(text[separator - 1]) { separator -= 1 }
            var start = separator
            while start > 0, (0x30...0x39).contains(text[start - 1]) { start -= 1 }
            guard start < separator else { break }
            // 文一路88号翠苑: the number belongs to the street if other words follow it.
            numbers.append(text[start..<separator].reduce(0) { $0 &* 10 &+ UInt64($1 - 0x30) })
            at = start
        }
        guard numbers.count >= 2 else { return }
        var start = at
        while start > 0, Hanzi.isHan(text[start - 1]), at - start < 12 {
            if Self.ends.contains(text[start - 1]), at - start >= 2 { break }
            start -= 1
        }
        guard at - start >= 2 else { return }
        estate = Hash.of(text[start..<at].map { Hanzi.shared.simplified($0) })
        flat = Hash.of([estate, numbers[numbers.count - 1], numbers[0]])
    }
}
