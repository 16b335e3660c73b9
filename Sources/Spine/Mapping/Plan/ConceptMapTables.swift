import JSON

/// ConceptMap resources as tables: from a local code to the standard one.
struct ConceptMapTables {
    final class Table: Sendable {
        let url: String
        let codes: [String: TablePlan.Entry]

        init(_ url: String, _ codes: [String: TablePlan.Entry]) {
            self.url = url
            self.codes = codes
        }
    }

    private var tables: [String: Table] = [:]

    init(_ documents: [JSONDocument]) {
        for document in documents {
            guard document.root["resourceType"]?.string == "ConceptMap", let url = document.root["url"]?.string else {
                continue
            }
            var codes: [String: TablePlan.Entry] = [:]
            for group in document.root["group"].map({ Array($0.elements) }) ?? [] {
                let system = group["target"]?.string
                for element in group["element"].map({ Array($0.elements) }) ?? [] {
                    let targets = element["target"].map { Array($0.elements) } ?? []
                    let usable = targets.first { target in
                        let equivalence = target["equivalence"]?.string ?? "equivalent"
                        return target["code"] != nil && equivalence != "unmatched" && equivalence != "disjoint"
                    }
                    guard let code = element["code"]?.string, let target = usable, let mapped = target["code"]?.string
                    else {
                        continue
                    }
                    codes[code] = TablePlan.Entry(
                        system: system.map { Array($0.utf8) }, code: Array(mapped.utf8),
                        display: target["display"]?.string.map { Array($0.utf8) })
                }
            }
            tables[url] = Table(url, codes)
        }
    }

    func table(_ url: String) -> Table? { tables[url] }
}
