/// The 42 notifiable diseases (法定传染病) and the codes of ICD-10 that tell them.
///
/// The list is that of the national dictionary of 2026-06; which codes of ICD-10 belong to a disease is ours.
public enum NotifiableDiseases {
    /// The ids of the diseases that a code stands for: `NID-B-015`.
    public static func ids(system: String, code: String) -> Set<String> {
        guard ICD10.isSystem(system) else { return [] }
        return Set(table.filter { ICD10.code(code, isIn: $0.1) }.map(\.0))
    }

    /// The first code of ICD-10 of a disease, for what tells it without a code of its own, such as a positive test.
    public static func code(of id: String) -> String? { table.first { $0.0 == id }?.1.first?.lowerBound }

    private static let table: [(String, [ClosedRange<String>])] = [
        ("NID-A-001", ["A20"..."A20"]), ("NID-A-002", ["A00"..."A00"]), ("NID-B-001", ["U07.1"..."U07.2"]),
        ("NID-B-002", ["U04"..."U04"]), ("NID-B-003", ["B20"..."B24", "Z21"..."Z21"]),
        ("NID-B-004", ["B15"..."B17", "B18.0"..."B18.2", "B19"..."B19"]), ("NID-B-005", ["A80"..."A80"]),
        ("NID-B-006", ["J09"..."J09"]), ("NID-B-007", ["B05"..."B05"]), ("NID-B-008", ["A98.5"..."A98.5"]),
        ("NID-B-009", ["A82"..."A82"]), ("NID-B-010", ["A83.0"..."A83.0"]),
        ("NID-B-011", ["A90"..."A91", "A97"..."A97"]),
        ("NID-B-012", ["B04"..."B04"]), ("NID-B-013", ["A22"..."A22"]), ("NID-B-014", ["A03"..."A03", "A06"..."A06"]),
        ("NID-B-015", ["A15.0"..."A15.3", "A16.0"..."A16.2", "A16.7"..."A16.7"]), ("NID-B-016", ["A01"..."A01"]),
        ("NID-B-017", ["A39"..."A39"]), ("NID-B-018", ["A37"..."A37"]), ("NID-B-019", ["A36"..."A36"]),
        ("NID-B-020", ["A33"..."A33"]), ("NID-B-021", ["A38"..."A38"]), ("NID-B-022", ["A23"..."A23"]),
        ("NID-B-023", ["A54"..."A54"]), ("NID-B-024", ["A50"..."A53"]), ("NID-B-025", ["A27"..."A27"]),
        ("NID-B-026", ["B65"..."B65"]), ("NID-B-027", ["B50"..."B54"]), ("NID-B-028", ["A92.0"..."A92.0"]),
        ("NID-B-029", ["A93.8"..."A93.8"]), ("NID-C-001", ["J10"..."J11"]), ("NID-C-002", ["B26"..."B26"]),
        ("NID-C-003", ["B06"..."B06"]), ("NID-C-004", ["B30.3"..."B30.3"]), ("NID-C-005", ["A30"..."A30"]),
        ("NID-C-006", ["A75"..."A75"]), ("NID-C-007", ["B55.0"..."B55.0"]), ("NID-C-008", ["B67"..."B67"]),
        ("NID-C-009", ["B74"..."B74"]), ("NID-C-010", ["B08.4"..."B08.4"]),
        ("NID-C-011", ["A02"..."A02", "A04"..."A04", "A07"..."A09"]),
    ]
}
