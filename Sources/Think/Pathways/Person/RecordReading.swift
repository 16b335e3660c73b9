import Access
import JSON

/// How a record is read, so that one expression fits whatever institutions write: times are told in Shanghai, a span is the
/// time of its beginning, a measurement that tells no time counts from when it was reported, a diagnosis without any date is
/// known since it first came, and so is a death without one. ICD-10 and LOINC have one name each, whatever the edition or the
/// object identifier by which they are written. A measured pressure in kPa is told in whole mm[Hg].
///
/// FHIRPath takes the day of a dateTime as it is written: `2026-03-02T16:30:00Z` would be the day before.
enum RecordReading {
    /// Elements with choice that may be a Period or an instant, and what they are told as.
    private static let spans: [(written: JSONKey, told: JSONKey)] = [
        ("effectivePeriod", "effectiveDateTime"), ("effectiveInstant", "effectiveDateTime"),
        ("performedPeriod", "performedDateTime"), ("occurrencePeriod", "occurrenceDateTime"),
        ("onsetPeriod", "onsetDateTime"),
    ]
    private static let effective: [JSONKey] = [
        "effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming",
    ]
    private static let times: [JSONKey] = [
        "effectiveDateTime", "performedDateTime", "occurrenceDateTime", "onsetDateTime", "abatementDateTime",
        "deceasedDateTime", "authored", "authoredOn", "recordedDate", "date", "issued", "recorded", "start", "sent",
    ]

    /// A resource as pathways read it: the same document where nothing is to be told otherwise.
    ///
    /// - Parameter told: since when a diagnosis or a death without a date is known; nil: since this version of it.
    static func read(_ document: JSONDocument, told: (JSONNode) throws -> Moment?) rethrows -> JSONDocument {
        let root = document.root
        // What is written instead of a member, by its key, and what is added.
        var instead: [String: (key: String, text: String)] = [:]
        var added: (key: String, text: String)?
        for span in spans {
            guard let value = root[span.written], root[span.told] == nil, let moment = ClinicalDate.moment(value) else {
                continue
            }
            instead[span.written.string] = (span.told.string, moment.text)
        }
        for key in times {
            guard let moment = root[key].flatMap(foreign) else { continue }
            instead[key.string] = (key.string, moment.instantText)
        }
        if root["issued"] != nil, effective.allSatisfy({ root[$0] == nil }),
            let issued = instead["issued"]?.text ?? root["issued"]?.string
        {
            instead["issued"] = ("effectiveDateTime", issued)
        }
        let isToldOtherwise = namesOtherwise(root) || isMeasuredOtherwise(root)
        let period = root["period"]
        let isForeign = period?["start"].flatMap(foreign) != nil || period?["end"].flatMap(foreign) != nil
        if tellsNoDate(root), let version = root["meta"]?["lastUpdated"]?.string.flatMap({ Moment($0) }) {
            let came = try told(root) ?? version
            if root["deceasedBoolean"] == nil {
                added = ("recordedDate", came.instantText)
            } else {
                instead["deceasedBoolean"] = ("deceasedDateTime", came.instantText)
            }
        }
        guard !instead.isEmpty || added != nil || isForeign || isToldOtherwise else { return document }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in root.members {
            guard let name = key.string else { continue }
            if let other = instead[name] {
                writer.member(other.key, string: other.text)
            } else if name == "period", isForeign {
                writer.key(name)
                write(period: value, &writer)
            } else if isToldOtherwise, name == "code" || name == "component" || name == "valueQuantity" {
                writer.key(name)
                write(usually: value, &writer)
            } else {
                writer.member(name, node: value)
            }
        }
        if let added { writer.member(added.key, string: added.text) }
        writer.endObject()
        return (try? JSONDocument(parsing: writer.bytes)) ?? document
    }

    /// Whether a resource is a diagnosis without any date, or somebody who has died nobody says when.
    static func tellsNoDate(_ root: JSONNode) -> Bool {
        root["resourceType"]?.equals("Condition") == true
            ? ClinicalDate.of(root) == nil : root["deceasedBoolean"]?.kind == .true
    }

