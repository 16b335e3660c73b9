import Calendar
import Foundation
import JSON
import Pathways

/// What one person's plans cost who has many readings: they have hypertension and diabetes, and are seen every week.
enum LongHistory {
    /// The record of a resident with so many readings of pressure and a third as many of glucose, the last of them before a day.
    static func documents(readings: Int, before day: CivilDay) throws -> [JSONDocument] {
        func at(_ place: Int) -> String {
            Moment(milliseconds: day.advanced(by: 7 * (place - readings) - 1).startMilliseconds + 36_000_000)
                .instantText
        }
        func quantity(_ value: Int, _ unit: String) -> String {
            #"{"value":\#(value),"unit":"\#(unit)","system":"http://unitsofmeasure.org","code":"\#(unit)"}"#
        }
        func code(_ system: String, _ code: String) -> String {
            #""code":{"coding":[{"system":"\#(system)","code":"\#(code)"}]}"#
        }
        let about = #""subject":{"reference":"Patient/long"}"#
        var texts = [
            #"{"resourceType":"Patient","id":"long","name":[{"text":"王建国"}],"gender":"male","birthDate":"1958-03-02"}"#
        ]
        for (id, icd) in [("pressure", "I10"), ("sugar", "E11.9")] {
            texts.append(
                #"{"resourceType":"Condition","id":"\#(id)",\#(code("http://hl7.org/fhir/sid/icd-10", icd)),\#(about),"#
                    + #""recordedDate":"\#(at(-1))"}"#)
        }
        for place in 0..<readings {
            // Controlled for half a year, then not for a quarter.
            let high = place % 39 < 26 ? 118 + place % 11 : 146 + place % 17
            func part(_ loinc: String, _ value: Int) -> String {
                #"{\#(code("http://loinc.org", loinc)),"valueQuantity":\#(quantity(value, "mm[Hg]"))}"#
            }
            texts.append(
                #"{"resourceType":"Observation","id":"bp-\#(place)","status":"final",\#(code("http://loinc.org", "85354-9")),"#
                    + #"\#(about),"effectiveDateTime":"\#(at(place))","component":["#
                    + #"\#(part("8480-6", high)),\#(part("8462-4", high - 50))]}"#)
            texts.append(
                #"{"resourceType":"Encounter","id":"visit-\#(place)","status":"finished","class":{"code":"AMB"},\#(about),"#
                    + #""period":{"start":"\#(at(place))"}}"#)
            guard place % 3 == 0 else { continue }
            texts.append(
                #"{"resourceType":"Observation","id":"glucose-\#(place)","status":"final",\#(code("http://loinc.org", "1558-6")),"#
                    + #"\#(about),"effectiveDateTime":"\#(at(place))","valueQuantity":\#(quantity(5 + place % 5, "mmol/L"))}"#
            )
        }
        return try texts.map { try JSONDocument(parsing: Array($0.utf8)) }
    }

    /// Prints the processor time of each pathway's plan, and what the plans hold, so that two builds can be compared.
    static func measure(_ pathways: [Pathway], _ sizes: [Int], before day: CivilDay, _ memberOf: ValueSetMembership?)
        throws
    {
        for size in sizes {
            let documents = try documents(readings: size, before: day)
            let now = day.startMilliseconds + 43_200_000
            var start = processorSeconds()
            guard let record = PersonRecord(documents) else { continue }
            var parts: [String] = []
            var sum = processorSeconds() - start
            let reading = sum
            for pathway in pathways {
                start = processorSeconds()
                let plan = pathway.plan(record, now: now, memberOf: memberOf)
                let time = processorSeconds() - start
                sum += time
                if time > 0.002 || !plan.occurrences.isEmpty {
                    parts.append(String(format: "%@ %.1f (%d)", pathway.id, time * 1000, plan.occurrences.count))
                }
                for fault in plan.faults { parts.append(fault) }
            }
            say(
                String(
                    format: "%d readings: %.1f ms of a processor, %.1f of them for reading; ", size, sum * 1000,
                    reading * 1000)
                    + parts.joined(separator: ", "))
        }
    }
}
