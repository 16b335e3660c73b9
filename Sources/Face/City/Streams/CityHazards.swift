/// What is measured at sites: workplaces twice a year and again after a value above its usual bounds, food each fortnight; and the sites
/// themselves, schools among them. `hazards.tsv` says what is usual.
struct CityHazards: Sendable {
    private struct Item: Sendable {
        let site: String
        let base: Double
        let spread: Double
        let digits: Int
        let before: Double
        /// `"code":…` and the unit of a component.
        let head: [UInt8]
        let unit: [UInt8]
    }

    /// A place at which something is measured.
    struct Site: Sendable {
        let name: String
        let key: UInt64
        let id: ResourceID
    }

    private let items: [Item]
    private static let employers = ["精密机械有限公司", "铸造厂", "新型建材有限公司"]
    private static let posts = ["打磨岗位", "焊接岗位", "喷涂岗位"]
    private static let markets = ["农贸市场", "食品批发市场"]
    private static let schools = ["中心小学", "实验中学"]
    /// Days between two measurements of a workplace, until it is measured again, and between two samples of food. Our defaults.
    private static let measuredEvery = 182
    private static let retestAfter = 25
    private static let sampledEvery = 14

    init() throws(CityError) {
        var items: [Item] = []
        for row in try Table(named: "hazards.tsv").rows {
            let (code, unit) = (try row.text("code"), try row.text("unit"))
            items.append(
                Item(
                    site: try row.text("site"), base: try row.number("base"), spread: try row.number("spread"),
                    digits: try row.integer("digits"), before: try row.number("before"),
                    head: fragment { $0.put(#""code":"#) }
                        + Codes.concept(
                            system: Codes.house + "/CodeSystem/hazard-item", code: code, display: try row.text("zh")),
                    unit: fragment {
                        $0.put(#","unit":"#)
                        $0.put(quoted: unit)
                        $0.put(#","system":"http://unitsofmeasure.org","code":"#)
                        $0.put(quoted: unit)
                    }))
        }
        self.items = items
    }

    private static func site(_ name: String, _ number: Int, _ district: Int, _ model: CityModel) -> Site {
        let key = scrambled(model.seed &+ (1 << 60 | UInt64(district * 16 + number)))
        return Site(
            name: model.places.districts[district].name + name, key: key, id: ResourceID(owner: key, serial: 0))
    }

    /// The employers of a district.
    func employers(_ district: Int, _ model: CityModel) -> [Site] {
        Self.employers.enumerated().map { Self.site($1, $0, district, model) }
    }

    /// The primary and the secondary school to which a district's children go. A small city has them in a part of its districts, so that
    /// there are enough pupils in each.
    func schools(_ district: Int, _ model: CityModel) -> [Site] {
        let home = district % Self.districtsWithSchools(model)
        return Self.schools.enumerated().map { Self.site($1, 8 + $0, home, model) }
    }

    private static func districtsWithSchools(_ model: CityModel) -> Int {
        max(1, min(model.places.districts.count, model.options.residents / residentsOfSchools))
    }

    /// Residents for a primary and a secondary school. Our default.
    private static let residentsOfSchools = 800

    /// Where somebody works at an employer.
    func post(_ number: Int) -> String { Self.posts[number % Self.posts.count] }

    /// Writes the sites of one district and what was measured there.
    func write(district: Int, model: CityModel, to bundle: inout BundleWriter) {
        guard let centre = model.network.institutions.first(where: { $0.kind == .cdc && $0.district == district })
        else { return }
        let employers = employers(district, model)
        let markets = Self.markets.enumerated().map { Self.site($1, 4 + $0, district, model) }
        let schools = district < Self.districtsWithSchools(model) ? schools(district, model) : []
        for site in employers + markets + schools {
            bundle.add("Location", site.id) { text in
                text.put(CityModel.simulatedMark)
                text.put(#","status":"active","name":"#)
                text.put(quoted: site.name)
                text.put(#","mode":"instance","address":{"text":"#)
                text.put(quoted: site.name)
                text.put(model.places.districts[district].addressTail)
                text.put("}")
            }
        }
        for (number, site) in employers.enumerated() {
            for item in items.filter({ $0.site == "employer" }).enumerated() where item.offset % 3 == number {
                measure(item.element, item.offset, at: site, post: post(number), centre, model, to: &bundle)
            }
        }
        let foods = items.filter { $0.site == "market" }
        var random = SeededGenerator(seed: centre.key, purpose: .hazards)
        // Some districts leave a part of the plan undone.
        let reach = district % 4 == 3 ? 8 : district == 0 ? foods.count : 10
        for (turn, offset) in stride(from: district % Self.sampledEvery, to: model.options.days, by: Self.sampledEvery)
            .enumerated()
        {
            let site = markets[turn % markets.count]
            let drawn = [turn * 2 % reach, (turn * 2 + 1) % reach].map { foods[$0] }
            observe(
                drawn.map { ($0, value(of: $0, yearsAgo: 0, &random)) }, at: site, part: "",
                on: model.start.adding(days: offset), ResourceID(owner: site.key, serial: 100_000 + turn), centre,
                to: &bundle)
        }
    }

    private func measure(
        _ item: Item, _ number: Int, at site: Site, post: String, _ centre: Network.Institution, _ model: CityModel,
        to bundle: inout BundleWriter
    ) {
        var random = SeededGenerator(seed: site.key &+ UInt64(number), purpose: .hazards)
        var offset = random.below(Self.measuredEvery)
        var turn = 0
        while offset < model.options.days {
            let day = model.start.adding(days: offset)
            let value = value(of: item, yearsAgo: model.end.civil.year - day.civil.year, &random)
            let serial = 1 + number * 10_000 + turn * 2
            observe(
                [(item, value)], at: site, part: post, on: day, ResourceID(owner: site.key, serial: serial), centre,
                to: &bundle)
            let again = offset + Self.retestAfter
            if value > item.base + 1.3 * item.spread, again < model.options.days {
                observe(
                    [(item, item.base - 0.3 * item.spread)], at: site, part: post, on: model.start.adding(days: again),
                    ResourceID(owner: site.key, serial: serial + 1), centre, to: &bundle)
            }
            offset += Self.measuredEvery
            turn += 1
        }
    }

    private func value(of item: Item, yearsAgo: Int, _ random: inout SeededGenerator) -> Double {
        item.base + item.before * Double(yearsAgo) + item.spread * random.deviate()
    }

    private func observe(
        _ values: [(item: Item, value: Double)], at site: Site, part: String, on day: CivilDay, _ id: ResourceID,
        _ centre: Network.Institution, to bundle: inout BundleWriter
    ) {
        bundle.add("Observation", id) { text in
            if !part.isEmpty {
                text.put(
                    #","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/monitored-part","valueString":"#
                )
                text.put(quoted: part)
                text.put("}]")
            }
            text.put(#","status":"final","code":"#)
            text.put(Self.report)
            text.put(#","subject":{"reference":"Location/"#)
            text.put(site.id)
            text.put(#""},"effectiveDateTime":""#)
            text.put(day)
            text.put(#"","performer":["#)
            text.put(centre.reference)
            text.put(#"],"component":["#)
            for (place, (item, value)) in values.enumerated() {
                text.put(place == 0 ? "{" : ",{")
                text.put(item.head)
                text.put(#","valueQuantity":{"value":"#)
                var scale = 1.0
                for _ in 0..<item.digits { scale *= 10 }
                text.put(scaled: max(0, Int((value * scale).rounded())), decimals: item.digits)
                text.put(item.unit)
                text.put("}}")
            }
            text.put("]")
        }
    }

    private static let report = Codes.concept(
        system: Codes.house + "/CodeSystem/surveillance-report", code: "hazard-results", display: "健康危害因素检测")
}
