import Accounts

/// The form for a new password as its template reads it.
struct PasswordView {
    let action: String
    let form: String
    let next: String
    /// Why it is asked for; nil when the person has asked for it.
    let reason: String?
    /// What the current password is called here.
    let currentLabel: String
    let rules: [String]
    let lengthMin: Int
    let checkHref: String
    let login: String
    /// What is wrong with the fields, in the order of the form.
    let problems: [Problem]
    let hasProblems: Bool
    let currentProblem: String?
    let newProblem: String?
    let repeatProblem: String?

    /// What is wrong with what was sent.
    enum Fault {
        case current(String)
        case new(String)
        case again(String)
    }

    init(
        action: String, form: String, next: String, login: String, isStep: Bool, policy: PasswordPolicy,
        faults: [Fault], words: Words
    ) {
        self.action = action
        self.form = form
        self.next = next
        self.login = login
        reason = isStep ? words["passwordStepReason"] : nil
        currentLabel = words[isStep ? "passwordGiven" : "passwordCurrent"]
        rules = words.rules(policy)
        lengthMin = policy.lengthMin
        checkHref = "/account/password/check"
        let problems = faults.map { fault in
            switch fault {
            case .current(let text): Problem(href: "#current", text: text)
            case .new(let text): Problem(href: "#new", text: text)
            case .again(let text): Problem(href: "#again", text: text)
            }
        }
        func joined(_ href: String) -> String? {
            let texts = problems.filter { $0.href == href }.map(\.text)
            return texts.isEmpty ? nil : texts.joined(separator: " ")
        }
        currentProblem = joined("#current")
        newProblem = joined("#new")
        repeatProblem = joined("#again")
        hasProblems = !problems.isEmpty
        self.problems = problems
    }
}

extension Words {
    /// The rules of a password as a person reads them.
    func rules(_ policy: PasswordPolicy) -> [String] {
        var rules = [text("ruleLength", ["n": "\(policy.lengthMin)", "most": "\(policy.lengthMax)"])]
        if policy.kindsMin > 1 { rules.append(text("ruleKinds", ["n": "\(policy.kindsMin)"])) }
        rules.append(self["rulePersonal"])
        rules.append(self["ruleCommon"])
        if policy.historyCount > 0 { rules.append(text("ruleHistory", ["n": "\(policy.historyCount)"])) }
        return rules
    }

    /// What is wrong with a password, and what to do.
    func fault(_ fault: PasswordFault) -> String {
        switch fault {
        case .tooShort(let count): text("faultShort", ["n": "\(count)"])
        case .tooLong(let count): text("faultLong", ["n": "\(count)"])
        case .tooFewKinds(let count): text("faultKinds", ["n": "\(count)"])
        case .common: self["faultCommon"]
        case .breached: self["faultBreached"]
        case .personal: self["faultPersonal"]
        case .platform: self["faultPlatform"]
        case .pattern: self["faultPattern"]
        case .reused(let count): text("faultReused", ["n": "\(count)"])
        }
    }
}
