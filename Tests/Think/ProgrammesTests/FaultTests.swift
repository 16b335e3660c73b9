import FHIR
import Foundation
import Programmes
import Testing

@Suite("The check of a programme")
struct FaultTests {
    /// A change that makes one fault, and what must be told of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: ProgrammeFault.Kind
        let change: Sample.Change
        let words: String
        var severity = ProgrammeFault.Severity.error
        var testDescription: String { "\(kind.rawValue): \(words)" }

        init(
            _ kind: ProgrammeFault.Kind, _ file: String, _ old: String, _ new: String, _ words: String,
            _ severity: ProgrammeFault.Severity = .error
        ) {
            self.kind = kind
            change = Sample.Change(file, old, new)
            self.words = words
            self.severity = severity
        }
    }

    static let manifest = "programme.yaml"

    static let cases: [Case] = [
        // Files and text
        Case(.layout, "notes/tea.yaml", "", "a: 1", "no file of a programme lies here"),
        Case(.layout, "pathways/tea.yml", "", "a: 1", "must end in .yaml"),
        Case(.layout, "codes/form.yaml", "", "resourceType: Questionnaire", "codes/ holds CodeSystem, ValueSet"),
        Case(.yaml, manifest, "systems: []", "systems: [", "did not find expected"),
        Case(.yaml, manifest, "systems: []", "status: active", "the same name twice: status"),
        Case(.yaml, manifest, "systems: []", "<<: {a: 1}", "“<<” is not read here"),
        // The manifest
        Case(.form, manifest, "version: \"1\"\n", "", "version is missing"),
        Case(.form, manifest, "status: draft", "status: running", "it is one of draft, active, retired"),
        Case(.form, manifest, "systems: []", "sistems: []", "is systems meant?"),
        Case(
            .reference, manifest, "systems: []", "systems: [family-doctor-contracts]",
            "is family-doctor-contract meant?"),
        Case(.reference, manifest, "systems: []", "systems: [tea]", "the catalogue has no system tea"),
        Case(
            .resource, Sample.scenario, "- answer: {questionnaire",
            "- resource: {resourceType: Observation, statuz: final, subject: $person}\n      - answer: {questionnaire",
            "statuz"),
        Case(.form, manifest, "standing: ours", "standing: mine", "standing can't be “mine”"),
        Case(.form, manifest, "after: 7 d", "after: 7 days", "“7 days” is no span of time"),
        Case(.form, manifest, "{zh: 家庭医生, en: family doctor}", "{zh: 家庭医生}", "en is missing"),
        Case(.name, manifest, "id: tea-club", "id: coffee-club", "the folder's name tea-club"),
        Case(.name, manifest, "entryAge:", "moment:", "%moment is a name that the engine gives"),
        Case(.name, manifest, "entryAge:", "entry-age:", "must be camelCase"),
        Case(.reference, manifest, "kind: prompt, to: centre", "kind: prompt, to: center", "is centre meant?"),
        Case(
            .reference, manifest, "default: 12 mo, source: house", "default: 12 mo, source: hose",
            "there is no source hose"),
        Case(.escalation, manifest, "after: 14 d", "after: 3 d", "write the steps in the order of time"),
        // Parameters
        Case(.parameter, manifest, "default: 12 mo, source: house", "default: 12 mo", "no source is named"),
        Case(.parameter, manifest, "default: 12 mo, ", "", "%checkEvery has no default"),
        Case(.parameter, manifest, "default: 12 mo", "default: twelve", "“twelve” is no duration"),
        Case(.parameter, manifest, "default: 65 a", "default: 17 a", "17 a is less than the least value, 18 a"),
        Case(.parameter, manifest, "default: 65 a", "default: 101 a", "101 a is more than the most, 100 a"),
        Case(
            .parameter, manifest, "default: 12 mo",
            "default: 12 mo, values: [{from: 2026-13, value: 6 mo, source: house}]", "2026-13 is no day"),
        Case(
            .parameter, manifest, "default: 12 mo",
            "default: 12 mo, values: [{city: hangzhou, value: 6 mo, source: house}]",
            "hangzhou is no code of GB/T 2260"),
        Case(
            .parameter, manifest, "max: 100 a", "max: 100 a, values: [{city: \"330100\", value: 12 a, source: house}]",
            "12 a is less than the least value"),
        Case(
            .parameter, manifest, "type: duration, default: 12 mo", "type: decimal, default: 12",
            "%checkEvery is a number and names no unit"),
        Case(
            .parameter, manifest, "type: duration, default: 12 mo", "type: decimal, unit: moons, default: 12",
            "moons is no unit of UCUM"),
        Case(
            .parameter, manifest, "type: duration, default: 12 mo", "type: decimal, unit: mo, default: \"12\"",
            "leave the quotes out"),
        // Resources
        Case(.resource, Sample.pathway, "status: draft", "status: [draft]", "status is not a list"),
        Case(.resource, Sample.pathway, "status: draft\n", "", "status"),
        Case(.resource, Sample.form, "required: true", "required: yes", "write true or false, without quotes"),
        Case(.resource, Sample.form, "linkId: mood", "linkId: sleep", "linkId"),
        Case(.resource, Sample.form, "readOnly: true", "readonly: true", "readonly"),
        Case(.code, Sample.pathway, "status: draft", "status: begun", "begun"),
        Case(.name, Sample.pathway, "id: tea-club\n", "", "the id is missing"),
        Case(.name, Sample.form, "Questionnaire/tea-club-check", "Questionnaire/tea-club", "does not end with"),
        Case(.name, Sample.pathway, "id: checked", "id: managed", "has the id managed too"),
        Case(.name, Sample.pathway, "id: yearly-check", "id: Yearly check", "must be words of a–z"),
        // Expressions
        Case(.expression, Sample.pathway, "expression: birthDate", "expression: birthday", "birthday"),
        Case(
            .expression, Sample.pathway, "expression: birthDate", "expression: today()",
            "time passes by moments and timing"),
        Case(
            .expression, Sample.pathway, "expression: birthDate", "expression: name.given",
            "where dates or resources is wanted"),
        Case(
            .expression, Sample.pathway, "expression: birthDate", "expression: \"%moment\"", "unknown variable %moment"),
        Case(.expression, Sample.pathway, "\"%checkEvery\"", "\"%checkEver\"", "is %checkEvery meant?"),
        Case(.expression, Sample.pathway, "\"%checkEvery\"", "birthDate", "where a span of time is wanted"),
        Case(.expression, Sample.pathway, "\"%checks.exists()\"", "\"%checks.exists(\"", "expected"),
        Case(.expression, Sample.pathway, "\"%checks.exists()\"", "birthDate", "where true or false is wanted"),
        Case(.expression, Sample.pathway, "status = 'completed' and", "authored <= %due and", "%checks uses %due"),
        Case(.expression, Sample.form, "%resource.item", "%resoruce.item", "is %resource meant?"),
        Case(
            .reference, Sample.pathway, "\"%checks.exists()\"",
            "\"%record.ofType(Observation).where(code.memberOf('https://healthbrain.dev/fhir/ValueSet/teas')).exists()\"",
            "there is no value set"),
        // The pathway
        Case(
            .reference, Sample.pathway, "Questionnaire/tea-club-check\n", "Questionnaire/tee\n",
            "there is no questionnaire"),
        Case(.reference, Sample.pathway, "code: family-doctor", "code: doctor", "there is no role doctor"),
        Case(.reference, Sample.pathway, "label: house", "label: horse", "is house meant?"),
        Case(.owner, Sample.pathway, "participant: [{type", "performer: [{type", "nobody owns “年度评估”"),
        Case(
            .owner, Sample.pathway, "participant: [",
            "participant: [{type: practitioner, role: {coding: [{code: centre}]}}, ",
            "has 2 owners"),
        Case(
            .owner, Sample.pathway, "requiredBehavior: must", "requiredBehavior: could", "nobody owns “到龄进入”"),
        Case(
            .deadline, Sample.pathway, "        timingDuration:\n          extension",
            "        timingAge:\n          extension", "has no time by which"),
        Case(
            .deadline, Sample.pathway,
            "    timingDuration:\n      extension:\n        - url: http://hl7.org/fhir/StructureDefinition/cqf-expression\n          valueExpression: {language: text/fhirpath, expression: \"%entryAge\"}\n",
            "    timingDuration: {value: 1, unit: moon}\n",
            "“1 moon” is no span of time"),
        Case(.part, Sample.pathway, "code: milestone", "code: triumph", "the action's part in the pathway isn't said"),
        Case(
            .part, Sample.pathway, "code: stage}",
            "code: stage}, {system: \"https://healthbrain.dev/fhir/CodeSystem/pathway-part\", code: terminl}",
            "is terminal meant?"),
        Case(
            .reference, Sample.pathway, "  - id: checked\n",
            "  - id: checked\n    extension: [{url: \"https://healthbrain.dev/fhir/StructureDefinition/grade-system\", valueUri: \"https://healthbrain.dev/fhir/CodeSystem/cups\"}]\n",
            "there is no code system"),
        Case(.part, Sample.pathway, "code: entry", "code: leave", "nobody ever enters"),
        Case(.part, Sample.pathway, "code: milestone", "code: stage", "nothing is to be done"),
        Case(.part, Sample.pathway, "code: milestone", "code: grade", "the grade has no value"),
        Case(.part, Sample.pathway, "code: activity", "code: grade", "only activities stand inside a stage"),
        Case(.part, Sample.pathway, "code: stage", "code: milestone", "only a stage has actions inside it"),
        Case(.part, Sample.pathway, "type: named-event", "type: data-added", "triggers are of type named-event"),
        Case(.part, Sample.pathway, "kind: applicability", "kind: start", "applicability or stop"),
        Case(.source, Sample.pathway, "documentation:", "relatedAction:", "the rule names no source"),
        Case(.escalation, manifest, "escalation:", "# escalation:", "nobody is told when"),
        Case(.escalation, manifest, "escalation:", "escalation: []\nescalations:", "nobody is told when"),
        // Stories
        Case(.reference, Sample.scenario, "pathway: tea-club", "pathway: tee-club", "is tea-club meant?"),
        Case(.reference, Sample.scenario, "stage: managed", "stage: manged", "is managed meant?"),
        Case(
            .reference, Sample.scenario, "questionnaire: tea-club-check", "questionnaire: tee",
            "there is no questionnaire tee"),
        Case(.form, Sample.scenario, "person:", "persons:", "person is missing"),
        Case(.form, Sample.scenario, "person:", "persons:", "is person meant?"),
        Case(.resource, Sample.scenario, "birthDate: 1961-03-02", "birthDate: 1961-02-30", "birthDate"),
        Case(.form, Sample.scenario, "city: \"330110\"", "city: Hangzhou", "six digits"),
        Case(.form, Sample.scenario, "on: 2026-06-01", "on: 2026-06-31", "“2026-06-31” is no day"),
        Case(.form, Sample.scenario, "on: 2026-06-01", "on: 2026-01-01", "lies before the one above"),
        Case(.form, Sample.scenario, "    given:", "    givens:", "is given meant?"),
        Case(.form, Sample.scenario, "- answer: {q", "- answers: {q", "is answer meant?"),
        Case(
            .form, Sample.scenario, "- answer: {q", "- death: 2026-05-30\n        answer: {q",
            "a given fact is one fact"),
        Case(.form, Sample.scenario, "state: open", "stat: open", "is state meant?"),
        Case(.form, Sample.scenario, "state: open", "state: opened", "is open meant?"),
        Case(.form, Sample.scenario, "due: 2027-03-02", "due: soon", "“soon” is no day"),
        Case(.form, Sample.scenario, "{enrolled: true}", "{enrolled: since}", "enrolled is true or false"),
        Case(.reference, Sample.scenario, "{enrolled: true}", "{visit: [yearly-chek]}", "is yearly-check meant?"),
        Case(.form, Sample.scenario, "{enrolled: true}", "{enroled: true}", "is enrolled meant?"),
        Case(.form, Sample.scenario, "{stage: managed}", "{stage: managed, on: 2026-03-02}", "on is not known here"),
        Case(
            .reference, Sample.scenario, "{stage: managed}", "{stage: managed, pathway: coffee}",
            "there is no pathway coffee"),
        Case(
            .form, Sample.scenario, "    given:", "    answer: [{task: yearly-check, outcome: perhaps}]\n    given:",
            "outcome can't be “perhaps”"),
        // What nobody uses
        Case(
            .unused, Sample.pathway, "\"%checkEvery\"", "\"%entryAge\"", "the parameter checkEvery is used nowhere",
            .warning),
        Case(
            .unused, manifest, "        authority:",
            "        guest: {title: {zh: 客人, en: guest}, reach: resident}\n        authority:",
            "the role guest is used nowhere", .warning),
        Case(
            .unused, manifest, "        house:",
            "        book: {title: 茶经, date: 2026-01-01, standing: published}\n        house:",
            "the source book is used nowhere", .warning),
    ]

    @Test("tells each kind of fault, with its place and what to do", arguments: cases)
    func fault(_ example: Case) throws {
        let faults = try Sample.faults(trimmed(example.change))
        let found = faults.filter { $0.kind == example.kind && $0.severity == example.severity }
            .first { "\($0.message) \($0.hint)".contains(example.words) }
        let fault = try #require(found, "found only: \(faults.map(\.description))")
        #expect(fault.line != nil || fault.kind == .layout)
        #expect(fault.description.hasPrefix(fault.file))
    }

    /// The files of the template stand at the margin; the cases are written as they look in its source.
    private func trimmed(_ change: Sample.Change) -> Sample.Change {
        guard change.file == Self.manifest else { return change }
        return Sample.Change(
            change.file, change.old.replacing("        ", with: "  "), change.new.replacing("        ", with: "  "))
    }

    @Test("finds codes that their code system lacks, in value sets and in forms")
    func codes() throws {
        let system = """
            resourceType: CodeSystem
            id: teas
            url: https://healthbrain.dev/fhir/CodeSystem/teas
            status: active
            content: complete
            concept: [{code: oolong, display: 乌龙}]

            """
        let set = """
            resourceType: ValueSet
            id: teas
            url: https://healthbrain.dev/fhir/ValueSet/teas
            status: active
            compose:
              include:
                - {system: "https://healthbrain.dev/fhir/CodeSystem/teas", concept: [{code: oolong}, {code: green}]}

            """
        let option = """

              - linkId: tea
                text: 茶
                type: choice
                answerOption:
                  - {valueCoding: {system: "https://healthbrain.dev/fhir/CodeSystem/teas", code: black}}

            """
        let faults = try Sample.faults(
            .init("codes/teas.yaml", "", system), .init("codes/tea-set.yaml", "", set), .init(Sample.form, "", option))
        #expect(faults.map(\.kind) == [.code, .code])
        #expect(faults.map(\.line) == [7, 33])
        #expect(faults.first?.message.contains("green") == true)
        #expect(faults.last?.message.contains("black") == true)
    }

    @Test("covers every kind of fault that it can find")
    func kinds() {
        let told = Set(Self.cases.map(\.kind))
        #expect(Set(ProgrammeFault.Kind.allCases).subtracting(told) == [.engine])
    }

    @Test("finds nothing in a new programme")
    func template() throws {
        #expect(try Sample.faults().map(\.description) == [])
    }

    @Test("names the file and the line of a fault inside a text of several lines")
    func lines() throws {
        let block = """
            expression: |
                    %record.ofType(QuestionnaireResponse)
                      .where(status = 'completed'
                        and questionnair.exists())
            """
        let old = """
            expression: >-
                    %record.ofType(QuestionnaireResponse).where(status = 'completed' and
                    questionnaire.startsWith('https://healthbrain.dev/fhir/Questionnaire/tea-club-check'))
            """
        let folder = try Sample.folder([.init(Sample.pathway, old, block)])
        let text = String(decoding: folder.files[Sample.pathway] ?? [], as: UTF8.self)
        let line = try #require(
            text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
                $0.contains("questionnair.exists")
            })
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        let fault = try #require(
            checker.faults(of: Programme.read(folder, checker.definitions).programme).first { $0.kind == .expression })
        #expect(fault.line == line + 1)
        #expect(fault.message.contains("questionnair"))
        #expect(fault.path == "PlanDefinition.extension[0].valueExpression.expression")
    }

    @Test("tells all faults of all files at once")
    func together() throws {
        let faults = try Sample.faults(
            .init("programme.yaml", "default: 65 a", "default: 5 a"),
            .init(Sample.pathway, "label: house", "label: horse"),
            .init(Sample.form, "%resource.item", "%resoruce.item"), .init(Sample.scenario, "stage: managed", "stage: x")
        )
        #expect(Set(faults.map(\.file)) == ["programme.yaml", Sample.pathway, Sample.form, Sample.scenario])
        #expect(faults == ProgrammeFault.sorted(faults))
    }

    @Test("comes to an end, and to the same one, whatever is in the files", arguments: 0..<80)
    func damaged(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        var files = try Sample.folder().files
        for path in files.keys.sorted() {
            var text = files[path] ?? []
            for _ in 0..<(1 + next(4)) {
                switch next(3) {
                case 0: text.remove(at: next(text.count))
                case 1: text.insert(Array("{}[]:-'\"#|>&*%\n \t\u{1}".utf8)[next(17)], at: next(text.count))
                default: text.swapAt(next(text.count), next(text.count))
                }
            }
            files[path] = text
        }
        let folder = ProgrammeFolder(name: Sample.id, files: files)
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        func faults() -> [ProgrammeFault] {
            let (programme, faults) = Programme.read(folder, checker.definitions)
            _ = ProgrammeExplanation.text(of: programme)
            return ProgrammeFault.sorted(faults + checker.faults(of: programme))
        }
        #expect(faults() == faults())
    }

    @Test("refuses to load a programme with errors, and loads one with warnings")
    func loading() throws {
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        #expect(throws: ProgrammeRefusal.self) {
            try Programme.load(try Sample.folder([.init(Sample.pathway, "label: house", "label: horse")]), checker)
        }
        let warned = try Sample.folder([.init(Sample.pathway, "\"%checkEvery\"", "\"%entryAge\"")])
        #expect(try Programme.load(warned, checker).id == Sample.id)
    }

    @Test("a folder without programme.yaml is refused")
    func empty() throws {
        let definitions = try Definitions.r4()
        let faults = Programme.read(ProgrammeFolder(name: "none", files: [:]), definitions).faults
        #expect(faults.map(\.kind) == [.layout])
        #expect(throws: ProgrammeFault.self) { try ProgrammeFolder(reading: URL(filePath: "/nowhere/at-all")) }
    }
}
