import JSON

/// Hides small counts in a MeasureReport that is read as a statistic. Where one is small, those that it could be computed from
/// go too: all strata beside it, and below a small group all of its strata.
struct SmallCounts {
    /// Counts from 1 up to below this number are not shown.
    let below: Int

    func hidden(in report: JSONDocument) -> [UInt8] {
        var edits = JSONEdits()
        for group in elements(report.root["group"]) {
            let isSmall = isSmall(group)
            if isSmall { strip(group, &edits) }
            for stratifier in elements(group["stratifier"]) {
                let strata = elements(stratifier["stratum"])
                guard isSmall || strata.contains(where: self.isSmall) else { continue }
                for stratum in strata { strip(stratum, &edits) }
            }
        }
        return edits.isEmpty ? report.text : edits.applied(to: report)
    }

    private func elements(_ node: JSONNode?) -> [JSONNode] { node.map { Array($0.elements) } ?? [] }

    private func isSmall(_ node: JSONNode) -> Bool {
        elements(node["population"]).contains { population in
            population["count"]?.double.map { $0 > 0 && $0 < Double(below) } ?? false
        }
    }

    private func strip(_ node: JSONNode, _ edits: inout JSONEdits) {
        for population in elements(node["population"]) where population["count"] != nil {
            edits.removeMember("count", of: population)
        }
        if node["measureScore"] != nil { edits.removeMember("measureScore", of: node) }
    }
}
