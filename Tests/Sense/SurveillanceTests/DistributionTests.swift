import Surveillance
import Testing

/// Values with 17 digits from mpmath at 40 digits.
@Suite("Distributions")
struct DistributionTests {
    private func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-11) -> Bool {
        abs(a - b) <= tolerance * abs(b)
    }

    @Test(
        "the normal distribution, far into its tails",
        arguments: [
            (-8, 6.2209605742717841e-16), (-3.5, 0.00023262907903552504), (-1, 0.15865525393145705),
            (0.3, 0.61791142218895263), (2, 0.97724986805182079), (6, 0.99999999901341235),
        ])
    func normal(x: Double, p: Double) {
        #expect(near(Normal.cumulative(x), p))
        #expect(near(Normal.upperTail(-x), p))
    }

    @Test(
        "normal quantiles",
        arguments: [
            (1e-12, -7.0344838253011319), (0.001, -3.0902323061678135), (0.025, -1.9599639845400542),
            (0.3, -0.52440051270804078), (0.95, 1.6448536269514727), (0.995, 2.5758293035489008),
            (0.9999, 3.7190164854556806),
        ])
    func normalQuantile(p: Double, x: Double) { #expect(near(Normal.quantile(p), x)) }

    @Test(
        "Student's t",
        arguments: [
            (2.5, 3, 0.043853323504032774), (-1.2, 7, 0.86541403158639677), (0.1, 27, 0.46054157846861708),
            (12, 20, 6.7977785129403396e-11), (2, 1, 0.14758361765043327),
        ])
    func student(t: Double, df: Double, tail: Double) { #expect(near(StudentT.upperTail(t, df: df), tail)) }

    @Test(
        "Student's quantiles",
        arguments: [
            (0.95, 3, 2.3533634348018239), (0.99, 27, 2.4726599119560067), (0.95, 1, 6.3137515146750431),
            (0.995, 300, 2.5923164108477925),
        ])
    func studentQuantile(p: Double, df: Double, t: Double) { #expect(near(StudentT.quantile(p, df: df), t)) }

    @Test(
        "the gamma distribution",
        arguments: [
            (0.5, 0.1, 0.34527915398142298), (3, 2.5, 0.45618688411667048), (30, 45, 0.9926628007022035),
            (1000, 950, 0.055054686230738034), (0.05, 1e-8, 0.40894239958340559),
        ])
    func gamma(shape: Double, x: Double, p: Double) {
        #expect(near(GammaDistribution.cumulative(2 * x, shape: shape, scale: 2), p))
    }

    @Test(
        "gamma quantiles",
        arguments: [
            (0.025, 1.3, 0.067908145680082595), (0.975, 1.3, 4.2937771108635789), (0.5, 0.2, 0.020746339192824845),
            (0.05, 400, 367.68117406174894), (0.95, 12345, 12528.32323411295),
        ])
    func gammaQuantile(p: Double, shape: Double, x: Double) {
        #expect(near(GammaDistribution.quantile(p, shape: shape, scale: 3), 3 * x))
    }

    @Test(
        "the negative binomial: sums from either side and single values",
        arguments: [
            (0.7, 0.3, 4, 0.89725382145500935, 0.15394715532689264, 0.051200976781901986),
            (12.5, 0.6, 20, 0.99603269700256093, 0.0065474381579301762, 0.0025801351604911031),
            (1e4, 0.999, 30, 0.9999999166685991, 2.6119842759279623e-7, 1.7786702669274895e-7),
            (3, 0.05, 200, 0.99794197471444891, 0.0021469758077407777, 8.8950522189684751e-5),
            (2.0000001, 0.9, 0, 0.80999999146579828, 1, 0.80999999146579828),
        ])
    func negativeBinomial(size: Double, p: Double, y: Double, sum: Double, tail: Double, density: Double) {
        let distribution = CountDistribution.negativeBinomial(size: size, probability: p)
        #expect(near(distribution.cumulative(y), sum))
        #expect(near(distribution.upperTail(y), tail, 1e-10))
        #expect(near(distribution.density(y), density, 1e-10))
        #expect(distribution.midP(y) == distribution.upperTail(y) - distribution.density(y) / 2)
    }

    @Test(
        "the Poisson distribution, sums from either side",
        arguments: [
            (0.3, 2, 0.99640050681691053, 0.036936313113766774), (20, 5, 7.1908840528428926e-5, 0.99998305525606993),
            (150, 190, 0.99927791474274139, 0.00093454522008607565),
            (5000, 5100, 0.92203766545937893, 0.080030999156572693),
        ])
    func poisson(mean: Double, y: Double, sum: Double, tail: Double) {
        let distribution = CountDistribution.poisson(mean: mean)
        #expect(near(distribution.cumulative(y), sum))
        #expect(near(distribution.upperTail(y), tail))
    }

    @Test(
        "quantiles of counts",
        arguments: [
            (CountDistribution.negativeBinomial(size: 0.7, probability: 0.3), 0.995, 12),
            (.negativeBinomial(size: 12.5, probability: 0.6), 0.95, 15),
            (.negativeBinomial(size: 1e4, probability: 0.999), 0.5, 10),
            (.negativeBinomial(size: 3, probability: 0.05), 0.999, 217),
            (.negativeBinomial(size: 1e-3, probability: 0.2), 0.99, 0), (.poisson(mean: 0.3), 0.95, 1),
            (.poisson(mean: 20), 0.99, 31), (.poisson(mean: 150), 0.005, 119), (.poisson(mean: 5000), 0.9999, 5265),
            (.poisson(mean: 1e7), 0.5, 1e7), (.poisson(mean: 0), 0.99, 0),
        ])
    func quantiles(distribution: CountDistribution, p: Double, y: Double) { #expect(distribution.quantile(p) == y) }

    @Test("a quantile is the first count whose sum reaches p", arguments: 0..<60)
    func inverse(seed: Int) {
        let mean = 0.05 * pow2(Double(seed % 15))
        let distribution = CountDistribution(mean: mean, dispersion: 1 + Double(seed % 4))
        for p in [0.001, 0.1, 0.5, 0.9, 0.995] {
            let y = distribution.quantile(p)
            #expect(distribution.cumulative(y) >= p * (1 - 1e-13))
            #expect(y == 0 || distribution.cumulative(y - 1) < p)
        }
    }

    private func pow2(_ x: Double) -> Double { (0..<Int(x)).reduce(1) { value, _ in 2 * value } }
}
