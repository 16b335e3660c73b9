public import JSON

/// A file of a programme, read: the document that it says, and where in the text each part stands.
public struct ProgrammeFile: Sendable {
    /// What belongs into a folder of a programme.
    public enum Kind: String, Sendable, CaseIterable {
        /// `programme.yaml` itself.
        case manifest
        /// `pathways/`: PlanDefinition.
        case pathways
        /// `questionnaires/`: Questionnaire.
        case questionnaires
        /// `codes/`: CodeSystem, ValueSet, ConceptMap.
        case codes
        /// `series/`: products and series of doses.
        case series
        /// `measures/`: Measure and Library.
        case measures
        /// `views/`: ViewDefinition of SQL on FHIR.
        case views
        /// `scenarios/`: stories.
        case scenarios

        /// The types of the resources; empty where the files are no FHIR resources.
        public var resourceTypes: [String] {
            switch self {
            case .manifest, .series, .scenarios, .views: []
            case .pathways: ["PlanDefinition"]
            case .questionnaires: ["Questionnaire"]
            case .codes: ["CodeSystem", "ValueSet", "ConceptMap"]
            case .measures: ["Measure", "Library"]
            }
        }
    }

    /// The path inside the programme's folder: `pathways/hypertension.yaml`.
    public let path: String
    /// What it is.
    public let kind: Kind
    /// What it says, as JSON.
    public let document: JSONDocument
    let lines: LineTable

    init(path: String, kind: Kind, document: JSONDocument, lines: LineTable) {
        self.path = path
        self.kind = kind
        self.document = document
        self.lines = lines
    }

    /// `resourceType`, where the file is a resource.
    public var resourceType: String? { document.root["resourceType"]?.string }
    /// The canonical URL, where the file is a definition.
    public var url: String? { document.root["url"]?.string }
    /// The resource's own id.
    public var id: String? { document.root["id"]?.string }

    /// The line on which a part of the document stands, counted from one.
    ///
    /// - Parameters:
    ///   - node: a part of ``document``.
    ///   - row: a line inside a text of several lines, counted from one.
    public func line(of node: JSONNode, row: Int = 1) -> Int? { lines.line(at: node.range.lowerBound, row: row) }

    /// The line on which a byte of the document's JSON text stands.
    public func line(atByte offset: Int) -> Int? { lines.line(at: offset, row: 1) }

    /// A fault in this file.
    ///
    /// - Parameters:
    ///   - kind: what kind of fault it is.
    ///   - path: where in the document, as FHIRPath.
    ///   - node: the part of ``document`` that it concerns.
    ///   - row: the line inside a text of several lines.
    ///   - message: what is wrong.
    ///   - hint: what to do about it.
    ///   - severity: whether the programme can be used.
    public func fault(
        _ kind: ProgrammeFault.Kind, _ path: String, at node: JSONNode?, row: Int = 1, _ message: String,
        hint: String = "", severity: ProgrammeFault.Severity = .error
    ) -> ProgrammeFault {
        ProgrammeFault(
            kind, file: self.path, line: node.flatMap { line(of: $0, row: row) }, path: path, message, hint: hint,
            severity: severity)
    }
}

/// Which line of a YAML text each value of the JSON that was made from it comes from.
struct LineTable: Sendable {
    struct Entry: Sendable {
        /// Where the value begins in the JSON.
        let offset: Int
        /// The line of the YAML, counted from one.
        let line: Int
        /// Whether it is a block text, which begins on the line below its sign.
        let isBlock: Bool
    }

    private(set) var entries: [Entry] = []

    mutating func note(offset: Int, line: Int?, isBlock: Bool = false) {
        guard let line else { return }
        entries.append(Entry(offset: offset, line: line, isBlock: isBlock))
    }

    /// The line of the last value that begins at a byte or before it.
    func line(at offset: Int, row: Int) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return entries.first?.line }
        let entry = entries[low - 1]
        return entry.isBlock ? entry.line + row : entry.line
    }
}
