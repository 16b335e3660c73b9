import Synchronization

/// UCUM codes, read once and kept.
public enum UCUM {
    /// The code system's URI.
    public static let system = "http://unitsofmeasure.org"
    /// The longest code that is read.
    public static let bytesMax = 256
    /// How many codes are kept; a store that holds more different ones reads the rest anew.
    static let keptMax = 4096

    private static let kept = Mutex<[String: UCUMUnit?]>([:])

    /// The unit with this code; nil when it is no UCUM code.
    public static func unit(_ code: String) -> UCUMUnit? {
        if let known = kept.withLock({ $0[code] }) { return known }
        let unit = try? UCUMUnit(parsing: code)
        kept.withLock { if $0.count < keptMax { $0[code] = .some(unit) } }
        return unit
    }

    /// Whether a text is a UCUM code.
    public static func isValid(_ code: String) -> Bool {
        unit(code) != nil
    }
}
