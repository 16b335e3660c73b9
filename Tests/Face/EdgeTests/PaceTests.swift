import Edge
import Testing

/// When a client is too slow. The clock is a number.
@Suite("pace")
struct PaceTests {
    private let limits: ConnectionLimits = {
        var limits = ConnectionLimits()
        limits.headSeconds = 10
        limits.idleSeconds = 60
        limits.bodySeconds = 5
        limits.bytesPerSecondMin = 100
        limits.answerSeconds = 30
        return limits
    }()

    @Test("a head has ten seconds from the connection's first moment, however it trickles")
    func firstHead() {
        var pace = ConnectionPace(limits, now: 0)
        for second in stride(from: 0.0, through: 10, by: 1) {
            pace.bytesArrived(now: second)
            #expect(pace.verdict(now: second) == nil)
        }
        #expect(pace.verdict(now: 10.1) == .head)
    }

    @Test("a further head has ten seconds from its own first byte")
    func furtherHead() {
        var pace = ConnectionPace(limits, now: 0)
        pace.requestBegan()
        #expect(pace.verdict(now: 1_000) == nil, "an answer may take as long as it takes")
        pace.requestEnded(now: 1_000)
        #expect(pace.verdict(now: 1_059) == nil)
        #expect(pace.verdict(now: 1_061) == .idle)
        pace.bytesArrived(now: 1_059)
        #expect(pace.verdict(now: 1_069) == nil)
        #expect(pace.verdict(now: 1_070) == .head)
    }

    @Test("over HTTP/2 it is idle when no stream is open, whatever frames come")
    func multiplexed() {
        var pace = ConnectionPace(limits, now: 0)
        pace.multiplexed(now: 1)
        pace.bytesArrived(now: 50)
        #expect(pace.verdict(now: 60) == nil)
        #expect(pace.verdict(now: 62) == .idle)
        pace.requestBegan()
        pace.requestBegan()
        pace.requestEnded(now: 500)
        #expect(pace.verdict(now: 900) == nil)
        pace.requestEnded(now: 901)
        #expect(pace.verdict(now: 962) == .idle)
    }

    @Test("a body may lag five seconds behind a hundred bytes a second, while the server waits for it")
    func body() {
        var pace = ExchangePace(limits)
        pace.headArrived()
        for second in 1...5 { #expect(pace.verdict(now: Double(second), seconds: 1, isWaiting: true) == nil) }
        pace.bodyArrived(bytes: 200)
        #expect(pace.verdict(now: 100, seconds: 95, isWaiting: false) == nil, "the server was not reading")
        #expect(pace.verdict(now: 102, seconds: 2, isWaiting: true) == nil)
        #expect(pace.verdict(now: 103, seconds: 1, isWaiting: true) == .body)
        pace.bodyEnded()
        #expect(pace.verdict(now: 200, seconds: 97, isWaiting: true) == nil)
    }

    @Test("a body that goes on after its answer is listened to for half a minute")
    func answered() {
        var pace = ExchangePace(limits)
        pace.headArrived()
        pace.answered(now: 10)
        pace.bodyArrived(bytes: 1 << 40)
        #expect(pace.verdict(now: 40, seconds: 1, isWaiting: false) == nil)
        #expect(pace.verdict(now: 41, seconds: 1, isWaiting: false) == .body)
    }

    @Test("an answer may take long, when each piece is taken within half a minute")
    func answer() {
        var pace = ExchangePace(limits)
        for _ in 0..<10 { pace.pieceWritten(now: 0) }
        for piece in 1...10 {
            #expect(pace.verdict(now: Double(piece) * 29, seconds: 29, isWaiting: false) == nil)
            pace.pieceTaken(now: Double(piece) * 29)
        }
        #expect(pace.verdict(now: 10_000, seconds: 1, isWaiting: false) == nil)
        pace.pieceWritten(now: 10_000)
        #expect(pace.verdict(now: 10_031, seconds: 1, isWaiting: false) == .answer)
    }
}
