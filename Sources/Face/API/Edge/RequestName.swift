import HTTPTypes
import Hummingbird

/// The name of a request in logs: the client's own `X-Request-Id` when it is a plain word, else the server's number.
enum RequestName {
    static func of(_ request: Request, _ context: BasicRequestContext) -> String {
        guard let sent = request.headers[.requestID], isPlain(sent) else { return context.id }
        return sent
    }

    /// What a log may show of a name: the client's own only when it has the form of a UUID or of a trace's id (W3C Trace
    /// Context), which nobody's number, phone or name has; else the server's number.
    static func logged(_ name: String, _ context: BasicRequestContext) -> String {
        let digits = name.utf8.filter { $0 != UInt8(ascii: "-") }
        let isHexadecimal = digits.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
        return isHexadecimal && digits.count == 32 ? name : context.id
    }

    /// Up to 128 letters, digits and `-_.:`, so that a name can't break a log line.
    private static func isPlain(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