    // MARK: - Code systems

    private static let icd10 = "http://hl7.org/fhir/sid/icd-10"
    private static let loinc = "http://loinc.org"
    private static let otherLOINC: Set<String> = [
        "urn:oid:2.16.840.1.113883.6.1", "https://loinc.org", "http://loinc.org/", "http://www.loinc.org",
    ]

    /// The name of a code system that is written otherwise; nil where it is to stay.
    private static func usual(_ type: String, _ system: JSONNode?) -> String? {
        guard let system, !system.equals(icd10), !system.equals(loinc), let text = system.string else { return nil }
        if type == "Condition" { return ICD10.isSystem(text) ? icd10 : nil }
        return otherLOINC.contains(text) ? loinc : nil
    }

    /// Whether a diagnosis or a measurement names its code system otherwise than pathways do.
    private static func namesOtherwise(_ root: JSONNode) -> Bool {
        guard let type = root["resourceType"]?.string, type == "Condition" || type == "Observation" else {
            return false
        }
        func isOther(_ concept: JSONNode?) -> Bool {
            concept?["coding"]?.elements.contains { usual(type, $0["system"]) != nil } ?? false
        }
        return isOther(root["code"]) || root["component"]?.elements.contains { isOther($0["code"]) } ?? false
    }

    /// The same, with the usual names of code systems and the usual units.
    private static func write(usually node: JSONNode, _ writer: inout JSONWriter) {
        if node.isArray {
            writer.beginArray()
            for element in node.elements { write(usually: element, &writer) }
            writer.endArray()
        } else if node.isObject {
            let pressure = isKilopascals(node) ? node["value"]?.double.map { $0 * millimetresInKilopascal } : nil
            writer.beginObject()
            for (key, value) in node.members {
                guard let name = key.string else { continue }
                if let pressure, name == "value" {
                    writer.key(name)
                    writer.raw(Array(String(Int(pressure.rounded())).utf8))
                    continue
                }
                if pressure != nil, name == "unit" || name == "code" {
                    writer.member(name, string: "mm[Hg]")
                    continue
                }
                let system = name == "system" ? usual("Condition", value) ?? usual("Observation", value) : nil
                if let system {
                    writer.member(name, string: system)
                } else {
                    writer.key(name)
                    write(usually: value, &writer)
                }
            }
            writer.endObject()
        } else {
            writer.raw(Array(node.rawText))
        }
    }

    // MARK: - Units

    private static let millimetresInKilopascal = 7.500_62

    private static func isKilopascals(_ quantity: JSONNode?) -> Bool {
        guard let quantity,
            quantity["code"]?.equals("kPa") == true || quantity["unit"]?.equals("kPa") == true
                || quantity["unit"]?.equals("千帕") == true
        else { return false }
        return quantity["value"]?.double.map { abs($0) < 1000 } ?? false
    }

    /// Whether a measurement is in kPa.
    private static func isMeasuredOtherwise(_ root: JSONNode) -> Bool {
        guard root["resourceType"]?.equals("Observation") == true else { return false }
        return isKilopascals(root["valueQuantity"])
            || root["component"]?.elements.contains { isKilopascals($0["valueQuantity"]) } ?? false
    }

    private static func write(period: JSONNode, _ writer: inout JSONWriter) {
        writer.beginObject()
        for (key, value) in period.members {
            guard let name = key.string else { continue }
            if let moment = foreign(value) {
                writer.member(name, string: moment.instantText)
            } else {
                writer.member(name, node: value)
            }
        }
        writer.endObject()
    }

    /// The moment of a time that is written in another zone than Shanghai's; nil of anything else.
    private static func foreign(_ value: JSONNode) -> Moment? {
        guard let text = value.string, text.utf8.count > 10, !text.hasSuffix("+08:00") else { return nil }
        return Moment(text)
    }
}
