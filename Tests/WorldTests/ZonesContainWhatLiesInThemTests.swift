import CairnBasics
import CairnGeometry
import CairnWorld
import Testing

private func zone(_ corners: [(Int32, Int32)]) -> ZoneDescription {
    ZoneDescription(
        name: "zone", role: .noGo, polygon: corners.map { PlanarPoint(x: $0.0, y: $0.1) })
}

/// The same question answered another way: the winding of triangles around the first corner, in
/// 128 bits. A point is inside a polygon when an odd number of the fan's triangles hold it; edges
/// are asked for separately.
private func fanContains(_ zone: ZoneDescription, _ x: Int32, _ y: Int32) -> Bool {
    func cross(_ a: PlanarPoint, _ b: PlanarPoint) -> Int128 {
        (Int128(b.x) - Int128(a.x)) * (Int128(y) - Int128(a.y))
            - (Int128(x) - Int128(a.x)) * (Int128(b.y) - Int128(a.y))
    }
    let corners = zone.polygon
    for index in corners.indices {
        let (a, b) = (corners[index], corners[(index + 1) % corners.count])
        let isBetween =
            x >= min(a.x, b.x) && x <= max(a.x, b.x) && y >= min(a.y, b.y) && y <= max(a.y, b.y)
        if cross(a, b) == 0 && isBetween { return true }
    }
    var winding = 0
    for index in corners.indices {
        let (a, b) = (corners[index], corners[(index + 1) % corners.count])
        if a.y <= y && b.y > y && cross(a, b) > 0 { winding += 1 }
        if a.y > y && b.y <= y && cross(a, b) < 0 { winding += 1 }
    }
    return winding % 2 == 1
}

@Suite struct ZonesContainWhatLiesInThemTests {
    @Test func everyPointOfASmallGridIsWhereItLooks() {
        // An L: the inner corner at (2, 2) points inwards.
        let l = zone([(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)])
        let picture = [
            "......",
            "ooo...",
            "ooo...",
            "ooooo.",
            "ooooo.",
            "ooooo.",
        ]
        for (row, line) in picture.enumerated() {
            for (column, letter) in line.enumerated() {
                let (x, y) = (Int32(column), Int32(5 - row))
                #expect(l.contains(x: x, y: y) == (letter == "o"), "(\(x), \(y))")
            }
        }
        #expect(!l.contains(x: -1, y: 2))
    }

    @Test(arguments: 0..<20)
    func anotherWayOfAskingAgrees(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let spread: UInt32 = seed % 2 == 0 ? 7 : .max
        func coordinate() -> Int32 {
            Int32(truncatingIfNeeded: Int64(random.below(spread)) - Int64(spread / 2))
        }
        var inside = 0
        for _ in 0..<60 {
            let zone = zone((0..<(3 + random.below(6))).map { _ in (coordinate(), coordinate()) })
            for _ in 0..<30 {
                let (x, y) = (coordinate(), coordinate())
                let holds = zone.contains(x: x, y: y)
                if holds { inside += 1 }
                #expect(holds == fanContains(zone, x, y))
            }
        }
        #expect(inside > 100)
    }

    @Test func theDirectionOfTheCornersDoesNotMatter() {
        let corners: [(Int32, Int32)] = [(0, 0), (9, 1), (7, 8), (3, 5), (-2, 9)]
        for x in Int32(-3)...10 {
            for y in Int32(-3)...10 {
                #expect(
                    zone(corners).contains(x: x, y: y)
                        == zone(corners.reversed()).contains(x: x, y: y))
            }
        }
    }

    @Test func theEndsOfTheNumbersAreExact() {
        let whole = zone([(.min, .min), (.max, .min), (.max, .max), (.min, .max)])
        let half = zone([(.min, .min), (.max, .min), (.max, .max)])
        #expect(whole.contains(x: .min, y: .max))
        #expect(half.contains(x: 7, y: 7))
        #expect(!half.contains(x: 7, y: 8))
        #expect(half.contains(x: 8, y: 7))
    }

    @Test func aPolygonOfFewerThanThreeCornersIsALine() {
        #expect(!zone([]).contains(x: 0, y: 0))
        #expect(zone([(1, 1)]).contains(x: 1, y: 1))
        #expect(zone([(0, 0), (4, 4)]).contains(x: 2, y: 2))
        #expect(!zone([(0, 0), (4, 4)]).contains(x: 2, y: 3))
    }

    @Test func aCircleIsRound() {
        let circle = ZoneDescription(
            name: "circle", role: .noGo,
            polygon: ZoneDescription.circle(around: PlanarPoint(x: 100, y: -50), radiusUnits: 1000))
        #expect(circle.polygon.count == 24)
        for corner in circle.polygon {
            let (dx, dy) = (Double(corner.x) - 100, Double(corner.y) + 50)
            #expect(abs((dx * dx + dy * dy).squareRoot() - 1000) < 1)
        }
        #expect(circle.contains(x: 100, y: 940))
        #expect(!circle.contains(x: 100, y: 951))
        let edge = ZoneDescription.circle(
            around: PlanarPoint(x: .max, y: .min), radiusUnits: .max)
        #expect(edge.count == 24)
    }
}
