import Foundation

/// Checks new passwords by rules and lists.
struct PasswordCheck: Sendable {
    let policy: PasswordPolicy
    let common: CommonPasswords
    /// The operator's list; nil for none.
    let breached: HashList?

    /// All that is wrong with a password.
    ///
    /// - Parameter words: what belongs to the person: login, names, phone and ID numbers, birthday as eight digits.
    func faults(_ password: String, words: [String]) -> [PasswordFault] {
        guard let normal = NormalizedPassword(password), normal.length <= policy.lengthMax else {
            return [.tooLong(policy.lengthMax)]
        }
        var faults: [PasswordFault] = []
        if normal.length < policy.lengthMin { faults.append(.tooShort(policy.lengthMin)) }
        if Self.kinds(normal.text) < policy.kindsMin { faults.append(.tooFewKinds(policy.kindsMin)) }
        if let weakness = weakness(normal.text, words) { faults.append(weakness) }
        if breached?.contains(normal.bytes) == true { faults.append(.breached) }
        return faults
    }

    private func weakness(_ text: String, _ words: [String]) -> PasswordFault? {
        if common.list.contains(Array(text.utf8)) || common.list.contains(Array(text.lowercased().utf8)) {
            return .common
        }
        let guess = GuessCount(text, common: common, personal: Self.spread(words), platform: policy.contextWords)
        return guess.count < policy.guessesMin ? guess.longest : nil
    }

    /// How many of small letters, capital letters, digits and others there are.
    private static func kinds(_ text: String) -> Int {
        Set(
            text.unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .lowercaseLetter: 0
                case .uppercaseLetter: 1
                case .decimalNumber: 2
                default: 3
                }
            }
        ).count
    }

    /// What a person's words give besides themselves: the parts of a name or address, and of an ID number the birthday
    /// (digits 7 to 14, GB 11643) and the last digits that people use.
    private static func spread(_ words: [String]) -> [String] {
        var all: [String] = []
        for word in words.map(LoginName.folded) {
            let parts = word.split { !($0.isLetter || $0.isNumber) }.map(String.init)
            all += parts + [parts.joined()]
            if parts.count > 1 { all.append(parts.reversed().joined()) }
            let whole = Array(parts.joined())
            if whole.count == 18 {
                all += [String(whole[6..<14]), String(whole[8..<14]), String(whole[12...]), String(whole[10...])]
            }
            if whole.count == 11, whole.allSatisfy(\.isNumber) {
                all += [String(whole[3...]), String(whole[5...]), String(whole[7...])]
            }
            if whole.count == 8, whole.allSatisfy(\.isNumber) { all += [String(whole[2...]), String(whole[4...])] }
        }
        return all
    }
}
