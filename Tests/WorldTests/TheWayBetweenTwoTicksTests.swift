import CairnGeometry
import CairnWorld
import Testing

/// What is between two states of a body that is steered.
@Suite struct TheWayBetweenTwoTicksTests {
    private func course(_ x: Int32, _ y: Int32, _ speed: (Double, Double)) -> Course {
        Course(
            position: Position(x: x, y: y, z: 7),
            velocity: Velocity(metresPerSecondX: speed.0, speed.1, 0))
    }

    private func way(_ from: Course, _ to: Course, _ span: Double, _ ticks: Double) -> Position {
        MotionPath.position(from: from, to: to, span: span, ticks: ticks, tickHertz: 20)
    }

    /// At 2 m/s a tick of 50 ms is 102.4 units.
    @Test func oneTurnBetweenTwoStatesIsFoundExactly() {
        // Two ticks and a half East, a tick and a half North.
        let from = course(0, 0, (2, 0))
        let to = course(256, 154, (0, 2))
        for (ticks, x, y) in [(1.0, 102, 0), (2.0, 205, 0), (2.5, 256, 0), (3.5, 256, 102)] {
            let here = way(from, to, 4, ticks)
            #expect(abs(here.x - Int32(x)) <= 1 && abs(here.y - Int32(y)) <= 1, "\(here)")
        }
    }

    @Test func aStopAndAStartAreFoundExactly() {
        let stop = (course(0, 0, (2, 0)), course(154, 0, (0, 0)))
        #expect(abs(way(stop.0, stop.1, 4, 1).x - 102) <= 1)
        #expect(abs(way(stop.0, stop.1, 4, 2).x - 154) <= 1)
        let start = (course(0, 0, (0, 0)), course(154, 0, (2, 0)))
        #expect(abs(way(start.0, start.1, 4, 2.5).x) <= 1)
        #expect(abs(way(start.0, start.1, 4, 3).x - 51) <= 1)
    }

    @Test func itBeginsAndEndsWhereTheStatesAreWhateverTheySay() {
        let from = course(-5_000, 300, (6, -3))
        let to = course(900, -77, (-2, 5))
        #expect(way(from, to, 3, 0) == from.position)
        #expect(way(from, to, 3, 3) == to.position)
        #expect(way(from, to, 3, -9) == from.position && way(from, to, 3, 99) == to.position)
    }

    @Test func whatStoodAndWasPutElsewhereStandsUntilItsLastTick() {
        let (from, to) = (course(0, 0, (0, 0)), course(1_000, 0, (0, 0)))
        #expect(way(from, to, 20, 18.9).x == 0)
        #expect(way(from, to, 20, 19.5).x == 500)
    }

    @Test func farApartIsNoTrap() {
        let from = Course(
            position: Position(x: .min, y: .max, z: .min),
            velocity: Velocity(x: .max, y: .min, z: .max))
        let to = Course(
            position: Position(x: .max, y: .min, z: .max),
            velocity: Velocity(x: .min, y: .max, z: .min))
        for ticks in 0...40 { _ = way(from, to, 4, Double(ticks) / 10) }
        _ = from.position(after: 1e9, tickHertz: 20)
    }
}
