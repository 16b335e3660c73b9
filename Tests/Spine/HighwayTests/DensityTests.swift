import Highway
import Testing

@Suite struct DensityTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    private func density() -> Density { Density(thickRate: 300, pace: .milliseconds(100), now: start) }

    @Test func `From so many a second on, more are waited for`() {
        var density = density()
        // 20 each 20 ms are 1,000 a second.
        let waits = (1...10).map { density.took(20, isFull: false, at: at(20 * $0)) }
        #expect(waits[..<4].allSatisfy { $0 == nil }, "it was said before it was known")
        #expect(waits[4...] == [at(200), at(220), at(240), at(260), at(280), at(300)])
    }

    @Test(arguments: [1, 5]) func `Whoever comes alone waits for nobody`(count: Int) {
        var density = density()
        for place in 1...50 { #expect(density.took(count, isFull: false, at: at(20 * place)) == nil) }
    }

    @Test func `Nothing is waited for while more is there already`() {
        var density = density()
        for place in 1...10 { #expect(density.took(256, isFull: true, at: at(100 * place)) == nil) }
        #expect(density.took(100, isFull: false, at: at(1100)) == at(1200))
    }

    @Test func `When fewer come they are taken at once again`() {
        var density = density()
        #expect(density.took(100, isFull: false, at: at(100)) == at(200))
        #expect(density.took(3, isFull: false, at: at(200)) == nil)
        #expect(density.took(1, isFull: false, at: at(9000)) == nil)
    }
}
