/// The text that Prometheus collects (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
struct PrometheusText {
    private(set) var text = ""

    /// The kinds of metric written here.
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    /// Begins a family of samples.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes the only sample of a family.
    mutating func sample(_ name: String, _ value: some CustomStringConvertible) {
        sample(name, [], value)
    }

    /// Writes one sample.
    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: some CustomStringConvertible) {
        text += "\(name)\(Self.braces(labels)) \(value)\n"
    }

    /// Writes the samples of a histogram.
    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        var running: UInt64 = 0
        for (bound, count) in zip(Histogram.bounds, histogram.counts) {
            running += count
            sample("\(name)_bucket", labels + [("le", "\(bound)")], running)
        }
        sample("\(name)_bucket", labels + [("le", "+Inf")], histogram.count)
        sample("\(name)_sum", labels, histogram.sum)
        sample("\(name)_count", labels, histogram.count)
    }

    private static func braces(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        let items = labels.map { name, value in
            var escaped = ""
            for character in value {
                switch character {
                case "\\": escaped += "\\\\"
                case "\"": escaped += "\\\""
                case "\n": escaped += "\\n"
                default: escaped.append(character)
                }
            }
            return "\(name)=\"\(escaped)\""
        }
        return "{\(items.joined(separator: ","))}"
    }
}
