import FHIR
import FHIRPath
import Forms
import Foundation
import JSON

/// 2026-11-21 08:00 in Shanghai.
let testNow = FHIRPathInstant(milliseconds: 1_795_219_200_000)
let testHead = FormHead(
    status: "completed", subject: "Patient/p1", authored: "2026-11-21T08:00:00+08:00",
    author: ("Practitioner/d1", "李明医生"))

func parsed(_ text: String) -> JSONDocument {
    do { return try JSONDocument(parsing: Array(text.utf8)) } catch { fatalError("\(error): \(text)") }
}

/// A Questionnaire with some items, as JSON text.
func questionnaire(_ items: [String], _ more: String = "") -> String {
    """
    {"resourceType":"Questionnaire","url":"https://example.org/Questionnaire/t","version":"1","status":"active",\
    "title":"问卷"\(more.isEmpty ? "" : "," + more),"item":[\(items.joined(separator: ","))]}
    """
}

/// An item; `more` are further members.
func item(_ linkID: String, _ type: String, _ more: String = "", items: [String] = []) -> String {
    #"{"linkId":"\#(linkID)","text":"\#(linkID)?","type":"\#(type)""# + (more.isEmpty ? "" : "," + more)
        + (items.isEmpty ? "" : #","item":["# + items.joined(separator: ",") + "]") + "}"
}

/// An extension with an Expression.
func expression(_ name: String, _ fhirPath: String, variable: String? = nil) -> String {
    let url =
        name == "variable"
        ? "http://hl7.org/fhir/StructureDefinition/variable"
        : "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-\(name)"
    let text = String(decoding: jsonQuoted(fhirPath), as: UTF8.self)
    let named = variable.map { #""name":"\#($0)","# } ?? ""
    return #"{"url":"\#(url)","valueExpression":{\#(named)"language":"text/fhirpath","expression":\#(text)}}"#
}

func extensions(_ list: String...) -> String { #""extension":["# + list.joined(separator: ",") + "]" }

/// Options with scores.
func options(_ list: [(code: String, weight: Int)]) -> String {
    #""answerOption":["#
        + list.map { option in
            #"{"valueCoding":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","#
                + #""valueDecimal":\#(option.weight)}],"system":"urn:t","code":"\#(option.code)","display":"\#(option.code)"}}"#
        }.joined(separator: ",") + "]"
}

func form(_ text: String, codes: Form.ValueSets? = nil) throws -> Form {
    try Form(parsed(text), definitions: .r4(), valueSets: codes)
}

let context = FormContext(now: testNow)

extension FormState {
    /// Enters values by linkId; of items that repeat in groups the name says where.
    mutating func enter(_ values: [String: [String]], _ surroundings: FormContext = context) {
        var names: [String: String] = [:]
        form.visit(nodes) { name, node in
            let linkID = form.items[node.item].linkID
            names[name] = linkID
        }
        enter({ name in values[name] ?? names[name].flatMap { values[$0] } }, surroundings)
    }

    /// The answers to a question, wherever it stands, as texts.
    func texts(_ linkID: String) -> [String] {
        var found: [String] = []
        form.visit(nodes) { name, node in
            guard form.items[node.item].linkID == linkID, isEnabled(name) else { return }
            found += node.answers.compactMap { $0.value?.text }
        }
        return found
    }

    /// Whether a question is asked for, wherever it stands.
    func asks(_ linkID: String) -> [Bool] {
        var found: [Bool] = []
        form.visit(nodes) { name, node in
            if form.items[node.item].linkID == linkID { found.append(isEnabled(name)) }
        }
        return found
    }

    func name(_ linkID: String, _ position: Int = 0) -> String {
        var found: [String] = []
        form.visit(nodes) { name, node in
            if form.items[node.item].linkID == linkID { found.append(name) }
        }
        return found[position]
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
