/// Why a view can't be read, compiled or run: every finding, each with its place.
public struct ViewError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One finding.
    public struct Finding: Sendable, Hashable {
        /// Where in the definition: `select[0].column[1].path`; of a run also which resource.
        public var place: String
        /// What is wrong and what is allowed, for a person.
        public var message: String
    }

    /// At least one.
    public var findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = findings
    }

    init(_ place: String, _ message: String) {
        findings = [Finding(place: place, message: message)]
    }

    /// The findings, one a line.
    public var description: String {
        findings.map { $0.place.isEmpty ? $0.message : "\($0.place): \($0.message)" }.joined(separator: "\n")
    }
}
