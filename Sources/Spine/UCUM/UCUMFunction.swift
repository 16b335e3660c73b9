import Foundation

/// How a special unit goes to a proper one: UCUM, sections 21 and 22.
enum UCUMFunction: String, Sendable {
    case celsius = "Cel"
    case fahrenheit = "degF"
    case reaumur = "degRe"
    case tangent = "tanTimes100"
    case slope = "100tan"
    case decimalPotency = "hpX"
    case centesimalPotency = "hpC"
    case millesimalPotency = "hpM"
    case quintamillesimalPotency = "hpQ"
    case acidity = "pH"
    case naturalLogarithm = "ln"
    case logarithm = "lg"
    case logarithmTimesTwo = "lgTimes2"
    case squareRoot = "sqrt"
    case binaryLogarithm = "ld"

    /// The value in the proper unit, of a value on the special scale.
    func proper(_ value: Double) -> Double {
        switch self {
        case .celsius: value + 273.15
        // In units of 5 K/9 and 5 K/4.
        case .fahrenheit: value + 459.67
        case .reaumur: value + 218.52
        // The proper unit is the degree.
        case .tangent, .slope: atan(value / 100) * 180 / .pi
        case .decimalPotency: pow(10, -value)
        case .centesimalPotency: pow(100, -value)
        case .millesimalPotency: pow(1000, -value)
        case .quintamillesimalPotency: pow(50000, -value)
        case .acidity: pow(10, -value)
        case .naturalLogarithm: exp(value)
        case .logarithm: pow(10, value)
        case .logarithmTimesTwo: pow(10, value / 2)
        case .squareRoot: value * value
        case .binaryLogarithm: exp2(value)
        }
    }

    /// The value on the special scale, of a value in the proper unit.
    func special(_ value: Double) -> Double {
        switch self {
        case .celsius: value - 273.15
        case .fahrenheit: value - 459.67
        case .reaumur: value - 218.52
        case .tangent, .slope: tan(value * .pi / 180) * 100
        case .decimalPotency: -log10(value)
        case .centesimalPotency: -log10(value) / 2
        case .millesimalPotency: -log10(value) / 3
        case .quintamillesimalPotency: -log(value) / log(50000)
        case .acidity: -log10(value)
        case .naturalLogarithm: log(value)
        case .logarithm: log10(value)
        case .logarithmTimesTwo: 2 * log10(value)
        case .squareRoot: value.squareRoot()
        case .binaryLogarithm: log2(value)
        }
    }
}
