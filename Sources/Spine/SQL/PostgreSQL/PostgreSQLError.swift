import CPQ

extension SQLError {
    /// The fault that a result tells of. Details of it may hold values, so only the main message is kept.
    init(result: OpaquePointer?, connection: OpaquePointer, sql: String) {
        if PQstatus(connection) == CONNECTION_BAD {
            self = .lost(sql)
            return
        }
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let state = field("C") ?? ""
        // Class 22 is about values, and its messages repeat them.
        let message =
            state.hasPrefix("22")
            ? "A value does not fit its column or function (SQLSTATE \(state))."
            : field("M") ?? "PostgreSQL failed (SQLSTATE \(state))."
        self.init(Reason(sqlState: state), message, sql: sql)
    }

    /// The connection was lost.
    static func lost(_ sql: String? = nil) -> SQLError {
        SQLError(
            .unavailable, "The connection to PostgreSQL was lost. Nothing of an unfinished write is kept; try again.",
            sql: sql)
    }

    /// Whether trying again may help because the database could not be reached.
    public var isUnavailable: Bool { reason == .unavailable }
}

extension SQLError.Reason {
    /// The kind of an SQLSTATE: <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
    init(sqlState: String) {
        switch sqlState {
        case "53100": self = .full
        case "40001", "40P01", "55P03", "57014": self = .busy
        case "57P01", "57P02", "57P03", "57P05", "25P03": self = .unavailable
        case "58030": self = .io
        case "XX001", "XX002": self = .corrupt
        default:
            switch sqlState.prefix(2) {
            case "23": self = .constraint
            case "08", "28", "3D", "53": self = .unavailable
            default: self = .statement
            }
        }
    }
}
