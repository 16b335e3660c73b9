/// Why a city cannot be simulated.
public enum CityError: Error, Sendable, Equatable, CustomStringConvertible {
    /// No data for a city of that name; `known` lists the names that work.
    case unknownCity(String, known: [String])
    /// An option is outside its range; `allowed` says what the range is.
    case option(String, found: String, allowed: String)
    /// A data file is missing or does not have the expected shape.
    case resource(String, reason: String)

    /// One sentence that names the thing and the expectation.
    public var description: String {
        switch self {
        case .unknownCity(let name, let known):
            "There is no city \"\(name)\"; known are \(known.joined(separator: ", "))."
        case .option(let name, let found, let allowed): "\(name) is \(found); allowed is \(allowed)."
        case .resource(let file, let reason): "The city's data file \(file) cannot be used: \(reason)."
        }
    }
}
