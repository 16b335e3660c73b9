public import Calendar

extension Cast {
    /// Somebody who is wanted among those who live.
    public struct Wish: Sendable {
        /// Years of age on the first day.
        public var ages: ClosedRange<Int>
        /// Nil: either.
        public var isWoman: Bool?
        /// What isn't left to chance: `yes` or `no` by the name of an event or of something in the past; how an item is answered, as in `answers.tsv`, by `form/item`; by
        /// `tasks`, whether all are `done` in time or `left`; `all` by `doses`, those of the past.
        public var fate: [String: String]

        /// Somebody.
        public init(_ ages: ClosedRange<Int>, isWoman: Bool? = nil, _ fate: [String: String] = [:]) {
            self.ages = ages
            self.isWoman = isWoman
            self.fate = fate
        }
    }

    /// Of those residents, one for each wish that can be met.
    public func chosen(_ wishes: [Wish], on day: CivilDay) -> Cast {
        var (cast, rest) = (self, people)
        cast.people = wishes.compactMap { wish in
            let place = rest.firstIndex { person in
                wish.ages.contains(person.age(on: day)) && (wish.isWoman ?? person.isWoman) == person.isWoman
            }
            guard let place else { return nil }
            var person = rest.remove(at: place)
            person.fate = wish.fate
            return person
        }
        return cast
    }
}
