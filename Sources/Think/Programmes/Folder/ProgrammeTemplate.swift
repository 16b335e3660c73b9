/// A small programme to begin with: it passes the check, and each of its files shows one thing.
public enum ProgrammeTemplate {
    /// The folder of a new programme.
    ///
    /// - Parameters:
    ///   - id: its name: words of a–z and 0–9 with hyphens between; at most 40 characters.
    ///   - chinese: its title in Chinese.
    ///   - english: its title in English.
    /// - Throws: a fault when the id has another form.
    public static func folder(
        id: String, chinese: String = "新项目", english: String = "New programme"
    ) throws(ProgrammeFault) -> ProgrammeFolder {
        guard ManifestReader.isKebab(id), id.utf8.count <= 40 else {
            throw ProgrammeFault(
                .name, file: "programme.yaml", path: "id",
                "\(id) is no name for a programme: words of a–z and 0–9 with hyphens between, at most 40 characters")
        }
        func filled(_ text: String) -> [UInt8] {
            Array(
                text.replacing("$id", with: id).replacing("$zh", with: quoted(chinese))
                    .replacing("$en", with: quoted(english)).utf8)
        }
        return ProgrammeFolder(
            name: id,
            files: [
                "programme.yaml": filled(manifest), "pathways/\(id).yaml": filled(pathway),
                "questionnaires/\(id)-check.yaml": filled(questionnaire), "scenarios/first-year.yaml": filled(scenario),
            ])
    }

