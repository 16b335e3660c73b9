/// Why a health code is not taken.
public enum HealthCodeFault: Error, Equatable, CustomStringConvertible {
    /// It is no token of this kind.
    case malformed
    /// No key of the set has made it.
    case unknownKey(String)
    /// It was altered, or another made it.
    case badSignature
    /// It was made for later; with the seconds until then.
    case notYet(seconds: Int64)
    /// It is over; with the seconds since then.
    case expired(seconds: Int64)
    /// It is good, but its person can't be read here: another house has made it, or the key was changed.
    case unreadablePerson

    /// What is wrong, and what to do.
    public var description: String {
        switch self {
        case .malformed: "This is no health code. Scan it again, or ask the resident to open the page anew."
        case .unknownKey(let id):
            "No key “\(id)” is in the key set. Fetch the set again: keys are published a month ahead."
        case .badSignature: "The signature does not fit. Do not take this code."
        case .notYet(let seconds): "The code begins in \(seconds) s. Check the clock of this machine."
        case .expired(let seconds): "The code ended \(seconds) s ago. Ask the resident to open the page anew."
        case .unreadablePerson: "The person of this code can't be read by this house. Ask for a new code."
        }
    }
}
