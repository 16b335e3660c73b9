import Foundation
import JSON
public import Syndromes

/// How the network of laboratories works: `laboratories.json`.
public struct LaboratoryRules: Sendable {
    /// Equipment or a test that a district's centre must have.
    public struct Item: Sendable, Hashable {
        /// Of the Device's type, or of the test.
        public let code: String
        /// Whether it is equipment; else a test.
        public let isEquipment: Bool
        /// In Chinese.
        public let nameZh: String
        /// In English.
        public let nameEn: String
    }

    /// From the request to the result, in hours, by the request's priority.
    public let turnAroundHours: [String: Int]
    /// The least score of an external assessment that passes, in percent.
    public let assessmentPass: Double
    /// The test that a surge is about.
    public let surgeTest: LaboratoryTest
    /// What a surge is planned with, where nothing else is asked.
    public let surge: SurgePlan.Question
    /// What each district's centre must have.
    public let classA: [Item]
    /// The share of it that is aimed at, in percent.
    public let classATarget: Double

    /// Those of the house.
    /// - Throws: ``DefinitionFault`` with file, place and hint.
    public init() throws(DefinitionFault) {
        try self.init(DefinitionFile(house: "laboratories.json", in: Bundle.module))
    }

    /// Those of a file's bytes.
    public init(_ bytes: [UInt8]) throws(DefinitionFault) {
        try self.init(DefinitionFile("laboratories.json", bytes))
    }

    private init(_ file: DefinitionFile) throws(DefinitionFault) {
        let root = file.root
        func object(_ key: JSONKey, in node: JSONNode, _ path: String) throws(DefinitionFault) -> JSONNode {
            guard let found = node[key], found.isObject else { throw file.fault(path, "\(key.string) is missing") }
            return found
        }
        let hours = try object("turnAroundHours", in: root, "$")
        var turnAround: [String: Int] = [:]
        for priority in ["stat", "asap", "urgent", "routine"] {
            turnAround[priority] = try file.number(hours, JSONKey(priority), "turnAroundHours")
        }
        turnAroundHours = turnAround
        let pass = root["assessmentPass"]?.double ?? 0
        guard pass > 0, pass <= 100 else { throw file.fault("assessmentPass", "must lie above 0 and up to 100") }
        assessmentPass = pass
        let surge = try object("surge", in: root, "$")
        let test = try object("test", in: surge, "surge")
        surgeTest = LaboratoryTest(
            system: try file.required(test, "system", "surge.test"),
            code: try file.required(test, "code", "surge.test"), name: try file.required(test, "zh", "surge.test"),
            nameEn: try file.required(test, "en", "surge.test"))
        var question = SurgePlan.Question()
        for (key, path) in SurgePlan.Question.fields {
            guard let value = surge[JSONKey(key)]?.double, value.isFinite else {
                throw file.fault("surge.\(key)", "must be a number")
            }
            question[keyPath: path] = value
        }
        if let problem = question.problems.first { throw file.fault("surge.\(problem)", "is out of its bounds") }
        self.surge = question
        let group = try object("classA", in: root, "$")
        classATarget = try Double(file.number(group, "target", "classA"))
        var items: [Item] = []
        for (index, node) in group.list("items").enumerated() {
            let path = "classA.items[\(index)]"
            let kind = try file.required(node, "kind", path)
            guard ["equipment", "test"].contains(kind) else {
                throw file.fault("\(path).kind", "must be equipment or test")
            }
            items.append(
                Item(
                    code: try file.required(node, "code", path), isEquipment: kind == "equipment",
                    nameZh: try file.required(node, "zh", path), nameEn: try file.required(node, "en", path)))
        }
        guard !items.isEmpty else { throw file.fault("classA.items", "names nothing") }
        classA = items
    }

    /// How long a result may take, in milliseconds; of a priority that isn't known as long as routine.
    public func turnAround(_ priority: String) -> Int64 {
        Int64(turnAroundHours[priority] ?? turnAroundHours["routine"] ?? 24) * 3_600_000
    }
}
