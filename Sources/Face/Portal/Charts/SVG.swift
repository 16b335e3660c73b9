/// The few things that every server-drawn chart needs.
enum SVG {
    /// A coordinate with one decimal, without a trailing zero.
    static func coordinate(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let whole = abs(tenths) / 10
        let rest = abs(tenths) % 10
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }

    /// Text made safe between tags and in attributes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A path through points; a nil point breaks the line.
    static func path(_ points: [(x: Double, y: Double)?]) -> String {
        var result = ""
        var isPenDown = false
        for point in points {
            guard let point else {
                isPenDown = false
                continue
            }
            result += (isPenDown ? "L" : "M") + coordinate(point.x) + " " + coordinate(point.y)
            isPenDown = true
        }
        return result
    }
}

/// Round values for an axis from zero: the largest is at least the data's.
struct AxisTicks: Equatable {
    let values: [Double]

    /// Three to six ticks from zero up to `highest` or just above.
    init(upTo highest: Double) {
        guard highest > 0 else {
            values = [0, 1]
            return
        }
        var step = 1.0
        while highest / step > 5 {
            for factor in [2.0, 2.5, 2.0] where highest / step > 5 { step *= factor }
        }
        var ticks: [Double] = [0]
        while ticks[ticks.count - 1] < highest { ticks.append(ticks[ticks.count - 1] + step) }
        values = ticks
    }

    var highest: Double { values[values.count - 1] }
}
