public import Access
import FHIR
import FHIRPath
import Foundation
import JSON

/// What a copy for research treats as quasi-identifiers, and what it leaves out: data, one file a profile.
public struct ResearchProfile: Sendable, Codable {
    /// A path of a Patient by which people who know somebody could find them again.
    public struct QuasiIdentifier: Sendable, Codable, Hashable {
        /// How values are made coarse, step by step.
        public enum Ladder: String, Sendable, Codable, CaseIterable {
            /// Of a birth date: years, bands of 5, 10 and 20 years, anything; from 90 on one band.
            case age
            /// Of a code of GB/T 2260: district, city, province, anything.
            case division
            /// The value, anything.
            case plain
        }

        /// Its name.
        public let name: String
        /// The same in Chinese.
        public let zh: String
        /// A FHIRPath expression on a Patient; of several values the first counts.
        public let path: String
        /// How it is made coarse.
        public let ladder: Ladder
        /// Where it stands in the copy.
        public let place: GeneralisedPerson.Place
        /// The finest step of the ladder that may leave.
        public let finest: Int
        /// The coarsest step that it may become, where a study is worth nothing without it; nil for the last.
        public let coarsest: Int?
    }

    /// Codes that say of a resource that it holds a quasi-identifier itself.
    public struct Codes: Sendable, Codable, Hashable {
        /// The code system.
        public let system: String
        /// The codes.
        public let codes: [String]
        /// What they are.
        public let reason: String
    }

    /// The profile's id.
    public let id: String
    /// Its version; results name both.
    public let version: String
    /// What it is for.
    public let title: String
    /// The same in Chinese.
    public let titleZh: String
    /// `draft`, `active` or `retired`.
    public let status: String
    /// Where its rules are from.
    public let source: String
    /// The share of persons that may be left out so that the rest stays finer, from 0 to 1.
    public let suppressionMax: Double
    /// By how many days times are moved at most.
    public let shiftDaysMax: Int
    /// The quasi-identifiers.
    public let quasiIdentifiers: [QuasiIdentifier]
    /// Resource types that are never in a copy.
    public let typesLeftOut: [String]
    /// Resources that are never in a copy, by their code.
    public let codesLeftOut: [Codes]

    /// A profile that can't be used.
    public struct Malformed: Error, CustomStringConvertible {
        /// What is wrong, and where.
        public let description: String
    }

    /// The profile that comes with the program.
    public static func city() throws -> ResearchProfile {
        guard
            let url = Bundle.module.url(
                forResource: "research-profile", withExtension: "json", subdirectory: "Resources"),
            let data = FileManager.default.contents(atPath: url.path)
        else { throw Malformed(description: "research-profile.json is missing from the program") }
        return try ResearchProfile(json: Array(data))
    }

    /// Reads a profile.
    /// - Throws: ``Malformed``.
    public init(json: [UInt8]) throws {
        do { self = try JSONDecoder().decode(ResearchProfile.self, from: Data(json)) } catch {
            throw Malformed(description: "the profile can't be read: \(error)")
        }
        let names = quasiIdentifiers.map(\.name)
        guard !names.isEmpty, Set(names).count == names.count else {
            throw Malformed(description: "quasiIdentifiers: each needs a name of its own")
        }
        for one in quasiIdentifiers where !(0..<one.ladder.steps).contains(one.finest) {
            throw Malformed(description: "quasiIdentifiers.\(one.name).finest: 0 to \(one.ladder.steps - 1)")
        }
        for one in quasiIdentifiers
        where !(one.finest..<one.ladder.steps).contains(one.coarsest ?? one.ladder.steps - 1) {
            throw Malformed(description: "quasiIdentifiers.\(one.name).coarsest: \(one.finest) or more")
        }
        guard (0...1).contains(suppressionMax), (1...366).contains(shiftDaysMax) else {
            throw Malformed(description: "suppressionMax is from 0 to 1, shiftDaysMax from 1 to 366")
        }
    }

    /// Whether a resource is left out by its code.
    func leavesOut(_ resource: JSONNode) -> Bool {
        for key in ["code", "type"] as [JSONKey] {
            for coding in resource[key]?["coding"].map({ Array($0.elements) }) ?? [] {
                guard let code = coding["code"]?.string, let system = coding["system"]?.string else { continue }
                if codesLeftOut.contains(where: { $0.system == system && $0.codes.contains(code) }) { return true }
            }
        }
        return false
    }
}

extension ResearchProfile.QuasiIdentifier.Ladder {
    /// How many steps there are.
    var steps: Int {
        switch self {
        case .age: 5
        case .division: 4
        case .plain: 2
        }
    }

    /// The ladder of a value, finest first.
    func ladder(of value: String?, at now: Int64) -> [String] {
        switch self {
        case .age: KAnonymity.ageLadder(born: value ?? "", at: now)
        case .division: KAnonymity.placeLadder(value.flatMap { Division($0) })
        case .plain: KAnonymity.plainLadder(value ?? GeneralisedPerson.unknown)
        }
    }
}

/// The quasi-identifiers of a profile, compiled.
struct QuasiIdentifiers: Sendable {
    let columns: [ResearchProfile.QuasiIdentifier]
    private let paths: [FHIRPathExpression]

    /// - Throws: ``ResearchProfile/Malformed`` with the path that can't be read.
    init(_ profile: ResearchProfile, _ definitions: Definitions) throws {
        columns = profile.quasiIdentifiers
        paths = try columns.map { column in
            do {
                return try FHIRPathExpression(
                    column.path, definitions: definitions, options: FHIRPathOptions(contextType: "Patient"))
            } catch {
                throw ResearchProfile.Malformed(description: "quasiIdentifiers.\(column.name).path: \(error)")
            }
        }
    }

    var floors: [Int] { columns.map(\.finest) }
    var ceilings: [Int] { columns.map { $0.coarsest ?? $0.ladder.steps - 1 } }

    /// The ladders of a Patient.
    func ladders(of patient: JSONNode, at now: Int64) throws -> [[String]] {
        try zip(columns, paths).map { column, path in
            let value = try path.evaluate(on: patient).first
            return column.ladder.ladder(of: value.flatMap(Self.text), at: now)
        }
    }

    private static func text(_ value: FHIRPathValue) -> String? {
        switch value.system {
        case .string(let text): text
        case .boolean(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .date(let date), .dateTime(let date): date.text
        default: nil
        }
    }

    /// What a Patient of the copy tells.
    func person(_ values: [String]) -> GeneralisedPerson {
        GeneralisedPerson(
            values: zip(columns, values).map { .init(name: $0.name, place: $0.place, text: $1) })
    }
}
