/// What to simulate. Two runs with equal options give the same bytes.
public struct CityOptions: Sendable, Equatable {
    /// `hangzhou`, `jiaxing` or `wenzhou`.
    public var city: String
    /// The seed of all chance.
    public var seed: UInt64
    /// Residents on the first day, from 10 to 20,000,000; births come on top.
    public var residents: Int
    /// Days to simulate, from 1 to 7,300; the last one is `endDate`.
    public var days: Int
    /// The last simulated day, `yyyy-MM-dd`, from 2000 to 2099.
    public var endDate: String
    /// Whether the outbreaks of `outbreaks.tsv` are planted in the last year.
    public var plantsOutbreaks: Bool
    /// Rates and sizes, all of them our defaults.
    public var rates: CityRates

    /// Options with the defaults of the demonstration.
    public init(
        city: String = "hangzhou", seed: UInt64 = 20_260_101, residents: Int = 2_000, days: Int = 730,
        endDate: String, plantsOutbreaks: Bool = true, rates: CityRates = CityRates()
    ) {
        self.city = city
        self.seed = seed
        self.residents = residents
        self.days = days
        self.endDate = endDate
        self.plantsOutbreaks = plantsOutbreaks
        self.rates = rates
    }

    func validated() throws(CityError) -> (start: CivilDay, end: CivilDay) {
        guard CityResources.cities.contains(city) else { throw .unknownCity(city, known: CityResources.cities) }
        guard (10...20_000_000).contains(residents) else {
            throw .option("residents", found: "\(residents)", allowed: "10 to 20,000,000")
        }
        guard (1...7_300).contains(days) else { throw .option("days", found: "\(days)", allowed: "1 to 7,300") }
        guard let end = CivilDay(endDate), (2000...2099).contains(end.civil.year) else {
            throw .option("endDate", found: endDate, allowed: "a day yyyy-MM-dd from 2000 to 2099")
        }
        return (end.adding(days: 1 - days), end)
    }
}

/// How much happens in the simulated city: our defaults, chosen for a demonstration and not taken from statistics.
public struct CityRates: Sendable, Equatable {
    /// Visits for illness, for each resident and year (follow-up, checks and vaccination come on top).
    public var illnessVisitsPerYear = 2.5
    /// Share of adults below 65 who have a health examination each year.
    public var adultCheckShare = 0.2
    /// Share of residents from 65 who come to the yearly examination that is offered to all of them.
    public var elderCheckShare = 0.68
    /// Share of households that move to another home within the city in a year.
    public var movesPerYear = 0.02
    /// Share of households that came from elsewhere in the five years before the first day.
    public var arrivedShare = 0.08
    /// Share of people with raised blood pressure whose hypertension was known on the first day.
    public var hypertensionKnownShare = 0.52
    /// Share of people with diabetes whose diabetes was known on the first day.
    public var diabetesKnownShare = 0.5
    /// Days between two follow-up visits of a well controlled patient; at least four visits a year are due.
    public var followUpDays = 88
    /// Days to the next visit after an uncontrolled one.
    public var recheckDays = 14
    /// Share of residents from 65 who have an influenza vaccination in autumn.
    public var influenzaVaccinationShare = 0.3
    /// Share of residents who hold a foreign passport instead of a resident ID.
    public var foreignerShare = 0.004
    /// Share of residents of an ethnic minority.
    public var minorityShare = 0.022
    /// Share of adults whose resident ID was first issued outside their present district.
    public var issuedElsewhereShare = 0.55
    /// Days until a newborn has a resident ID.
    public var newbornRegistrationDays = 30
    /// Share of births that are twins.
    public var twinShare = 0.016
    /// Share of births by caesarean section.
    public var caesareanShare = 0.44
    /// Entries in one Bundle, at most.
    public var bundleEntriesMax = 200

    /// The defaults.
    public init() {}
}
