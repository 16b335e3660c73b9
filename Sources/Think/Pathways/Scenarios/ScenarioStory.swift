public import Calendar
public import JSON
public import Programmes

/// A story that a programme must live through: who, what happens when, and how things must then stand.
public struct ScenarioStory: Sendable {
    /// A day, or a moment, of the story.
    public struct Step: Sendable {
        /// When.
        public let at: Moment
        let given: [JSONNode]
        let answers: [JSONNode]
        let expected: [JSONNode]

        /// The instant at which it is lived: of a day nine in the morning.
        public var milliseconds: Int64 { at.isDay ? at.milliseconds + 9 * 3_600_000 : at.milliseconds }
    }

    /// The programme's id.
    public let programme: String
    /// The path of the file in the programme's folder.
    public let path: String
    /// What it tells.
    public let title: Words
    /// The id of the pathway in question.
    public let pathway: String
    /// The ids of other programmes that are followed beside it.
    public let programmes: [String]
    /// The GB/T 2260 code of the district.
    public let city: String
    /// Since when the programme is followed; nil: since before the story.
    public let following: CivilDay?
    /// The steps, in order.
    public let steps: [Step]
    let person: JSONNode

    /// Why a story can't be lived.
    public struct Fault: Error, Sendable, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    /// Reads a story.
    ///
    /// - Parameters:
    ///   - programme: the programme's id.
    ///   - path: the path of its file.
    public init(_ root: JSONNode, programme: String, path: String) throws(Fault) {
        func fault(_ text: String) -> Fault { Fault(description: "\(programme)/\(path): \(text)") }
        self.programme = programme
        self.path = path
        title = Words(zh: root["title"]?["zh"]?.string ?? path, en: root["title"]?["en"]?.string)
        guard let pathway = root["pathway"]?.string else { throw fault("pathway is missing") }
        guard let person = root["person"], person.isObject else { throw fault("person is missing") }
        self.pathway = pathway
        self.person = person
        city = root["city"]?.string ?? root["city"]?.numberText ?? "330100"
        programmes = root.list("programmes").compactMap(\.string)
        following = root["following"]?.string.flatMap { CivilDay($0) }
        if root["following"] != nil, following == nil { throw fault("following is no day") }
        var steps: [Step] = []
        for (index, node) in root.list("steps").enumerated() {
            guard let at = node["on"]?.string.flatMap({ Moment($0) }) else {
                throw fault("steps[\(index)].on is no date or dateTime")
            }
            let step = Step(
                at: at, given: node.list("given"), answers: node.list("answer"), expected: node.list("expect"))
            if let last = steps.last, step.milliseconds < last.milliseconds {
                throw fault("steps[\(index)] lies before the step above it")
            }
            steps.append(step)
        }
        self.steps = steps
    }

    /// The stories of a programme.
    public static func all(_ programme: Programme) throws(Fault) -> [ScenarioStory] {
        var found: [ScenarioStory] = []
        for file in programme.files(.scenarios) {
            found.append(try ScenarioStory(file.document.root, programme: programme.id, path: file.path))
        }
        return found
    }
}
