import Access
import FHIR
import JSON
import Records

/// What came of an export.
struct ExportOutcome: Sendable {
    let moment: StoreMoment
    let files: [ExportJob.File]
    /// For the audit log: how much of what.
    let summary: String
}

/// Writes what somebody may see into files, a resource a line (<http://ndjson.org>).
struct ExportRun {
    let request: ExportRequest
    let walk: ExportWalk
    let store: RecordStore
    let definitions: Definitions
    let folder: ExportFolder
    let limits: ExportLimits
    let tell: @Sendable (String) -> Void

    func run() async throws -> ExportOutcome {
        var files: [ExportJob.File] = []
        var bytes = 0
        let finder = PersonFinder(store, definitions)
        let subset: ResourceSubset? = request.elements.isEmpty ? nil : .elements(request.elements)
        for (place, type) in request.types.enumerated() {
            tell("\(type), \(place + 1) of \(request.types.count) types")
            var lines = LineFiles(folder: folder, type: type, limits: limits)
            try await walk.each(type) { resource in
                // What only a copy for research may hold is never written as it is.
                guard resource.masking == .none, isInTime(resource.lastUpdated) else { return }
                let root = resource.document.root
                let isAnybodys = request.level == .system
                let persons = resource.persons ?? (isAnybodys ? [] : finder.persons(of: root) ?? [])
                guard admits(persons) else { return }
                try lines.add(subset?.json(of: root, definitions) ?? root.compactText(), persons)
                guard bytes + lines.bytes <= limits.jobBytesMax else { throw ExportFault.full }
            }
            let written = try lines.finish()
            bytes += written.reduce(0) { $0 + $1.bytes }
            files += written
        }
        let count = files.reduce(0) { $0 + $1.count }
        return ExportOutcome(
            moment: walk.moment, files: files, summary: "\(count) resources in \(files.count) files, \(bytes) bytes")
    }

    private func isInTime(_ changed: Int64) -> Bool {
        changed >= request.since ?? .min && changed <= request.until ?? .max
    }

    private func admits(_ persons: Set<String>) -> Bool {
        guard let patients = request.patients else { return request.level == .system || !persons.isEmpty }
        return !persons.isDisjoint(with: patients)
    }
}

/// The files of one type, each of a bounded number of lines, with a note beside each of whose records are in it.
struct LineFiles {
    let folder: ExportFolder
    let type: String
    let limits: ExportLimits
    private var current: ExportFile?
    private var count = 0
    private var persons: Set<String> = []
    private var files: [ExportJob.File] = []

    /// The ending of the name of the note of whose records are in a file.
    static let personsEnding = ".patients"

    init(folder: ExportFolder, type: String, limits: ExportLimits) {
        self.folder = folder
        self.type = type
        self.limits = limits
    }

    var bytes: Int { files.reduce(current?.bytes ?? 0) { $0 + $1.bytes } }

    private var name: String { "\(type).\(files.count + 1).ndjson" }

    mutating func add(_ line: [UInt8], _ about: Set<String>) throws {
        let file = try current ?? ExportFile(folder.path(of: name))
        current = file
        try file.write(line: line)
        count += 1
        persons.formUnion(about)
        if count >= limits.fileLinesMax { try end() }
    }

    mutating func finish() throws -> [ExportJob.File] {
        try end()
        return files
    }

    private mutating func end() throws {
        guard let file = current else { return }
        try file.close()
        let note = try ExportFile(folder.path(of: name + Self.personsEnding))
        for person in persons.sorted() { try note.write(line: Array(person.utf8)) }
        try note.close()
        files.append(ExportJob.File(name: name, type: type, count: count, bytes: file.bytes))
        (current, count, persons) = (nil, 0, [])
    }
}
