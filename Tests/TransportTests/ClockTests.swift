import CairnBasics
import CairnTransport
import Testing

/// The client's idea of the server's clock, against the truth, in virtual time.
@Suite struct ClockTests {
    static let presets: [(name: String, LinkConditions, settled: Int64)] = [
        ("wifi", .wifi, 5), ("lte", .lte, 20), ("congested", .congested, 60),
        ("satellite", .satellite, 40),
    ]

    /// The largest error, in ms, that a client has from `settled` seconds on, looked at ten times a
    /// second.
    private func largestError(
        down: LinkConditions, up: LinkConditions, ppm: Int64, settled: Int64, seed: UInt64
    ) -> Double {
        let road = Road(seed: seed, down: down, up: up)
        let clock = RoadClient.Clock(lead: .seconds(-1_234), partsPerMillion: ppm)
        let client = road.join(clock: clock)
        road.run(for: .seconds(settled))
        var largest = 0.0
        for _ in 0..<1_200 {
            road.run(for: .milliseconds(100))
            let believed = clock.reading(road.now) + client.serverTimeOffset!
            let error = abs((believed - road.now).milliseconds)
            largest = max(largest, error)
        }
        return largest
    }

    @Test(arguments: 0..<4, [-100, 0, 100] as [Int64])
    func theErrorIsUnderAMillisecondOverEveryPreset(preset: Int, ppm: Int64) {
        let (name, link, settled) = Self.presets[preset]
        for seed in 1...3 {
            let error = largestError(
                down: link, up: link, ppm: ppm, settled: settled, seed: UInt64(seed))
            #expect(error <= 1, "\(name), \(ppm) ppm: \(error) ms")
        }
    }

    @Test func anAsymmetricPathCostsHalfItsAsymmetry() {
        var up = LinkConditions.wifi
        up.delay = .milliseconds(35)
        let error = largestError(down: .wifi, up: up, ppm: 50, settled: 10, seed: 9)
        #expect(error <= 15 + 1 && error >= 15 - 1, "\(error) ms")
    }

    @Test func aPathThatGrowsLongerIsNotTakenForSkew() {
        let road = Road(seed: 3, down: .wifi, up: .wifi)
        let client = road.join()
        road.run(for: .seconds(40))
        road.down.conditions.delay = .milliseconds(45)
        road.up.conditions.delay = .milliseconds(45)
        var largest = 0.0
        for _ in 0..<1_000 {
            road.run(for: .milliseconds(100))
            largest = max(largest, abs(client.serverTimeOffset!.milliseconds))
        }
        #expect(largest <= 1, "\(largest) ms")
    }
}
