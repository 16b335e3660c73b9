/// Why a regular expression can't be used.
enum PatternError: Error, CustomStringConvertible {
    case invalid(String, at: Int)
    case tooLarge
    case tooManySteps

    var description: String {
        switch self {
        case .invalid(let reason, let position): "a regular expression with \(reason) at character \(position + 1)"
        case .tooLarge: "a regular expression that grows beyond \(Pattern.instructionsMax) instructions"
        case .tooManySteps: "a regular expression that takes more than \(Pattern.stepsMax) steps on this text"
        }
    }
}
