/// Detectors from settings under the names of R's `surveillance`, with its defaults.
enum DetectorSettings {
    /// More than any history has.
    private static let years = 0...1000
    private static let periods = 0...10_000

    static func farringtonFlexible(_ settings: Settings) throws(SurveillanceFault) -> FarringtonFlexible {
        try settings.refuseLikenesses(of: [
            "b", "w", "reweight", "weightsThreshold", "alpha", "trend", "pThresholdTrend", "limit54", "powertrans",
            "populationOffset", "noPeriods", "pastWeeksNotIncluded", "thresholdMethod", "fitFun",
        ])
        var method = FarringtonFlexible()
        method.b = try settings.integer("b", years) ?? method.b
        method.w = try settings.integer("w", periods) ?? method.w
        method.reweight = try settings.flag("reweight") ?? method.reweight
        method.weightsThreshold = try settings.number("weightsThreshold") ?? method.weightsThreshold
        method.alpha = try settings.probability("alpha") ?? method.alpha
        method.trend = try settings.flag("trend") ?? method.trend
        method.pThresholdTrend = try settings.number("pThresholdTrend") ?? method.pThresholdTrend
        (method.limitCases, method.limitPeriods) = try limit54(settings)
        method.powertrans = try settings.choice("powertrans", PowerTransformation.self) ?? method.powertrans
        method.populationOffset = try settings.flag("populationOffset") ?? method.populationOffset
        method.noPeriods = try settings.integer("noPeriods", periods) ?? method.noPeriods
        method.pastWeeksNotIncluded = try settings.integer("pastWeeksNotIncluded", periods)
        method.thresholdMethod =
            try settings.choice("thresholdMethod", FarringtonFlexible.ThresholdMethod.self) ?? method.thresholdMethod
        return method
    }

    static func farrington(_ settings: Settings) throws(SurveillanceFault) -> Farrington {
        try settings.refuseLikenesses(of: [
            "b", "w", "reweight", "alpha", "trend", "limit54", "powertrans", "fitFun", "populationOffset",
        ])
        var method = Farrington()
        method.b = try settings.integer("b", years) ?? method.b
        method.w = try settings.integer("w", periods) ?? method.w
        method.reweight = try settings.flag("reweight") ?? method.reweight
        method.alpha = try settings.probability("alpha") ?? method.alpha
        method.trend = try settings.flag("trend") ?? method.trend
        (method.limitCases, method.limitPeriods) = try limit54(settings)
        method.powertrans = try settings.choice("powertrans", PowerTransformation.self) ?? method.powertrans
        method.populationOffset = try populationOffset(settings)
        return method
    }

    /// R's 1996 method takes the population by the name of a function for fitting; the flag of the improved one says the same.
    private static func populationOffset(_ settings: Settings) throws(SurveillanceFault) -> Bool {
        let start = "algo.farrington.fitGLM"
        guard let name = try settings.text("fitFun") else { return try settings.flag("populationOffset") ?? false }
        switch name {
        case start, "\(start).fast": return try settings.flag("populationOffset") ?? false
        case _ where name.count > start.count + 1 && "\(start).populationOffset".hasPrefix(name): return true
        default:
            throw SurveillanceFault(
                "fitFun", "is \"\(name)\"; \(start), \(start).fast or \(start).populationOffset is expected")
        }
    }

    private static func limit54(_ settings: Settings) throws(SurveillanceFault) -> (Double, Int) {
        guard let limit = try settings.numbers("limit54") else { return (5, 4) }
        guard limit.count == 2, let periods = Int(exactly: limit[1]) else {
            throw SurveillanceFault("limit54", "two numbers are expected: cases and periods")
        }
        return (limit[0], periods)
    }

    static func ears(_ settings: Settings) throws(SurveillanceFault) -> EARS {
        try settings.refuseLikenesses(of: ["method", "baseline", "minSigma", "alpha"])
        return EARS(
            try settings.choice("method", EARS.Method.self) ?? .c1,
            baseline: try settings.integer("baseline", periods) ?? 7, minSigma: try settings.number("minSigma") ?? 0,
            alpha: try settings.probability("alpha"))
    }

