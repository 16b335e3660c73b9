import Calendar

/// Counts by period, with what was usual as a band: the drawing of a signal.
struct SignalCurve {
    let points: [(from: CivilDay, observed: Double, expected: Double, upper: Double)]

    /// Whether anything is known of what is usual.
    var hasHistory: Bool { points.contains { !$0.expected.isNaN } }

    private var highest: Double {
        points.map { max($0.observed, $0.upper.isNaN ? 0 : $0.upper) }.max() ?? 0
    }

    /// A small one without axis.
    func small(name: String) -> String {
        let (width, height) = (280.0, 56.0)
        let top = max(highest, 1)
        var svg =
            "<svg class=\"chart\" viewBox=\"0 0 \(SVG.coordinate(width)) \(SVG.coordinate(height))\" role=\"img\" "
            + "aria-label=\"\(SVG.escaped(name))\">"
        svg += drawing(
            x: { 2 + (width - 4) * share($0) },
            y: { 4 + (height - 8) * (1 - $0 / top) })
        return svg + "</svg>"
    }

    /// One with axis, in a frame.
    func large(_ frame: LineChart.Frame, name: String, words: Words) -> String {
        let (left, right, top, bottom) = (44.0, 12.0, 12.0, 28.0)
        let ticks = AxisTicks(upTo: highest)
        let (innerWidth, innerHeight) = (frame.width - left - right, frame.height - top - bottom)
        func x(_ index: Int) -> Double { left + innerWidth * share(index) }
        func y(_ value: Double) -> Double { top + innerHeight * (1 - value / ticks.highest) }
        var svg =
            "<svg class=\"chart \(frame.cssClass)\" viewBox=\"0 0 \(SVG.coordinate(frame.width)) "
            + "\(SVG.coordinate(frame.height))\" role=\"img\" aria-label=\"\(SVG.escaped(name))\">"
        for tick in ticks.values {
            let place = SVG.coordinate(y(tick))
            svg += "<line class=\"\(tick == 0 ? "axis" : "grid")\" x1=\"\(SVG.coordinate(left))\" "
            svg += "x2=\"\(SVG.coordinate(frame.width - right))\" y1=\"\(place)\" y2=\"\(place)\"/>"
            svg += "<text x=\"\(SVG.coordinate(left - 8))\" y=\"\(SVG.coordinate(y(tick) + 4))\" "
            svg += "text-anchor=\"end\">\(SVG.coordinate(tick))</text>"
        }
        let every = max(1, points.count / (frame.width < 500 ? 3 : 6))
        for index in points.indices where (points.count - 1 - index) % every == 0 {
            let anchor =
                points.count == 1 ? "middle" : index == points.count - 1 ? "end" : index == 0 ? "start" : "middle"
            svg += "<text x=\"\(SVG.coordinate(x(index)))\" y=\"\(SVG.coordinate(frame.height - 8))\" "
            svg += "text-anchor=\"\(anchor)\">\(SVG.escaped(words.shortDate(points[index].from)))</text>"
        }
        return svg + drawing(x: x, y: y) + "</svg>"
    }

    /// How far right a point stands, from 0 to 1; one alone stands in the middle.
    private func share(_ index: Int) -> Double {
        points.count == 1 ? 0.5 : Double(index) / Double(points.count - 1)
    }

    private func drawing(x: (Int) -> Double, y: (Double) -> Double) -> String {
        var svg = ""
        let known = points.indices.filter { !points[$0].upper.isNaN }
        if let first = known.first, let last = known.last, known.count > 1 {
            let edge = known.map { Optional((x: x($0), y: y(points[$0].upper))) }
            let base = [Optional((x: x(last), y: y(0))), Optional((x: x(first), y: y(0)))]
            svg += "<path class=\"band\" d=\"\(SVG.path(edge + base))Z\"/>"
            let expected = known.map { Optional((x: x($0), y: y(points[$0].expected))) }
            svg += "<path class=\"second\" d=\"\(SVG.path(expected))\"/>"
        }
        let observed = points.indices.map { Optional((x: x($0), y: y(points[$0].observed))) }
        svg += "<path class=\"thick\" d=\"\(SVG.path(observed))\"/>"
        if let last = points.indices.last {
            let isOut = points[last].observed > points[last].upper
            svg += "<circle class=\"\(isOut ? "dot-out" : "dot")\" cx=\"\(SVG.coordinate(x(last)))\" "
            svg += "cy=\"\(SVG.coordinate(y(points[last].observed)))\" r=\"4\"/>"
        }
        return svg
    }

    /// Persons by day, as bars: an epidemic curve.
    static func days(_ counts: [Int], name: String, from: String, until: String) -> String {
        let (width, height, left, bottom) = (720.0, 180.0, 44.0, 28.0)
        let ticks = AxisTicks(upTo: Double(counts.max() ?? 0))
        let step = (width - left - 12) / Double(max(counts.count, 1))
        func y(_ value: Double) -> Double { 12 + (height - 12 - bottom) * (1 - value / ticks.highest) }
        var svg =
            "<svg class=\"chart\" viewBox=\"0 0 720 180\" role=\"img\" aria-label=\"\(SVG.escaped(name))\">"
        for tick in ticks.values {
            let place = SVG.coordinate(y(tick))
            svg +=
                "<line class=\"\(tick == 0 ? "axis" : "grid")\" x1=\"44\" x2=\"708\" y1=\"\(place)\" y2=\"\(place)\"/>"
            svg +=
                "<text x=\"36\" y=\"\(SVG.coordinate(y(tick) + 4))\" text-anchor=\"end\">\(SVG.coordinate(tick))</text>"
        }
        for (index, count) in counts.enumerated() where count > 0 {
            let top = y(Double(count))
            svg += "<rect class=\"dot\" x=\"\(SVG.coordinate(left + step * Double(index) + 1))\" "
            svg += "y=\"\(SVG.coordinate(top))\" width=\"\(SVG.coordinate(step - 2))\" "
            svg += "height=\"\(SVG.coordinate(y(0) - top))\"/>"
        }
        svg += "<text x=\"44\" y=\"172\">\(SVG.escaped(from))</text>"
        svg += "<text x=\"708\" y=\"172\" text-anchor=\"end\">\(SVG.escaped(until))</text>"
        return svg + "</svg>"
    }
}
