/// What may become of a pair of records at the most, however many bits it scores.
///
/// Name, sex and birth date alone never make a pair certain. In a city of N residents somebody has
/// E = N · f(name) · f(birth date) / 2 namesakes of the same sex and day, f being the shares of the values. The odds that two
/// such records are one person are about 1 / E: of 1,000,000 residents 王伟 (f = 1/400), born on one of 25,000 days, has 0.05.
/// In the registers of 163 institutions that is thousands of wrong joins. So one thing more must agree that namesakes don't
/// share.
enum PairRule: Comparable {
    /// Two persons: two valid resident numbers, or the elder and the younger of twins.
    case never
    /// One issuer gave them two numbers of its own, and so held them apart: only a proven number or the city's card says
    /// otherwise.
    case heldApart
    /// Nothing agrees but what namesakes share.
    case namesakes
    /// Something more agrees.
    case free

    init(_ a: Features, _ b: Features, _ pattern: UInt64) {
        func isSame(_ slot: Slot) -> Bool { slot.level(in: pattern) == 1 }
        let isProven = isSame(.number) || isSame(.socialCard)
        let isTwin = a.birthOrder != 0 && b.birthOrder != 0 && a.birthOrder != b.birthOrder
        if isTwin || Slot.number.level(in: pattern) == Int(NumberLevel.twoPersons) {
            self = .never
        } else if Slot.card.level(in: pattern) == 2, !isProven {
            self = .heldApart
        } else if isProven || Slot.number.level(in: pattern) == Int(NumberLevel.sameUnproven)
            || [.identifier, .card, .phone, .place].contains(where: isSame)
            || (1...2).contains(Slot.guardian.level(in: pattern)) || isSame(.address1) && isSame(.streetNumber)
        {
            self = .free
        } else {
            self = .namesakes
        }
    }
}
