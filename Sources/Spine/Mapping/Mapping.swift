public import FHIR
import Foundation
public import HL7v2
public import JSON
public import Terminology

/// Mappings from HL7 v2 to FHIR R4 as data, checked and ready: those of everybody, and those of senders that do it differently.
public final class Mapping: Sendable {
    private let common: CompiledMapping
    private let senders: [(conditions: [ConditionSyntax], mapping: CompiledMapping)]
    /// The messages that the files give as examples.
    public let examples: [MappingExample]

    /// Compiles mapping files.
    ///
    /// - Parameters:
    ///   - files: all of them; a file with a `sender` statement holds for that sender only.
    ///   - conceptMaps: ConceptMap resources that senders name.
    ///   - terminology: knows the code systems of HL7 and FHIR, so that codes they lack aren't written as theirs.
    ///   - zone: the time zone of times that name none.
    /// - Throws: all that is wrong with the files, at once.
    public init(
        _ files: [MapText], conceptMaps: [JSONDocument] = [], definitions: Definitions,
        terminology: TerminologyService? = nil, zone: String = "+08:00"
    ) throws(MapFaults) {
        let codes = terminology.map { CodeJudge($0) }
        var reader = MapReader()
        let all = files.map { reader.read($0) }
        let shared = all.filter { $0.sender == nil }
        let tables = ConceptMapTables(conceptMaps)
        var compiler = MapCompiler(definitions)
        compiler.compile(shared)
        var faults = reader.faults + compiler.faults
        common = CompiledMapping(compiler.plan, sender: nil, zone: zone, tables, codes)
        var senders: [(conditions: [ConditionSyntax], mapping: CompiledMapping)] = []
        for file in all {
            guard let sender = file.sender else { continue }
            var compiler = MapCompiler(definitions)
            compiler.compile(shared + [file])
            faults += compiler.faults.filter { $0.file == file.name }
            for url in sender.translations.values where tables.table(url) == nil {
                faults.append(sender.line.fault("there is no ConceptMap \(url)", "give it beside the mapping files"))
            }
            senders.append(
                (sender.conditions, CompiledMapping(compiler.plan, sender: sender, zone: zone, tables, codes)))
        }
        self.senders = senders
        examples = all.flatMap { file in file.examples.map { MappingExample($0) } }
        guard faults.isEmpty else {
            throw MapFaults(faults: faults.sorted { ($0.file, $0.line) < ($1.file, $1.line) })
        }
    }

    /// The mappings of the house.
    ///
    /// - Parameter more: the files of senders, beside those of the house.
    public static func house(
        _ definitions: Definitions, terminology: TerminologyService? = nil, adding more: [MapText] = [],
        conceptMaps: [JSONDocument] = []
    ) throws -> Mapping {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Resources/maps").path
        return try Mapping(
            try files(in: folder) + more, conceptMaps: conceptMaps, definitions: definitions,
            terminology: terminology ?? .builtIn(definitions))
    }

    /// The mapping files (`.map`) of a folder and those below it, in the order of their names.
    public static func files(in folder: String) throws -> [MapText] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".map") }.sorted().map { name in
            MapText(name: name, text: try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
        }
    }

    /// The bundle of a message, and what is wrong with it.
    ///
    /// - Parameters:
    ///   - item: a message as it was read.
    ///   - received: the moment it was received, an `instant` of FHIR. It is used where a message doesn't say its own time.
    public func convert(_ item: Reading.Item, received: String) -> Outcome {
        guard let message = item.message else {
            return Outcome(bundle: nil, faults: item.faults, unmappedCodes: [], mapping: nil, sender: nil)
        }
        var outcome = convert(message, received: received)
        outcome.faults = item.faults + outcome.faults
        if outcome.faults.refuses {
            outcome.bundle = nil
            outcome.resources = []
        }
        return outcome
    }

    private func convert(_ message: Message, received: String) -> Outcome {
        let header = MessageHeader(message)
        let mapping = senders.first { $0.conditions.allSatisfy { $0.holds(for: message) } }?.mapping ?? common
        var outcome = Outcome(bundle: nil, faults: [], unmappedCodes: [], mapping: nil, sender: mapping.sender)
        outcome.header = header
        outcome.time = MessageTime(message, zone: mapping.zone)
        guard let type = header.type else { return outcome }
        guard let plan = mapping.plan.messages[header.kind] ?? mapping.plan.messages[type] else {
            let isKnownType = mapping.plan.messages.keys.contains { $0.hasPrefix("\(type)^") }
            outcome.faults = [
                Fault(
                    .error, isKnownType ? .unsupportedEventCode : .unsupportedMessageType,
                    Fault.Place("MSH", field: 9), "no mapping is there for \(header.kind.prefix(40))",
                    hint: "add a message file that names the event")
            ]
            return outcome
        }
        message.bytes.withUnsafeBufferPointer { text in
            let run = MessageRun(mapping, message, header, received, text)
            outcome.bundle = run.bundle(plan)
            outcome.faults = run.faults
            outcome.unmappedCodes = run.unmapped
            outcome.mapping = plan.name
            outcome.patients = run.patients
            if outcome.bundle != nil { outcome.resources = run.resources }
        }
        return outcome
    }

    /// The character set to assume of senders that name none; the first that a sender file gives whose conditions can't be
    /// known before decoding is left to the connection.
    public func charset(ofSender name: String) -> Charset? {
        senders.first { $0.mapping.sender == name }?.mapping.charset
    }
}

/// The maps that hold for one sender, or for all without a file of their own.
final class CompiledMapping: Sendable {
    let plan: MappingPlan
    let sender: String?
    let charset: Charset?
    let zone: [UInt8]
    let authorities: [String: String]
    let translations: [String: ConceptMapTables.Table]
    let codingSystems: TablePlan?
    let codes: CodeJudge?

    init(
        _ plan: MappingPlan, sender: SenderSyntax?, zone: String, _ tables: ConceptMapTables, _ codes: CodeJudge?
    ) {
        self.codes = codes
        self.plan = plan
        self.sender = sender?.name
        charset = sender?.charset.flatMap { Charset($0) }
        self.zone = Array((sender?.zone ?? zone).utf8)
        authorities = sender?.authorities ?? [:]
        translations = (sender?.translations ?? [:]).compactMapValues { tables.table($0) }
        codingSystems = plan.tables.first { $0.name == "CodingSystem" }
    }
}

extension ConditionSyntax {
    /// Whether a message comes from the sender: only fields of MSH are asked.
    func holds(for message: Message) -> Bool {
        guard case .field(let name, let field, let component, _)? = sources.first else { return false }
        let text = message.text(name, field, component: max(component, 1))
        let isTrue = values.isEmpty ? text != nil : text.map { values.contains($0) } ?? false
        return isTrue != isNegated
    }
}
