/// Detectors from settings under the names of R's `surveillance`, with its defaults.
enum DetectorSettings {
    static func farringtonFlexible(_ settings: Settings) throws(SurveillanceFault) -> FarringtonFlexible {
        var method = FarringtonFlexible()
        method.b = try settings.integer("b") ?? method.b
        method.w = try settings.integer("w") ?? method.w
        method.reweight = try settings.flag("reweight") ?? method.reweight
        method.weightsThreshold = try settings.number("weightsThreshold") ?? method.weightsThreshold
        method.alpha = try settings.number("alpha") ?? method.alpha
        method.trend = try settings.flag("trend") ?? method.trend
        method.pThresholdTrend = try settings.number("pThresholdTrend") ?? method.pThresholdTrend
        (method.limitCases, method.limitPeriods) = try limit54(settings)
        method.powertrans = try settings.choice("powertrans", PowerTransformation.self) ?? method.powertrans
        method.populationOffset = try settings.flag("populationOffset") ?? method.populationOffset
        method.noPeriods = try settings.integer("noPeriods") ?? method.noPeriods
        method.pastWeeksNotIncluded = try settings.integer("pastWeeksNotIncluded")
        method.thresholdMethod =
            try settings.choice("thresholdMethod", FarringtonFlexible.ThresholdMethod.self) ?? method.thresholdMethod
        return method
    }

    static func farrington(_ settings: Settings) throws(SurveillanceFault) -> Farrington {
        var method = Farrington()
        method.b = try settings.integer("b") ?? method.b
        method.w = try settings.integer("w") ?? method.w
        method.reweight = try settings.flag("reweight") ?? method.reweight
        method.alpha = try settings.number("alpha") ?? method.alpha
        method.trend = try settings.flag("trend") ?? method.trend
        (method.limitCases, method.limitPeriods) = try limit54(settings)
        method.powertrans = try settings.choice("powertrans", PowerTransformation.self) ?? method.powertrans
        method.populationOffset = try settings.text("fitFun") == "algo.farrington.fitGLM.populationOffset"
        return method
    }

    private static func limit54(_ settings: Settings) throws(SurveillanceFault) -> (Double, Int) {
        guard let limit = try settings.numbers("limit54") else { return (5, 4) }
        guard limit.count == 2, let periods = Int(exactly: limit[1]) else {
            throw SurveillanceFault("limit54", "two numbers are expected: cases and periods")
        }
        return (limit[0], periods)
    }

    static func ears(_ settings: Settings) throws(SurveillanceFault) -> EARS {
        EARS(
            try settings.choice("method", EARS.Method.self) ?? .c1, baseline: try settings.integer("baseline") ?? 7,
            minSigma: try settings.number("minSigma") ?? 0, alpha: try settings.number("alpha"))
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
        let (b, w, actY) = system(name.last, (0, 6, true))
        return Bayes(
            b: try settings.integer("b") ?? b, w: try settings.integer("w") ?? w,
            actY: try settings.flag("actY") ?? actY, alpha: try settings.number("alpha") ?? 0.05)
    }

    static func rki(_ settings: Settings, named name: String) throws(SurveillanceFault) -> RKI {
        let (b, w, actY) = system(name.last, (2, 4, false))
        return RKI(
            b: try settings.integer("b") ?? b, w: try settings.integer("w") ?? w,
            actY: try settings.flag("actY") ?? actY)
    }

    static func cdc(_ settings: Settings) throws(SurveillanceFault) -> CDC {
        CDC(
            b: try settings.integer("b") ?? 5, m: try settings.integer("m") ?? 1,
            alpha: try settings.number("alpha") ?? 0.025)
    }

    static func cusum(_ settings: Settings) throws(SurveillanceFault) -> CUSUM {
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
        var chart = GLR()
        chart.threshold = try settings.number("c.ARL") ?? chart.threshold
        switch settings["mu0"] {
        case nil: break
        case .object(let object):
            let model = Settings(values: object)
            chart.mean = .model(
                harmonics: try model.integer("S") ?? 1, trend: try model.flag("trend") ?? false,
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
        chart.largestCount = try settings.number("xMax") ?? chart.largestCount
        return chart
    }

    static func outbreakP(_ settings: Settings) throws(SurveillanceFault) -> OutbreakP {
        OutbreakP(
            k: try settings.number("k") ?? 100,
            returnsCases: try settings.choice("ret", GLR.Returned.self) == .cases,
            maxUpperboundCases: try settings.number("maxUpperboundCases") ?? 1e5)
    }
}
