public import FHIR
import Foundation
public import HL7v2
public import JSON
public import Terminology

/// Mappings from HL7 v2 to FHIR R4 as data, checked and ready: those of everybody, and those of senders that do it differently.
public final class Mapping: Sendable {
    let common: CompiledMapping
    /// Those of senders, in the order in which they are asked.
    private let mappings: [CompiledMapping]
    private let senders: SenderIndex
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
        self.senders = SenderIndex(senders.map(\.conditions))
        mappings = senders.map(\.mapping)
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
        guard let message = item.message, let header = item.header else {
            return Outcome(bundle: nil, faults: item.faults, unmappedCodes: [], mapping: nil, sender: nil)
        }
        var outcome = convert(message, header, received: received)
        outcome.faults = item.faults + outcome.faults
        if outcome.faults.refuses {
            outcome.bundle = nil
            outcome.resources = []
        }
        return outcome
    }

    private func convert(_ message: Message, _ header: MessageHeader, received: String) -> Outcome {
        let mapping = mapping(of: message)
        var outcome = Outcome(bundle: nil, faults: [], unmappedCodes: [], mapping: nil, sender: mapping.sender)
        outcome.header = header
        outcome.time = MessageTime(message, zone: mapping.zone)
        guard let type = header.type else { return outcome }
        let messages = mapping.program.messages
        guard let (plan, operations) = messages[header.kind] ?? messages[type] else {
            outcome.faults = [Self.unmapped(type, header, mapping)]
            return outcome
        }
        outcome.mapping = plan.name
        outcome.faults = Self.missing(plan, message, header)
        if outcome.faults.refuses { return outcome }
        message.bytes.withUnsafeBufferPointer { text in
            withUnsafePointer(to: operations.root) { root in
                var run = MessageRun(mapping, message, header, received, text, root)
                let isTaken = run.run()
                outcome.faults = run.faults
                outcome.unmappedCodes = run.unmapped
                outcome.patients = run.patients()
                if isTaken {
                    outcome.bundle = run.bundle()
                    outcome.resources = run.resources()
                }
            }
        }
        return outcome
    }

    /// What can be told before a message is mapped: no mapping is there for its type, or it lacks segments that its type needs.
    public func faults(before message: Message, _ header: MessageHeader) -> [Fault] {
        guard let type = header.type else { return [] }
        let mapping = mapping(of: message)
        guard let (plan, _) = mapping.program.messages[header.kind] ?? mapping.program.messages[type] else {
            return [Self.unmapped(type, header, mapping)]
        }
        return Self.missing(plan, message, header)
    }

    private static func unmapped(_ type: String, _ header: MessageHeader, _ mapping: CompiledMapping) -> Fault {
        let isKnownType = mapping.program.messages.keys.contains { $0.hasPrefix("\(type)^") }
        return Fault(
            .error, isKnownType ? .unsupportedEventCode : .unsupportedMessageType, Fault.Place("MSH", field: 9),
            "no mapping is there for \(header.kind.prefix(40))", hint: "add a message file that names the event")
    }

    private static func missing(_ plan: MessagePlan, _ message: Message, _ header: MessageHeader) -> [Fault] {
        plan.required.filter { message.firstSegment($0) == nil }.map { name in
            Fault(
                .error, .segmentSequence, Fault.Place(name.description), "\(header.kind) needs the segment \(name)",
                hint: "send \(name)")
        }
    }

    /// The maps of a message's sender.
    func mapping(of message: Message) -> CompiledMapping {
        senders.first(for: message).map { mappings[$0] } ?? common
    }

    /// The elements of a type that is mapped, in the order of R4: `identifier`, `period.start`, `period.end`, `period`.
    public func elements(of type: String) -> [String] { common.plan.orders[type] ?? [] }

    /// The kinds of tables that everybody's files describe.
    public var sheets: [String] { common.plan.sheets.map(\.name) }

    /// The character set to assume of senders that name none; the first that a sender file gives whose conditions can't be
    /// known before decoding is left to the connection.
    public func charset(ofSender name: String) -> Charset? {
        mappings.first { $0.sender == name }?.charset
    }
}
