import Foundation
import JSON
public import Syndromes

/// How contacts are watched, as data: `contacts.json`.
public struct ContactRules: Sendable {
    /// In which way somebody was exposed.
    public struct Kind: Sendable, Hashable, Identifiable {
        /// Such as `household`.
        public let id: String
        /// In Chinese.
        public let zh: String
        /// In English.
        public let en: String
    }

    /// Ways of exposure, in the order of the form.
    public let kinds: [Kind]
    /// Days of observation after the last exposure for what has no figure of its own.
    public let standardDays: Int
    /// Hours within which somebody who was named is to be found.
    public let locateHours: Int
    /// Where all of it comes from, in Chinese and in English.
    public let source: (zh: String, en: String)
    private let days: [String: Int]

    /// More days than these nobody is watched.
    public static let daysMax = 90

    /// The rules of the house.
    /// - Throws: `DefinitionFault` for the first thing that is wrong with them.
    public init() throws(DefinitionFault) { try self.init(DefinitionFile(house: "contacts.json", in: .module)) }

    /// Rules given as a file of the same form.
    public init(_ bytes: [UInt8]) throws(DefinitionFault) { try self.init(DefinitionFile("contacts.json", bytes)) }

    private init(_ file: DefinitionFile) throws(DefinitionFault) {
        guard let told = file.root["source"] else { throw file.fault("source", "is missing; give zh and en") }
        source = (try file.required(told, "zh", "source"), try file.required(told, "en", "source"))
        standardDays = try file.number(file.root, "standardDays", "$")
        locateHours = try file.number(file.root, "locateHours", "$")
        var kinds: [Kind] = []
        for (index, node) in file.root.list("kinds").enumerated() {
            let path = "kinds[\(index)]"
            let kind = Kind(
                id: try file.required(node, "id", path), zh: try file.required(node, "zh", path),
                en: try file.required(node, "en", path))
            if kinds.contains(where: { $0.id == kind.id }) { throw file.fault(path, "\(kind.id) stands there twice") }
            kinds.append(kind)
        }
        guard !kinds.isEmpty else { throw file.fault("kinds", "is empty; name at least one way of exposure") }
        self.kinds = kinds
        var days: [String: Int] = [:]
        for (key, value) in file.root["days"].map({ Array($0.members) }) ?? [] {
            guard let id = key.string, let number = value.integer, (1...Self.daysMax).contains(number) else {
                throw file.fault("days", "must be whole numbers from 1 to \(Self.daysMax) by condition")
            }
            days[id] = number
        }
        self.days = days
    }

    /// Days of observation after the last exposure to a condition.
    public func days(_ condition: WatchedCondition) -> Int { days[condition.id] ?? standardDays }

    /// A way of exposure by its id.
    public func kind(_ id: String) -> Kind? { kinds.first { $0.id == id } }
}
