/// Daily numbers as a thin line, their mean over seven days as a thick one.
struct LineChart {
    /// The frame: one for phones, one for wider windows, so that letters keep their size.
    struct Frame {
        let width: Double
        let height: Double
        let cssClass: String

        static let wide = Frame(width: 720, height: 260, cssClass: "wide-only")
        static let narrow = Frame(width: 340, height: 220, cssClass: "narrow-only")
    }

    /// What happened on each day, oldest first.
    let values: [Double]
    /// The mean of the seven days that end on each day; nil while there are fewer.
    let means: [Double?]
    /// Words under the axis at some days.
    let labels: [(index: Int, text: String)]
    /// The name that screen readers say.
    let name: String

    func svg(_ frame: Frame) -> String {
        let left = 44.0
        let right = 12.0
        let top = 12.0
        let bottom = 28.0
        let ticks = AxisTicks(upTo: values.max() ?? 0)
        let innerWidth = frame.width - left - right
        let innerHeight = frame.height - top - bottom
        let steps = Double(max(values.count - 1, 1))
        func x(_ index: Int) -> Double { left + innerWidth * Double(index) / steps }
        func y(_ value: Double) -> Double { top + innerHeight * (1 - value / ticks.highest) }

        var result = "<svg class=\"chart \(frame.cssClass)\" viewBox=\"0 0 \(SVG.coordinate(frame.width)) "
        result += "\(SVG.coordinate(frame.height))\" role=\"img\" aria-label=\"\(SVG.escaped(name))\">"
        for tick in ticks.values {
            let height = SVG.coordinate(y(tick))
            result += "<line class=\"\(tick == 0 ? "axis" : "grid")\" x1=\"\(SVG.coordinate(left))\" "
            result += "x2=\"\(SVG.coordinate(frame.width - right))\" y1=\"\(height)\" y2=\"\(height)\"/>"
            result += "<text x=\"\(SVG.coordinate(left - 8))\" y=\"\(SVG.coordinate(y(tick) + 4))\" "
            result += "text-anchor=\"end\">\(SVG.coordinate(tick))</text>"
        }
        let shown = frame.width < 500 ? thinned(labels, to: 4) : thinned(labels, to: 8)
        for label in shown {
            let anchor = label.index == 0 ? "start" : label.index == values.count - 1 ? "end" : "middle"
            result += "<text x=\"\(SVG.coordinate(x(label.index)))\" y=\"\(SVG.coordinate(frame.height - 8))\" "
            result += "text-anchor=\"\(anchor)\">\(SVG.escaped(label.text))</text>"
        }
        let daily = values.enumerated().map { Optional((x: x($0.offset), y: y($0.element))) }
        let mean = means.enumerated().map { item in item.element.map { (x: x(item.offset), y: y($0)) } }
        result += "<path class=\"thin\" d=\"\(SVG.path(daily))\"/><path class=\"thick\" d=\"\(SVG.path(mean))\"/>"
        return result + "</svg>"
    }

    private func thinned(_ labels: [(index: Int, text: String)], to most: Int) -> [(index: Int, text: String)] {
        guard labels.count > most else { return labels }
        let stride = (labels.count + most - 1) / most
        return labels.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    }

    /// The mean of the seven days that end on each day.
    static func sevenDayMeans(_ values: [Double]) -> [Double?] {
        var sum = 0.0
        return values.indices.map { index in
            sum += values[index]
            if index >= 7 { sum -= values[index - 7] }
            return index >= 6 ? sum / 7 : nil
        }
    }
}
