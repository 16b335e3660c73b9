import FHIR
import JSON

/// Turns a value of an R4 type into index rows: FHIR R4, search.html, the tables of each parameter type.
enum ValueShape {
    /// The tables that values of a type go to.
    static func tables(_ parameter: SearchParameterType, of type: String) -> [IndexTable] {
        switch parameter {
        case .number: [.number]
        case .date: [.date]
        case .string: [.string]
        case .quantity: [.quantity]
        case .uri: [.uri]
        case .reference: ["uri", "canonical", "url"].contains(type) ? [.uri] : [.reference, .uri, .identifier]
        case .token: isCode(type) ? [.token] : [.identifier]
        case .composite, .special: []
        }
    }

    /// Codes are few and shared; identifiers are many and each its own.
    private static func isCode(_ type: String) -> Bool {
        ["CodeableConcept", "Coding", "code", "boolean"].contains(type)
    }

    /// Adds the rows of one value.
    static func append(
        _ node: JSONNode, type: String, as parameter: SearchParameterType, param: Int64, terms: TermTable,
        to rows: inout IndexRows
    ) {
        switch parameter {
        case .token: token(node, type, param, terms, &rows)
        case .string: string(node, type, param, &rows)
        case .date: date(node, type, param, &rows)
        case .reference: reference(node, type, param, terms, &rows)
        case .quantity: quantity(node, type, param, terms, &rows)
        case .number: if let value = node.double { rows.numbers.append(.init(param: param, value: value)) }
        case .uri: if let value = node.string { rows.uris.append(.init(param: param, value: value)) }
        case .composite, .special: break
        }
    }

    private static func token(
        _ node: JSONNode, _ type: String, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows
    ) {
        switch type {
        case "CodeableConcept":
            guard let codings = node["coding"] else { return }
            for coding in codings.elements { self.coding(coding, param, terms, &rows) }
        case "Coding":
            coding(node, param, terms, &rows)
        case "code":
            guard let code = node.string else { return }
            rows.tokens.append(.init(param: param, code: terms.number(code), system: 0))
        case "boolean":
            guard let value = node.bool else { return }
            rows.tokens.append(.init(param: param, code: terms.number(value ? "true" : "false"), system: 0))
        case "Identifier", "ContactPoint":
            guard let value = node["value"]?.string else { return }
            let system = node["system"]?.string ?? ""
            rows.identifiers.append(.init(param: param, value: value, system: terms.number(system)))
        default:
            guard let value = node.string ?? node.numberText else { return }
            rows.identifiers.append(.init(param: param, value: value, system: 0))
        }
    }

    private static func coding(_ node: JSONNode, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows) {
        guard let code = node["code"]?.string else { return }
        let system = node["system"]?.string ?? ""
        rows.tokens.append(.init(param: param, code: terms.number(code), system: terms.number(system)))
    }

    private static func string(_ node: JSONNode, _ type: String, _ param: Int64, _ rows: inout IndexRows) {
        func add(_ text: String?) {
            guard let text, !text.isEmpty else { return }
            let value = SearchText.normalised(text)
            guard !value.isEmpty else { return }
            let raw = text == value ? "" : text
            rows.strings.append(.init(param: param, value: value, raw: raw))
        }
        func addAll(_ node: JSONNode?) {
            guard let node else { return }
            for element in node.elements { add(element.string) }
        }
        switch type {
        case "HumanName":
            add(node["text"]?.string)
            add(node["family"]?.string)
            addAll(node["given"])
            addAll(node["prefix"])
            addAll(node["suffix"])
            add(wholeName(node))
        case "Address":
            add(node["text"]?.string)
            addAll(node["line"])
            for key: JSONKey in ["city", "district", "state", "postalCode", "country"] { add(node[key]?.string) }
        case "CodeableConcept":
            add(node["text"]?.string)
        default:
            add(node.string)
        }
    }

    /// A Chinese name as people type it: 姓 and 名 together.
    private static func wholeName(_ name: JSONNode) -> String? {
        guard let family = name["family"]?.string, let given = name["given"], SearchText.isHan(family) else {
            return nil
        }
        let whole = family + given.elements.compactMap(\.string).joined()
        return name["text"]?.equals(whole) == true ? nil : whole
    }

    private static func date(_ node: JSONNode, _ type: String, _ param: Int64, _ rows: inout IndexRows) {
        switch type {
        case "Period":
            let start = moment(node["start"])
            let end = moment(node["end"])
            if start == nil, end == nil { return }
            add(start?.lowMilliseconds, end?.highMilliseconds)
        case "Timing":
            let events = node["event"].map { $0.elements.compactMap { moment($0) } } ?? []
            if let first = events.map(\.lowMilliseconds).min(), let last = events.map(\.highMilliseconds).max() {
                add(first, last)
            } else if let bounds = node["repeat"]?["boundsPeriod"] {
                date(bounds, "Period", param, &rows)
            }
        default:
            guard let moment = moment(node) else { return }
            add(moment.lowMilliseconds, moment.highMilliseconds)
        }

        func add(_ low: Int64?, _ high: Int64?) {
            let low = low ?? DateRange.earliest
            let span = max(0, (high ?? DateRange.latest) - low)
            let isLong = span > IndexedParameter.shortSpanMilliseconds
            rows.dates.append(.init(param: isLong ? -param : param, low: low, span: span))
        }
    }

    private static func moment(_ node: JSONNode?) -> FHIRDateTime? {
        guard let node, node.isString else { return nil }
        return node.withUTF8 { FHIRDateTime(utf8: $0) } ?? nil
    }

    private static func reference(
        _ node: JSONNode, _ type: String, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows
    ) {
        guard type == "Reference" else {
            if let value = node.string { rows.uris.append(.init(param: param, value: value)) }
            return
        }
        if let text = node["reference"]?.string {
            if let key = ResourceKey(reference: text) {
                rows.references.append(.init(param: param, target: key))
            } else if !text.hasPrefix("#") {
                rows.uris.append(.init(param: param, value: text))
            }
        }
        if let identifier = node["identifier"], let value = identifier["value"]?.string {
            let system = identifier["system"]?.string ?? ""
            rows.identifiers.append(.init(param: param, value: value, system: terms.number(system)))
        }
    }

    private static func quantity(
        _ node: JSONNode, _ type: String, _ param: Int64, _ terms: TermTable, _ rows: inout IndexRows
    ) {
        switch type {
        case "Range":
            for key: JSONKey in ["low", "high"] {
                if let bound = node[key] { quantity(bound, "Quantity", param, terms, &rows) }
            }
        case "SampledData":
            if let origin = node["origin"] { quantity(origin, "Quantity", param, terms, &rows) }
        case "Money":
            guard let value = node["value"]?.double else { return }
            let currency = node["currency"]?.string ?? ""
            rows.quantities.append(
                .init(
                    param: param, value: value, system: terms.number("urn:iso:std:iso:4217"),
                    code: terms.number(currency), unit: 0))
        default:
            guard let value = node["value"]?.double else { return }
            rows.quantities.append(
                .init(
                    param: param, value: value, system: terms.number(node["system"]?.string ?? ""),
                    code: terms.number(node["code"]?.string ?? ""), unit: terms.number(node["unit"]?.string ?? "")))
        }
    }
}

/// The ends of time as stored.
enum DateRange {
    /// 0001-01-01T00:00:00Z.
    static let earliest: Int64 = -62_135_596_800_000
    /// 9999-12-31T23:59:59.999Z.
    static let latest: Int64 = 253_402_300_799_999
}
