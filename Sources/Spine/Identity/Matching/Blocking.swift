/// Finds the pairs that are worth comparing: records that share one of several keys.
struct Blocking {
    /// What two records must share.
    enum Rule: Int, CaseIterable {
        case number, identifier, socialCard, card, phone
        case birthAndFirstSound, birthAndGivenSound, birthAndFlat, nameAndFlat, nameAndYear, nameAndDay
        case birthAndGuardian, birthAndGuardianNumber
        case birth, names, givenAndPostcode, surnameAndPostcode, givenAndSuburb, surnameAndSuburb, street
        case givenAndYear, surnameAndYear, givenAndDay, surnameAndDay, given, surname
    }

    /// A key that more records share is a filler, a shared line or a very common name: it is left out.
    static let bucketRecordsMax = 200

    private let active: [Rule]
    /// Keys of each record for each active rule; 0 none.
    private var keys: [UInt32]
    private let count: Int
    /// How many records were in buckets that were left out, by rule.
    private(set) var overflow: [Rule: Int] = [:]

    init(_ comparison: Comparison) {
        let features = comparison.features
        count = features.count
        active = Rule.allCases.filter { rule in
            features.contains { Self.key(rule, $0, comparison.names, comparison.words) != 0 }
        }
        keys = []
        keys.reserveCapacity(count * active.count)
        for record in features {
            for rule in active { keys.append(Self.key(rule, record, comparison.names, comparison.words)) }
        }
    }

    /// Calls `body` with each pair once, the smaller number first. Also tidies: keys in too large buckets are dropped.
    mutating func forEachPair(_ body: (Int, Int) -> Void) {
        let width = active.count
        for at in 0..<width {
            let (order, starts) = buckets(at)
            for bucket in 0..<(starts.count - 1) {
                let range = Int(starts[bucket])..<Int(starts[bucket + 1])
                if range.count > Self.bucketRecordsMax {
                    overflow[active[at], default: 0] += range.count
                    for record in order[range] { keys[Int(record) * width + at] = 0 }
                    continue
                }
                if range.count < 2 { continue }
                keys.withUnsafeBufferPointer { keys in
                    for x in range {
                        let i = Int(order[x])
                        for y in (x + 1)..<range.upperBound {
                            let j = Int(order[y])
                            var isNew = true
                            for earlier in 0..<at {
                                let key = keys[i * width + earlier]
                                if key != 0, key == keys[j * width + earlier] {
                                    isNew = false
                                    break
                                }
                            }
                            if isNew { body(i, j) }
                        }
                    }
                }
            }
        }
    }

    /// Records in the order of buckets, and where each bucket begins.
    private func buckets(_ at: Int) -> (order: [Int32], starts: [Int32]) {
        var numbering = Numbering()
        let width = active.count
        var bucketOf = [Int32](repeating: -1, count: count)
        for record in 0..<count where keys[record * width + at] != 0 {
            bucketOf[record] = numbering.number(of: UInt64(keys[record * width + at])).number
        }
        var starts = [Int32](repeating: 0, count: numbering.count + 1)
        for bucket in 0..<numbering.count { starts[bucket + 1] = starts[bucket] + numbering.counts[bucket] }
        var next = starts
        var order = [Int32](repeating: 0, count: Int(starts[numbering.count]))
        for record in 0..<count where bucketOf[record] >= 0 {
            let bucket = Int(bucketOf[record])
            order[Int(next[bucket])] = Int32(record)
            next[bucket] += 1
        }
        return (order, starts)
    }

    /// The key of a record by a rule; 0 if the record lacks a part of it.
    static func key(_ rule: Rule, _ record: Features, _ names: Names, _ words: Words) -> UInt32 {
        func key(_ parts: UInt64...) -> UInt32 {
            var hash: UInt64 = 0
            for part in parts {
                if part == 0 { return 0 }
                hash = Hash.mixed(hash ^ part)
            }
            return max(1, UInt32(truncatingIfNeeded: hash >> 32))
        }
        func word(_ number: Int32) -> UInt64 { number < 0 ? 0 : words.hash(of: number) }
        let birth = UInt64(record.birth)
        let year = birth / 10_000
        let day = birth % 10_000
        let sound = record.name >= 0 ? names.soundHashes[Int(record.name)] : 0
        switch rule {
        case .number: return key(record.number.code)
        case .identifier: return key(record.identifier.code)
        case .socialCard: return key(record.socialCard)
        case .card: return key(record.card)
        case .phone: return key(record.phone)
        case .birthAndFirstSound: return record.name < 0 ? 0 : key(birth, names.firstSound(of: record.name))
        case .birthAndGivenSound: return record.name < 0 ? 0 : key(birth, names.givenSound(of: record.name))
        case .birthAndFlat: return key(birth, record.flat)
        case .nameAndFlat: return key(sound, record.flat)
        case .nameAndYear: return key(sound, year)
        case .nameAndDay: return key(sound, day)
        case .birthAndGuardian:
            return record.guardian < 0 ? 0 : key(birth, names.soundHashes[Int(record.guardian)])
        case .birthAndGuardianNumber: return key(birth, record.guardianNumber)
        case .birth: return record.surname < 0 && record.given < 0 ? 0 : key(birth)
        case .names:
            return key(min(word(record.given), word(record.surname)), max(word(record.given), word(record.surname)))
        case .givenAndPostcode: return key(word(record.given), word(record.postcode))
        case .surnameAndPostcode: return key(word(record.surname), word(record.postcode))
        case .givenAndSuburb: return key(word(record.given), word(record.suburb))
        case .surnameAndSuburb: return key(word(record.surname), word(record.suburb))
        case .street: return key(word(record.streetNumber), word(record.address1))
        case .givenAndYear: return key(word(record.given), year)
        case .surnameAndYear: return key(word(record.surname), year)
        case .givenAndDay: return key(word(record.given), day)
        case .surnameAndDay: return key(word(record.surname), day)
        case .given: return key(word(record.given))
        case .surname: return key(word(record.surname))
        }
    }
}
