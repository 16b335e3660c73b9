import Foundation

/// How far long work has come: a bar on a terminal, a line now and then elsewhere.
struct Progress {
    private let label: String
    private let unit: String
    private let start = ContinuousClock.now
    private var lastShown: ContinuousClock.Instant?
    private var resources = 0
    private var fraction = 0.0
    private let isInteractive: Bool

    init(_ label: String, unit: String = "resources", isInteractive: Bool = Terminal.isInteractive) {
        self.label = label
        self.unit = unit
        self.isInteractive = isInteractive
    }

    /// Seconds since the work began.
    var seconds: Double { max(start.duration(to: .now).inSeconds, 0.001) }

    /// Tells that more is done, and shows it when it is time to.
    /// - Parameters:
    ///   - resources: resources done so far.
    ///   - fraction: the part of all the work that is done, 0 to 1.
    mutating func update(resources: Int, fraction: Double) {
        self.resources = resources
        self.fraction = min(max(fraction, 0), 1)
        let interval: Duration = isInteractive ? .milliseconds(200) : .seconds(5)
        let now = ContinuousClock.now
        if let lastShown, lastShown.duration(to: now) < interval { return }
        if lastShown == nil, !isInteractive, start.duration(to: now) < interval { return }
        lastShown = now
        if isInteractive {
            FileHandle.standardError.write(Data("\r\(line())\u{1B}[K".utf8))
        } else {
            Terminal.complain(line())
        }
    }

    /// Shows the end.
    func finish() {
        if isInteractive {
            FileHandle.standardError.write(Data("\r\(line())\u{1B}[K\n".utf8))
        } else {
            Terminal.complain(line())
        }
    }

    /// One line: share, count, rate, time left.
    func line() -> String {
        let width = 24
        let filled = Int((fraction * Double(width)).rounded(.down))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        let rate = Int(Double(resources) / seconds)
        let left = fraction > 0.005 ? Self.clock(seconds * (1 - fraction) / fraction) : "–:––"
        let time = fraction >= 1 ? "in \(Self.clock(seconds))" : "\(left) left"
        return "\(label) \(bar) \(Int(fraction * 100)) %  \(resources) \(unit)  \(rate)/s  \(time)"
    }

    /// Minutes and seconds.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        let rest = whole % 60
        return "\(whole / 60):\(rest < 10 ? "0" : "")\(rest)"
    }
}

extension Duration {
    /// The length in seconds, with the fraction.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
