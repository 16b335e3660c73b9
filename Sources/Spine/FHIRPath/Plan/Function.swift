/// The functions of FHIRPath 2.0, of FHIR R4 and of SQL on FHIR.
enum Function: String, Sendable, CaseIterable {
    // Existence
    case empty, exists, all, allTrue, anyTrue, allFalse, anyFalse, subsetOf, supersetOf, count, distinct, isDistinct
    // Filtering and projection
    case `where`, select, `repeat`, repeatAll, ofType
    // Subsetting and combining
    case single, first, last, tail, skip, take, intersect, exclude, union, combine, coalesce
    // Conversion
    case iif, toBoolean, toInteger, toDecimal, toString, toDate, toDateTime, toTime, toQuantity
    case convertsToBoolean, convertsToInteger, convertsToDecimal, convertsToString, convertsToDate
    case convertsToDateTime, convertsToTime, convertsToQuantity
    // Strings
    case indexOf, lastIndexOf, substring, startsWith, endsWith, contains, upper, lower, replace, matches, matchesFull
    case replaceMatches, length, toChars, encode, decode, escape, unescape, trim, split, join
    // Numbers
    case abs, ceiling, exp, floor, ln, log, power, round, sqrt, truncate
    // Trees
    case children, descendants
    // Utilities
    case trace, now, timeOfDay, today, defineVariable, lowBoundary, highBoundary, precision, comparable, type, `is`,
        `as`
    case not, aggregate, sum, sort
    case yearOf, monthOf, dayOf, hourOf, minuteOf, secondOf, millisecondOf, timezoneOffsetOf, dateOf, timeOf
    // FHIR
    case `extension`, hasValue, getValue, resolve, checkModifiers, conformsTo, memberOf, subsumes, subsumedBy,
        htmlChecks
    case elementDefinition, slice
    // SDC
    case weight, ordinal
    // SQL on FHIR
    case getResourceKey, getReferenceKey

    /// How many arguments there may be.
    var arity: ClosedRange<Int> {
        switch self {
        case .exists, .toQuantity, .round, .lowBoundary, .highBoundary, .join, .getReferenceKey: 0...1
        case .all, .subsetOf, .supersetOf, .where, .select, .repeat, .repeatAll, .ofType, .skip, .take, .intersect,
            .exclude,
            .union, .combine, .indexOf, .lastIndexOf, .startsWith, .endsWith, .contains, .encode, .decode, .escape,
            .unescape, .split, .log, .power, .comparable, .is, .as, .extension, .conformsTo, .memberOf, .subsumes,
            .subsumedBy, .checkModifiers:
            1...1
        case .matches, .matchesFull: 1...2
        case .replaceMatches: 2...3
        case .substring, .trace, .defineVariable, .aggregate: 1...2
        case .replace, .slice: 2...2
        case .iif: 2...3
        case .sort: 0...16
        case .coalesce: 1...64
        default: 0...0
        }
    }

    /// Whether the first argument is a type's name.
    var takesType: Bool {
        switch self {
        case .ofType, .is, .as: true
        case .getReferenceKey: true
        default: false
        }
    }

    /// What the input must be.
    enum Input {
        case anything, string, number, boolean
    }

    /// What the input must be; other values are errors.
    var input: Input {
        switch self {
        case .indexOf, .lastIndexOf, .substring, .startsWith, .endsWith, .contains, .upper, .lower, .replace, .matches,
            .matchesFull, .replaceMatches, .length, .toChars, .encode, .decode, .escape, .unescape, .trim, .split,
            .join:
            .string
        case .ceiling, .exp, .floor, .ln, .log, .power, .sqrt, .truncate: .number
        case .allTrue, .anyTrue, .allFalse, .anyFalse: .boolean
        default: .anything
        }
    }

    /// Whether the result depends on the order of the input.
    var needsOrder: Bool {
        switch self {
        case .first, .last, .tail, .skip, .take: true
        default: false
        }
    }
}
