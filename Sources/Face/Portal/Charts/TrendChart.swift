/// One laboratory value over time: a line with its points, and the reference range as a band.
struct TrendChart {
    /// When (seconds since 1970) and how much, oldest first.
    let points: [(seconds: Int64, value: Double)]
    /// The reference range; either end may be open.
    let low: Double?
    let high: Double?
    /// The name that screen readers say.
    let name: String

    func svg() -> String {
        let width = 216.0
        let height = 72.0
        let edge = 5.0
        guard let first = points.first, let last = points.last else { return "" }
        let values = points.map(\.value) + [low, high].compactMap { $0 }
        let lowest = values.min() ?? 0
        let highest = values.max() ?? 1
        let span = highest > lowest ? highest - lowest : max(abs(highest), 1)
        let bottomValue = highest > lowest ? lowest - span * 0.1 : lowest - span / 2
        let valueRange = highest > lowest ? span * 1.2 : span
        let duration = Double(max(last.seconds - first.seconds, 1))
        func x(_ seconds: Int64) -> Double {
            first.seconds == last.seconds
                ? width / 2 : edge + (width - 2 * edge) * Double(seconds - first.seconds) / duration
        }
        func y(_ value: Double) -> Double { height * (1 - (value - bottomValue) / valueRange) }

        var result = "<svg class=\"chart\" viewBox=\"0 0 216 72\" role=\"img\" aria-label=\"\(SVG.escaped(name))\">"
        if low != nil || high != nil {
            let top = high.map(y) ?? 0
            let bottom = low.map(y) ?? height
            result += "<rect class=\"band\" x=\"0\" y=\"\(SVG.coordinate(top))\" width=\"216\" "
            result += "height=\"\(SVG.coordinate(max(bottom - top, 1)))\"/>"
        }
        if points.count > 1 {
            let line = points.map { Optional((x: x($0.seconds), y: y($0.value))) }
            result += "<path class=\"thick\" d=\"\(SVG.path(line))\"/>"
        }
        for (index, point) in points.enumerated() {
            let isOut = isOutOfRange(point.value)
            guard isOut || index == points.count - 1 || points.count <= 12 else { continue }
            result += "<circle class=\"\(isOut ? "dot-out" : "dot")\" cx=\"\(SVG.coordinate(x(point.seconds)))\" "
            result += "cy=\"\(SVG.coordinate(y(point.value)))\" r=\"\(index == points.count - 1 ? "4" : "2.5")\"/>"
        }
        return result + "</svg>"
    }

    private func isOutOfRange(_ value: Double) -> Bool {
        if let low, value < low { return true }
        if let high, value > high { return true }
        return false
    }
}