    /// Years back, half the window and whether this year counts, of the numbered systems.
    private static func system(_ number: Character?, _ standard: (Int, Int, Bool)) -> (Int, Int, Bool) {
        switch number {
        case "1": (0, 6, true)
        case "2": (1, 6, true)
        case "3": (2, 4, false)
        default: standard
        }
    }

    static func bayes(_ settings: Settings, named name: String) throws(SurveillanceFault) -> Bayes {
        try settings.refuseLikenesses(of: ["b", "w", "actY", "alpha"])
        let (b, w, actY) = system(name.last, (0, 6, true))
        return Bayes(
            b: try settings.integer("b", years) ?? b, w: try settings.integer("w", periods) ?? w,
            actY: try settings.flag("actY") ?? actY, alpha: try settings.probability("alpha") ?? 0.05)
    }

    static func rki(_ settings: Settings, named name: String) throws(SurveillanceFault) -> RKI {
        try settings.refuseLikenesses(of: ["b", "w", "actY"])
        let (b, w, actY) = system(name.last, (2, 4, false))
        return RKI(
            b: try settings.integer("b", years) ?? b, w: try settings.integer("w", periods) ?? w,
            actY: try settings.flag("actY") ?? actY)
    }

    static func cdc(_ settings: Settings) throws(SurveillanceFault) -> CDC {
        try settings.refuseLikenesses(of: ["b", "m", "alpha"])
        return CDC(
            b: try settings.integer("b", years) ?? 5, m: try settings.integer("m", periods) ?? 1,
            alpha: try settings.probability("alpha") ?? 0.025)
    }

    static func cusum(_ settings: Settings) throws(SurveillanceFault) -> CUSUM {
        try settings.refuseLikenesses(of: ["k", "h", "m", "trans", "alpha"])
        var mean = CUSUM.Mean.history
        switch settings["m"] {
        case nil: break
        case .text("glm"): mean = .glm
        case .text(let text) where text.hasPrefix("mean("): break
        case .text(let text): throw SurveillanceFault("m", "is \"\(text)\"; glm, a number or nothing is expected")
        default: mean = .given(try settings.numbers("m") ?? [])
        }
        return CUSUM(
            k: try settings.number("k") ?? 1.04, h: try settings.number("h") ?? 2.26, m: mean,
            trans: try settings.choice("trans", CUSUM.Transformation.self) ?? .standard,
            alpha: try settings.number("alpha") ?? 0.1)
    }

    static func glr(_ settings: Settings, named name: String) throws(SurveillanceFault) -> GLR {
        try settings.refuseLikenesses(of: [
            "c.ARL", "mu0", "alpha", "theta", "Mtilde", "M", "change", "dir", "ret", "xMax",
        ])
        var chart = GLR()
        chart.threshold = try settings.number("c.ARL") ?? chart.threshold
        switch settings["mu0"] {
        case nil: break
        case .object(let object):
            let model = Settings(values: object)
            try model.refuseLikenesses(of: ["S", "trend", "refit"])
            chart.mean = .model(
                harmonics: try model.integer("S", 0...100) ?? 1, trend: try model.flag("trend") ?? false,
                refit: try model.flag("refit") ?? false)
        default: chart.mean = .given(try settings.numbers("mu0") ?? [])
        }
        chart.alpha = try settings.number("alpha") ?? (name == "glrpois" ? 0 : nil)
        chart.theta = try settings.number("theta")
        chart.minimumWindow = try settings.integer("Mtilde") ?? chart.minimumWindow
        chart.window = try settings.integer("M") ?? chart.window
        chart.change = try settings.choice("change", GLR.Change.self) ?? chart.change
        chart.direction = try settings.choice("dir", GLR.Direction.self) ?? chart.direction
        chart.returned = try settings.choice("ret", GLR.Returned.self) ?? chart.returned
        chart.largestCount =
            try settings.integer("xMax", 0...GLR.largestCountMax).map(Double.init) ?? chart.largestCount
        return chart
    }

    static func outbreakP(_ settings: Settings) throws(SurveillanceFault) -> OutbreakP {
        try settings.refuseLikenesses(of: ["k", "ret", "maxUpperboundCases"])
        return OutbreakP(
            k: try settings.number("k") ?? 100,
            returnsCases: try settings.choice("ret", GLR.Returned.self) == .cases,
            maxUpperboundCases: try settings.number("maxUpperboundCases") ?? 1e5)
    }
}
