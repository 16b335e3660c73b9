extension TapeParser {
    /// The way from the root to where parsing stopped: `$`, `$.name[0].given`.
    static func path(_ base: UnsafePointer<UInt8>, _ outcome: Outcome) -> String {
        var path = "$"
        for (level, container) in outcome.open.enumerated() {
            let inside = level + 1 < outcome.open.count ? outcome.open[level + 1] : outcome.count
            var entry = container + 1
            if outcome.tape[container].kind == .array {
                var position = 0
                while entry < inside {
                    position += 1
                    entry = Int(outcome.tape[entry].next)
                }
                path += "[\(position)]"
            } else {
                // The last key before what is open; after a complete last member the path stays with the object.
                var key: Int?
                while entry < inside {
                    key = entry
                    guard entry + 1 < inside else { break }
                    entry = Int(outcome.tape[entry + 1].next)
                    if entry >= inside, inside == outcome.count { key = nil }
                }
                if let key {
                    path += step(String(decoding: unescaped(characters(base, outcome.tape[key])), as: UTF8.self))
                }
            }
        }
        return path
    }

    /// `.name`, or `['odd name']` for a key that is not a plain word; long keys are cut.
    private static func step(_ key: String) -> String {
        let isPlain = !key.isEmpty && key.utf8.allSatisfy { $0 == 0x5F || ($0 | 0x20) &- 0x61 < 26 || Scan.isDigit($0) }
        let shown = key.count > 64 ? key.prefix(64) + "…" : key[...]
        return isPlain ? ".\(shown)" : "['\(shown)']"
    }
}
