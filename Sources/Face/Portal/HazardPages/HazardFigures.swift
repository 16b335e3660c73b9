import Calendar
import Hazards

/// What a page of hazards is asked about.
struct HazardQuestion {
    let kind: HazardKind
    /// Those that have results, the newest first.
    let years: [Int]
    let year: Int
    /// Those that the reader sees: 0 for the city first, or one alone.
    let districts: [Int]

    /// The one district that the reader sees; nil for all.
    var only: Int? { districts[0] == 0 ? nil : districts[0] }
}

/// The figures of a kind and year, and those of the year before.
struct HazardFigures {
    let asked: HazardQuestion
    let shares: [Int: HazardResults.Share]
    let before: [Int: HazardResults.Share]
    let sites: [HazardResults.Site: HazardResults.Share]
    let sitesBefore: [HazardResults.Site: HazardResults.Share]
    let exceeding: [HazardResults.Result]
    let coverage: [HazardResults.Coverage]

    init(_ asked: HazardQuestion, _ desk: HazardDesk, today: CivilDay) throws {
        self.asked = asked
        let (kind, results) = (asked.kind, desk.results)
        let (days, last) = (HazardResults.days(of: asked.year), HazardResults.days(of: asked.year - 1))
        sites = try results.sites(kind, days, district: asked.only)
        sitesBefore = try results.sites(kind, last, district: asked.only)
        shares = Self.byDistrict(sites)
        before = Self.byDistrict(sitesBefore)
        exceeding =
            kind.tells == .exceeding
            ? try results.exceeding(
                kind, today.advanced(by: 1 - kind.lookBackDays)...today, district: asked.only) : []
        coverage = kind.plan == nil ? [] : try results.coverage(kind, desk.list, days, districts: asked.districts)
    }

    /// By district, and all of them under 0.
    private static func byDistrict(
        _ sites: [HazardResults.Site: HazardResults.Share]
    ) -> [Int: HazardResults.Share] {
        var found: [Int: HazardResults.Share] = [:]
        for (site, share) in sites {
            for place in Set([0, site.district]) {
                found[place, default: .init()].all += share.all
                found[place, default: .init()].over += share.over
            }
        }
        return found
    }

    /// All of the reader's area.
    var whole: HazardResults.Share { shares[asked.districts[0]] ?? .init() }

    /// Whether an aim is reached by a share; nil without one.
    func isReached(_ share: HazardResults.Share) -> Bool? {
        guard let target = asked.kind.target, let percent = share.percent(asked.kind) else { return nil }
        return percent >= target.least
    }
}
