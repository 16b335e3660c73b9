/// Households that every city has, so that its pages show something worth seeing.
enum Story: Int, CaseIterable {
    /// 王秀英, 78, and her husband: hypertension and diabetes with long trends.
    case longCare
    /// A young couple whose child 沐阳 is born in the simulated time.
    case newborn
    /// 陈一诺 and 陈一鸣, twins of four.
    case twins
    /// A woman with a passport and without a resident ID.
    case abroad
    /// 周闰月, born on 29 February 1988.
    case leapDay
    /// 张伟强, 52: raised pressure and glucose that are found in the simulated time.
    case newlyFound
    /// 欧阳修远, who has a compound surname.
    case compoundSurname
    /// A long name of an ethnic minority.
    case longName

    /// The day the story's child is born: 400 days before the end, or in the middle of a shorter run.
    static func birthday(in model: CityModel) -> CivilDay {
        model.end.adding(days: -min(400, model.options.days / 2))
    }

    func members(household: Int, model: CityModel) -> [Person] {
        var cast = Cast(household: household, model: model)
        switch self {
        case .longCare:
            cast.add("李", "建国", .male, years: 79, .head) { traits in
                traits.systolic = 158
                traits.hypertensionYears = 14
                traits.glucose = 5.4
            }
            cast.add("王", "秀英", .female, years: 78, .spouse) { traits in
                traits.systolic = 163
                traits.hypertensionYears = 16
                traits.glucose = 9.1
                traits.glucosePerYear = 0.35
                traits.diabetesYears = 9
                traits.medicinesAtStart = 1
                traits.frailty = 1.4
                traits.takesInfluenzaVaccine = true
            }
        case .newborn:
            cast.add("林", "浩然", .male, years: 31, .head)
            cast.add("沈", "雨婷", .female, years: 29, .spouse)
        case .twins:
            cast.add("陈", "志远", .male, years: 36, .head)
            cast.add("徐", "佳怡", .female, years: 34, .spouse)
            cast.add("陈", "一诺", .female, years: 4, .child, birthOrder: 1)
            cast.add("陈", "一鸣", .male, years: 4, .child, birthOrder: 2)
        case .abroad:
            cast.addAbroad()
        case .leapDay:
            cast.add("周", "闰月", .female, years: 38, born: CivilDay(year: 1988, month: 2, day: 29), .head)
        case .newlyFound:
            cast.add("张", "伟强", .male, years: 52, .head) { traits in
                traits.systolic = 151
                traits.systolicPerYear = 2
                traits.glucose = 7.4
                traits.glucosePerYear = 0.6
                traits.heavy = 1.5
                traits.frailty = 1.2
            }
            cast.add("吴", "美玲", .female, years: 50, .spouse)
        case .compoundSurname:
            cast.add("欧阳", "修远", .male, years: 45, .head)
        case .longName:
            cast.add(
                "阿卜杜热西提", "麦麦提明", .male, years: 27, .head, text: "阿卜杜热西提·麦麦提明", ethnicCode: "05")
        }
        return cast.members
    }

    private struct Cast {
        let household: Int
        let model: CityModel
        var members: [Person] = []

        mutating func add(
            _ family: String, _ given: String, _ sex: Sex, years: Int = 0, born: CivilDay? = nil,
            _ role: Person.Role, birthOrder: Int = 0, text: String? = nil, ethnicCode: String = "01",
            _ change: (inout Traits) -> Void = { _ in }
        ) {
            let key = model.key(household: household, member: members.count)
            var random = SeededGenerator(seed: key, purpose: .traits)
            var traits = Traits.random(sex: sex, years: years, rates: model.rates, &random)
            traits.hypertensionYears = nil
            traits.diabetesYears = nil
            if years >= 45 {
                traits.checkDayOfYear = 100 + random.below(150)
                traits.keepsAppointmentsPercent = 97
            }
            change(&traits)
            var person = Person(
                household: household, member: members.count, key: key, id: ResourceID(owner: key, serial: 0),
                sex: sex,
                born: born ?? model.end.adding(days: -(years * 365 + years / 4 + 40 + household * 23)),
                role: role, name: PersonName(family: family, given: given, text: text ?? family + given),
                papers: .newborn(mother: "", order: 1), phone: "",
                maritalStatus: role == .child ? .never : .married,
                ethnicity: model.names.ethnicities.firstIndex { $0.code == ethnicCode } ?? 0, traits: traits)
            person.birthOrder = birthOrder
            members.append(person)
        }

        mutating func addAbroad() {
            var random = SeededGenerator(seed: model.key(household: household, member: 63), purpose: .story)
            guard let found = model.names.foreigner(.female, &random) else { return }
            add(found.name.family, found.name.given, .female, years: 34, .head, text: found.name.text)
            members[0].papers = found.papers
            members[0].maritalStatus = .never
        }
    }
}
