/// The rules that a new password keeps.
public struct PasswordPolicy: Sendable, Hashable {
    /// The least length, in characters of its NFC form. OWASP ASVS 5, 6.2.1: at least 8, better 15.
    public var lengthMin = 8
    /// The greatest length. OWASP ASVS 5, 6.2.9: at least 64.
    public var lengthMax = 128
    /// How many kinds of characters (lower, upper, digit, other) there are at least. OWASP ASVS 5, 6.2.5 asks for no such
    /// rule; assessors of GB/T 22239 level 3 ask for 3.
    public var kindsMin = 1
    /// How many of the last passwords may not come again. GB/T 22239 level 3, assessors' practice: 5.
    public var historyCount = 5
    /// After how many days a password has to be changed; nil for never. OWASP ASVS 5, 6.2.10: never; assessors of GB/T 22239
    /// level 3 ask for 90.
    public var daysMax: Int?
    /// How long a one-time password of an operator lives, in seconds.
    public var oneTimeSeconds = 72 * 3_600
    /// How much there must be to guess, counted as characters, where what everyone guesses first counts as one: a common
    /// word, a year, a row of the keyboard, the person's own name.
    public var guessesMin = 5
    /// Words of the platform and the city that a password can't stand on (OWASP ASVS 5, 6.2.11).
    public var contextWords = ["healthbrain", "healthcloud", "jiankangdanao", "jiankang", "danao", "健康大脑", "健康", "大脑"]

    /// What OWASP ASVS 5 asks for.
    public init() {}

    /// What assessors of GB/T 22239 level 3 ask for beside: three kinds of characters, a new one every 90 days.
    public static let classifiedProtectionLevel3 = {
        var policy = PasswordPolicy()
        policy.kindsMin = 3
        policy.daysMax = 90
        return policy
    }()
}

/// What is wrong with a new password.
public enum PasswordFault: Sendable, Hashable {
    /// It has fewer characters than so many.
    case tooShort(Int)
    /// It has more characters than so many.
    case tooLong(Int)
    /// It has fewer kinds of characters than so many.
    case tooFewKinds(Int)
    /// It is one that many people have, or little more.
    case common
    /// It is in the operator's list of breached passwords.
    case breached
    /// It is little more than the login, the name, or something else of the person.
    case personal
    /// It is little more than the platform's name.
    case platform
    /// It is little more than a row of keys, a row of numbers, a repetition, a date or a phone number.
    case pattern
    /// It was used before; so many of the last can't come again.
    case reused(Int)

    /// What is wrong and what to do, for a person; English.
    public var message: String {
        switch self {
        case .tooShort(let count): "The password needs at least \(count) characters."
        case .tooLong(let count): "The password can have at most \(count) characters."
        case .tooFewKinds(let count):
            "The password needs \(count) of: small letters, capital letters, digits, other characters."
        case .common: "Many people use this password or one much like it. Choose one of several unusual words."
        case .breached: "This password is known from a breach elsewhere. Choose another one."
        case .personal: "The password is too close to your name, number or birthday."
        case .platform: "The password is too close to the name of this platform."
        case .pattern: "The password is too regular: rows of keys, repetitions, dates and numbers are guessed first."
        case .reused(let count): "The password is one of your last \(count). Choose a new one."
        }
    }
}
