import HL7v2

/// What became of the rows of a table: bundles, and what people should know.
public struct TableReport: Sendable {
    /// What was found out of the file's form.
    public private(set) var form: DelimitedText.Form
    /// The table; nil where its columns aren't those of a sheet.
    public private(set) var table: Table?
    /// The bundles of the rows that were taken, in order.
    public private(set) var bundles: [[UInt8]] = []
    /// What was found, one line each: file, line, severity, condition, place, what, hint.
    public private(set) var findings: [String] = []
    /// How many rows were refused; a file whose columns are refused counts as one.
    public private(set) var refusedCount = 0

    /// Converts the rows of a file.
    ///
    /// - Parameters:
    ///   - bytes: as they came.
    ///   - name: what findings and records call the file.
    ///   - sheet: the kind of table; nil: it is told by its columns.
    ///   - facility: the institution that it comes from.
    ///   - form: what a person has confirmed; nil: it is found out.
    ///   - received: the moment, an `instant` of FHIR.
    ///   - check: looks at a bundle and tells what is wrong with it, one line each; nil: nothing more is asked.
    public init(
        _ bytes: [UInt8], name: String, sheet: String?, facility: String, form: DelimitedText.Form? = nil,
        mapping: Mapping, received: String, check: (([UInt8]) -> [String])? = nil
    ) {
        let text = DelimitedText(bytes, form: form)
        self.form = text.form
        let (table, faults) = mapping.table(sheet, header: text.header, facility: facility)
        findings = (text.faults + faults).map { "\(name): \($0)" }
        guard let table else {
            refusedCount = 1
            return
        }
        self.table = table
        for row in text.rows {
            let place = "\(name):\(row.line)"
            let outcome = mapping.convert(row, of: table, source: name, received: received)
            findings += outcome.faults.map { "\(place): \($0)" }
            findings += outcome.unmappedCodes.map { code in
                "\(place): information at \(code.place): the code '\(code.code)' isn't in \(code.table); add it to the table or map"
            }
            guard let bundle = outcome.bundle else {
                refusedCount += 1
                continue
            }
            bundles.append(bundle)
            findings += check?(bundle).map { "\(place): \($0)" } ?? []
        }
    }
}
