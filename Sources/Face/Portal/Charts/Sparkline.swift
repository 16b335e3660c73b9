/// A line so small that it needs no axis: the number beside it says how high.
enum Sparkline {
    /// - Parameter values: oldest first; at least two for a line.
    static func svg(_ values: [Double]) -> String {
        let width = 96.0
        let height = 24.0
        let highest = max(values.max() ?? 0, 1)
        let steps = Double(max(values.count - 1, 1))
        let points = values.enumerated().map {
            Optional((x: 1 + (width - 2) * Double($0.offset) / steps, y: 2 + (height - 4) * (1 - $0.element / highest)))
        }
        return "<svg class=\"chart spark\" viewBox=\"0 0 96 24\" aria-hidden=\"true\">"
            + "<path class=\"thick\" d=\"\(SVG.path(points))\"/></svg>"
    }
}
