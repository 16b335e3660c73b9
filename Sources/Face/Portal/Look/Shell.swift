import Calendar

/// What every page has around its content.
struct Shell {
    /// An entry of the navigation.
    struct RailItem {
        let href: String
        let text: String
        let isCurrent: Bool
    }

    /// Who is signed in.
    struct Who {
        let name: String
        let role: String
        /// The token of this page's forms.
        var form: String
        let rail: [(place: RailPlace, href: String, text: String)]
    }

    let title: String
    let who: Who?
    let isGuarded: Bool
    let languageTag: String
    let isLarge: Bool
    let styles: String
    /// nil for a page that has none.
    let script: String?
    let icon: String
    /// The address of the chart library, nil when it is not installed.
    let charts: String?
    /// Whether language and size of type can be changed on the page.
    let hasChoices: Bool
    let typeHref: String
    let typeText: String
    let languageHref: String
    let languageText: String
    let otherLanguageTag: String
    let offersLargeType: Bool
    let largeHref: String
    let normalHref: String
    let rail: [RailItem]
    let hasRail: Bool
    let isDemo: Bool
    /// How far the life of a simulated city is; nil when it is there.
    let lifeText: String?
    let madeAt: String
}

/// Which entry of the navigation a page belongs to.
enum RailPlace {
    case city
    case residents
    case own
    case family
    case accesses
    case account
    case accounts
    case audit
    case identity
    case code
    case highway
    case signals
    case reports
    case hazards
    case forms
    case notices
    case population
    case laboratories
    case today
    case programmes
    case none
}

extension Shell {
    /// - Parameters:
    ///   - path: the path of the page asked for.
    ///   - query: its query; language and size are changed within it, the rest stays.
    ///   - hasHighway: whether an open portal has the pages of the highway.
    ///   - hasSignals: whether an open portal has the pages of signals.
    ///   - hasReports: whether an open portal has the pages of report cards.
    ///   - hasHazards: whether an open portal has the pages of hazards.
    ///   - hasPopulation: whether an open portal has the page of the population.
    ///   - hasLaboratories: whether an open portal has the pages of laboratories.
    ///   - livesThrough: the day to which the life of a simulated city has come; nil when it is there.
    ///   - isStep: whether the page is a step on the way of another site, which keeps its address and has no script.
    init(
        title: String, place: RailPlace, words: Words, preferences: Preferences, assets: StaticAssets, path: String,
        query: [(name: String, value: String)], isDemo: Bool, now: Int64, who: Who? = nil, isGuarded: Bool = false,
        isStep: Bool = false, livesThrough: CivilDay? = nil, hasHighway: Bool = false, hasSignals: Bool = false,
        hasReports: Bool = false, hasHazards: Bool = false, hasPopulation: Bool = false,
        hasLaboratories: Bool = false
    ) {
        let rest = query.filter { $0.name != "lang" && $0.name != "type" }.map { ($0.name, Optional($0.value)) }
        func changed(_ name: String, _ value: String) -> String { Address.make(path, rest + [(name, value)]) }
        let other: Language = words.language == .zh ? .en : .zh
        self.title = title
        self.who = who
        self.isGuarded = isGuarded
        languageTag = words.language.tag
        isLarge = preferences.typeSize == .large
        styles = assets.href("portal.css")
        script = isStep ? nil : assets.href("portal.js")
        hasChoices = !isStep
        icon = assets.href("icon.svg")
        charts = assets.chartsHref
        typeHref = changed("type", isLarge ? "normal" : "large")
        typeText = words[isLarge ? "typeNormal" : "typeLarge"]
        languageHref = changed("lang", other.rawValue)
        languageText = words["otherLanguage"]
        otherLanguageTag = other.tag
        offersLargeType = preferences.typeSize == nil && !isStep
        largeHref = changed("type", "large")
        normalHref = changed("type", "normal")
        let open: [(place: RailPlace, href: String, text: String)] =
            [
                (.city, "/", words["railCity"]), (.residents, "/residents", words["railResidents"]),
            ] + (hasSignals ? [(.signals, "/signals", words["railSignals"])] : [])
            + (hasSignals ? [(.notices, "/notices", words["railNotices"])] : [])
            + (hasReports ? [(.reports, "/reports", words["railReports"])] : [])
            + (hasHazards ? [(.hazards, "/hazards", words["railHazards"])] : [])
            + (hasPopulation ? [(.population, "/population", words["railPopulation"])] : [])
            + (hasLaboratories ? [(.laboratories, "/laboratories", words["railLaboratories"])] : [])
            + (hasHighway ? [(.highway, "/ops/highway", words["railHighway"])] : [])
        rail = (isGuarded ? who?.rail ?? [] : open).map {
            RailItem(href: $0.href, text: $0.text, isCurrent: $0.place == place)
        }
        hasRail = !rail.isEmpty
        self.isDemo = isDemo
        lifeText = livesThrough.map { words.text("footLife", ["day": words.date($0)]) }
        madeAt = words.madeAt(now)
    }
}
