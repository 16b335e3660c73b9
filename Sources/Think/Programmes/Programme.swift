import JSON
public import Series

/// A programme: a folder of definitions that runs on the engines.
///
/// ```swift
/// let folder = try ProgrammeFolder(reading: URL(filePath: "Programmes/basic-public-health-services"))
/// let programme = try Programme.load(folder, ProgrammeChecker(definitions: .r4()))
/// let goal = programme.parameter("systolicGoal")?.inForce(in: "330110", on: "2026-03-02").value
/// ```
public struct Programme: Sendable {
    /// Whether it is in use.
    public enum Status: String, Sendable, CaseIterable {
        /// Being written; engines don't run it.
        case draft
        /// In use.
        case active
        /// No longer in use.
        case retired
    }

    /// What the canonical URLs of the house begin with.
    public static let canonicalBase = "https://healthbrain.dev/fhir"

    /// The name, which is also the folder's.
    public internal(set) var id = ""
    /// The version of the whole.
    public internal(set) var version = ""
    /// Whether it is in use.
    public internal(set) var status = Status.draft
    /// What people call it.
    public internal(set) var title = ProgrammeText(zh: "", en: "")
    /// What it is for.
    public internal(set) var purpose = ProgrammeText(zh: "", en: "")
    /// The systems of the catalogue that it serves.
    public internal(set) var systems: [String] = []
    /// Where its rules come from, in the order of the file.
    public internal(set) var sources: [ProgrammeSource] = []
    /// Who owns its tasks, in the order of the file.
    public internal(set) var roles: [ProgrammeRole] = []
    /// The numbers, times and codes of its rules, in the order of the file.
    public internal(set) var parameters: [ProgrammeParameter] = []
    /// What happens when work stays undone, soonest first; for every activity that has none of its own.
    public internal(set) var escalation: [EscalationStep] = []
    /// The rules by which doses are asked for, of `series/`; nil where there are none.
    public internal(set) var doses: DoseBook?
    /// What the files of `series/` name, of sources and parameters.
    var namedBySeries: (sources: Set<String>, parameters: Set<String>) = ([], [])
    /// `programme.yaml`; nil when it is missing or can't be read.
    public internal(set) var manifest: ProgrammeFile?
    /// All other files that could be read, by path.
    public internal(set) var files: [ProgrammeFile] = []

    /// The paths of files that could not be read, which a fault tells of.
    public internal(set) var unreadable: [String] = []

    /// Whether a file of a kind could not be read, so that a name that leads to nothing may be that file's.
    func isIncomplete(_ kind: ProgrammeFile.Kind) -> Bool {
        unreadable.contains { $0.hasPrefix(kind.rawValue + "/") }
    }

    /// The files of a kind, by path.
    public func files(_ kind: ProgrammeFile.Kind) -> [ProgrammeFile] { files.filter { $0.kind == kind } }

    /// The parameter with a name.
    public func parameter(_ name: String) -> ProgrammeParameter? { parameters.first { $0.name == name } }

    /// The role with an id.
    public func role(_ id: String) -> ProgrammeRole? { roles.first { $0.id == id } }

    /// The source with an id.
    public func source(_ id: String) -> ProgrammeSource? { sources.first { $0.id == id } }

    /// The definition with a canonical URL, which may name a version.
    public func file(url: String) -> ProgrammeFile? {
        let (plain, version) = Canonicals.split(url)
        return files.first { file in
            file.url == plain && (version == nil || file.document.root["version"]?.string == version)
        }
    }
}

/// `url|version`.
enum Canonicals {
    static func split(_ canonical: String) -> (url: String, version: String?) {
        let parts = canonical.split(separator: "|", maxSplits: 1)
        return (parts.first.map(String.init) ?? "", parts.count > 1 ? String(parts[1]) : nil)
    }
}
