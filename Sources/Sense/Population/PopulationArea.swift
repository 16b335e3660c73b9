/// A district, a city, or everywhere that is known, by GB/T 2260.
public struct PopulationArea: Sendable, Hashable {
    /// Such as 330106, 330100, or 0 for everywhere.
    public let code: Int

    /// The area of a code.
    public init(_ code: Int) { self.code = code }

    /// Whether a district is, or lies in, it. An unknown one (0) lies nowhere.
    public func contains(_ district: Int) -> Bool {
        guard district != 0 else { return false }
        if code == 0 { return true }
        return code % 100 == 0 ? district / 100 == code / 100 : district == code
    }
}