    /// A text in quotes, as YAML and JSON both read it.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ") + "\""
    }

    private static let manifest = """
        # What the programme is, who does its work, and the numbers that a city may set. Docs/programmes.md explains each line.
        id: $id
        version: "1"
        status: draft
        title: {zh: $zh, en: $en}
        purpose:
          zh: 示例：到龄的居民每年评估一次，谁来做、何时做、没做怎么办都写明。
          en: "An example: residents of an age are assessed once a year; who does it, until when, and what follows if not."
        systems: []
        sources:
          house: {title: 本平台默认, standing: ours}
        roles:
          family-doctor: {title: {zh: 家庭医生, en: family doctor}, reach: general-practitioner}
          centre: {title: {zh: 社区卫生服务中心, en: community health centre}, reach: managing-organization}
          authority: {title: {zh: 区卫生健康局, en: district health authority}, reach: district-authority}
        parameters:
          entryAge:
            {title: {zh: 进入年龄, en: age of entry}, type: duration, default: 65 a, min: 18 a, max: 100 a, source: house}
          checkEvery:
            {title: {zh: 评估间隔, en: interval of assessments}, type: duration, default: 12 mo, source: house}
        escalation:
          - {after: 7 d, kind: reminder, to: family-doctor, source: house}
          - {after: 14 d, kind: prompt, to: centre, source: house}
          - {after: 30 d, kind: supervision, to: authority, source: house}

        """

    private static let pathway = """
        # A pathway: a FHIR PlanDefinition in YAML. Each action says its part: entry, stage, activity, milestone, leave.
        resourceType: PlanDefinition
        id: $id
        url: https://healthbrain.dev/fhir/PlanDefinition/$id
        version: "1"
        title: $zh
        _title:
          extension:
            - url: http://hl7.org/fhir/StructureDefinition/translation
              extension:
                - {url: lang, valueCode: en}
                - {url: content, valueString: $en}
        status: draft
        extension:
          - url: http://hl7.org/fhir/StructureDefinition/variable
            valueExpression:
              name: checks
              description: 已完成的评估
              language: text/fhirpath
              expression: >-
                %record.ofType(QuestionnaireResponse).where(status = 'completed' and
                questionnaire.startsWith('https://healthbrain.dev/fhir/Questionnaire/$id-check'))
        action:
          - id: come-of-age
            title: 到龄进入
            description: 达到进入年龄之日自动进入
            code: [{coding: [{system: "https://healthbrain.dev/fhir/CodeSystem/pathway-part", code: entry}]}]
            documentation: [{type: justification, label: house}]
            requiredBehavior: must
            trigger:
              - type: named-event
                name: birth
                data: [{type: Patient}]
                condition: {description: 出生日期, language: text/fhirpath, expression: birthDate}
            timingDuration:
              extension:
                - url: http://hl7.org/fhir/StructureDefinition/cqf-expression
                  valueExpression: {language: text/fhirpath, expression: "%entryAge"}
          - id: managed
            title: 管理中
            code: [{coding: [{system: "https://healthbrain.dev/fhir/CodeSystem/pathway-part", code: stage}]}]
            action:
              - id: yearly-check
                title: 年度评估
                description: 进入后及每次评估后，在评估间隔内再评估一次
                code: [{coding: [{system: "https://healthbrain.dev/fhir/CodeSystem/pathway-part", code: activity}]}]
                documentation: [{type: justification, label: house}]
                trigger:
                  - type: named-event
                    name: last-check
                    data: [{type: QuestionnaireResponse}]
                    condition: {description: 进入或上次评估, language: text/fhirpath, expression: "%entered | %checks"}
                timingDuration:
                  extension:
                    - url: http://hl7.org/fhir/StructureDefinition/cqf-expression
                      valueExpression: {language: text/fhirpath, expression: "%checkEvery"}
                participant: [{type: practitioner, role: {coding: [{code: family-doctor}]}}]
                definitionCanonical: https://healthbrain.dev/fhir/Questionnaire/$id-check
          - id: checked
            title: 已评估
            code: [{coding: [{system: "https://healthbrain.dev/fhir/CodeSystem/pathway-part", code: milestone}]}]
            condition:
              - kind: applicability
                expression: {description: 有已完成的评估, language: text/fhirpath, expression: "%checks.exists()"}
          - id: died
            title: 死亡退出
            code: [{coding: [{system: "https://healthbrain.dev/fhir/CodeSystem/pathway-part", code: leave}]}]
            reason: [{coding: [{system: "https://healthbrain.dev/fhir/CodeSystem/leave-reason", code: death, display: 死亡}]}]
            documentation: [{type: justification, label: house}]
            trigger:
              - type: named-event
                name: death
                data: [{type: Patient}]
                condition: {description: 死亡日期, language: text/fhirpath, expression: deceased.ofType(dateTime)}

        """

    private static let questionnaire = """
        # A form: a FHIR Questionnaire in YAML, with the extensions of SDC for scores and computed answers.
        resourceType: Questionnaire
        id: $id-check
        url: https://healthbrain.dev/fhir/Questionnaire/$id-check
        version: "1"
        title: 年度评估
        status: draft
        subjectType: [Patient]
        item:
          - linkId: sleep
            text: 睡眠（0 好，1 一般，2 差）
            type: integer
            required: true
          - linkId: mood
            text: 情绪（0 好，1 一般，2 差）
            type: integer
            required: true
          - linkId: total
            text: 总分
            type: integer
            readOnly: true
            extension:
              - url: http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression
                valueExpression:
                  description: 睡眠与情绪之和
                  language: text/fhirpath
                  expression: "%resource.item.where(linkId = 'sleep' or linkId = 'mood').answer.value.aggregate($this + $total, 0)"

        """

    private static let scenario = """
        # A story: what happens, and what must then be so. “healthbrain scenario run” lives through it.
        title: {zh: 第一年, en: The first year}
        pathway: $id
        city: "330110"
        person: {name: 王建国, birthDate: 1961-03-02, gender: male}
        steps:
          - on: 2026-03-02
            expect:
              - {enrolled: true}
              - {stage: managed}
              - {task: yearly-check, state: open, due: 2027-03-02, owner: family-doctor}
          - on: 2026-06-01
            given:
              - answer: {questionnaire: $id-check, items: {sleep: 1, mood: 0}}
            expect:
              - {milestone: checked, is: true}

        """
}
