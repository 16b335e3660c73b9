import Calendar
import Signals

/// This season's weeks as a line over the range and the median of those before.
struct SeasonChart {
    let seasons: Seasons

    /// The least, the median and the most of the earlier seasons in a week; nil where none is known.
    static func earlier(_ seasons: Seasons, week: Int) -> (least: Int, median: Double, most: Int)? {
        let known = seasons.seasons.dropFirst().compactMap { $0.weeks[week] }.sorted()
        guard let least = known.first, let most = known.last else { return nil }
        let half = known.count / 2
        let median = known.count % 2 == 1 ? Double(known[half]) : Double(known[half - 1] + known[half]) / 2
        return (least, median, most)
    }

    func svg(_ frame: LineChart.Frame, name: String, words: Words) -> String {
        let earlier = (0..<Seasons.weeksOfSeason).map { Self.earlier(seasons, week: $0) }
        let now = seasons.seasons.first?.weeks ?? []
        let (left, right, top, bottom) = (44.0, 12.0, 12.0, 28.0)
        let highest = max(earlier.compactMap { $0?.most }.max() ?? 0, now.compactMap { $0 }.max() ?? 0)
        let ticks = AxisTicks(upTo: Double(highest))
        let (width, height) = (frame.width - left - right, frame.height - top - bottom)
        func x(_ week: Int) -> Double { left + width * Double(week) / Double(Seasons.weeksOfSeason - 1) }
        func y(_ value: Double) -> Double { top + height * (1 - value / ticks.highest) }
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
        for week in stride(from: 0, to: Seasons.weeksOfSeason, by: frame.width < 500 ? 17 : 10) {
            guard let day = seasons.seasons.first?.start.advanced(by: 7 * week) else { continue }
            svg += "<text x=\"\(SVG.coordinate(x(week)))\" y=\"\(SVG.coordinate(frame.height - 8))\" "
            svg += "text-anchor=\"\(week == 0 ? "start" : "middle")\">\(SVG.escaped(words.shortDate(day)))</text>"
        }
        let known = earlier.indices.filter { earlier[$0] != nil }
        if known.count > 1 {
            let above = known.map { week in earlier[week].map { (x: x(week), y: y(Double($0.most))) } }
            let below = known.reversed().map { week in earlier[week].map { (x: x(week), y: y(Double($0.least))) } }
            svg += "<path class=\"band\" d=\"\(SVG.path(above + below))Z\"/>"
            let median = known.map { week in earlier[week].map { (x: x(week), y: y($0.median)) } }
            svg += "<path class=\"second\" d=\"\(SVG.path(median))\"/>"
        }
        let line = now.indices.map { week in now[week].map { (x: x(week), y: y(Double($0))) } }
        svg += "<path class=\"thick\" d=\"\(SVG.path(line))\"/>"
        if let last = seasons.lastWeek, let value = now[last] {
            svg +=
                "<circle class=\"dot\" cx=\"\(SVG.coordinate(x(last)))\" cy=\"\(SVG.coordinate(y(Double(value))))\" r=\"4\"/>"
        }
        return svg + "</svg>"
    }
}
