/// The base values of the Bayes and RKI methods: the last `w` periods, and the periods within `w` of the same period in the
/// `b` years before. Missing ones are left out.
struct ReferenceWeeks {
    var b: Int
    var w: Int
    var actY: Bool

    func values(_ series: CountSeries, _ k: Int) -> [Double] {
        var values: [Double] = []
        if actY { values += series.observed[(k - w - 1)..<(k - 1)] }
        for i in 0..<b {
            let center = k - (i + 1) * series.frequency
            values += series.observed[(center - w - 1)..<(center + w)]
        }
        return values.filter { !$0.isNaN }
    }

    func check(_ series: CountSeries, _ range: ClosedRange<Int>) throws(SurveillanceFault) {
        guard b >= 0, w >= 0 else { throw SurveillanceFault("b, w", "can't be negative") }
        guard b > 0 || (actY && w > 0) else { throw SurveillanceFault("actY", "nothing to compare with: b is 0") }
        try series.check(range, history: b * series.frequency + w)
        guard b == 0 || range.upperBound - series.frequency + w <= series.count else {
            throw SurveillanceFault("w", "is \(w): the windows around index \(range.upperBound) leave the series")
        }
    }
}
