public import FHIR
import JSON

extension Programme {
    /// Reads a folder: every file that can be read is there, and every fault of form is told. Whether the parts fit
    /// together is ``ProgrammeChecker``'s question.
    public static func read(
        _ folder: ProgrammeFolder, _ definitions: Definitions
    ) -> (programme: Programme, faults: [ProgrammeFault]) {
        var faults: [ProgrammeFault] = []
        var files: [ProgrammeFile] = []
        var unreadable: [String] = []
        for path in folder.files.keys.sorted() {
            guard let kind = kind(of: path, &faults), let text = folder.files[path] else { continue }
            do throws(YAMLReader.Problem) {
                let (document, lines) = try YAMLReader.read(text, definitions)
                files.append(ProgrammeFile(path: path, kind: kind, document: document, lines: lines))
            } catch {
                faults.append(ProgrammeFault(.yaml, file: path, line: error.line, error.message))
                unreadable.append(path)
            }
        }
        var programme = Programme()
        programme.id = folder.name
        if let manifest = files.first(where: { $0.kind == .manifest }) {
            let (read, found) = ManifestReader.read(manifest, folder: folder.name)
            programme = read
            faults += found
        } else if folder.files["programme.yaml"] == nil {
            faults.append(
                ProgrammeFault(
                    .layout, file: "programme.yaml", "the file is missing",
                    hint: "“healthbrain programme new” makes a folder to begin with"))
        }
        programme.unreadable = unreadable
        programme.files = files.filter { $0.kind != .manifest }
        if let series = SeriesReader.read(programme) {
            programme.doses = series.book
            programme.namedBySeries = (series.sources, series.parameters)
            faults += series.faults
        }
        return (programme, faults)
    }

    /// Reads a folder and checks it whole.
    ///
    /// - Throws: every fault at once, when one of them is an error.
    public static func load(
        _ folder: ProgrammeFolder, _ checker: ProgrammeChecker
    ) throws(ProgrammeRefusal) -> Programme {
        let (programme, read) = read(folder, checker.definitions)
        let faults = ProgrammeFault.sorted(read + checker.faults(of: programme))
        guard !faults.contains(where: { $0.severity == .error }) else {
            throw ProgrammeRefusal(programme: folder.name, faults: faults)
        }
        return programme
    }

    private static func kind(of path: String, _ faults: inout [ProgrammeFault]) -> ProgrammeFile.Kind? {
        if path == "programme.yaml" { return .manifest }
        if path.hasSuffix(".md") { return nil }
        let parts = path.split(separator: "/").map(String.init)
        let known = ProgrammeFile.Kind.allCases.filter { $0 != .manifest }
        let folders = known.map(\.rawValue).joined(separator: ", ")
        guard parts.count == 2, let kind = known.first(where: { $0.rawValue == parts[0] }) else {
            faults.append(
                ProgrammeFault(
                    .layout, file: path, "no file of a programme lies here",
                    hint: "the folders are \(folders), with files directly in them"))
            return nil
        }
        guard path.hasSuffix(".yaml") else {
            faults.append(ProgrammeFault(.layout, file: path, "the file's name must end in .yaml"))
            return nil
        }
        return kind
    }
}
