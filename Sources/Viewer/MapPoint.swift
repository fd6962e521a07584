// The flat view of the world: what a map needs of a position, in metres.
//
// Display only. Nothing here is exact, and nothing that decides anything reads it.
public import CairnGeometry

/// A place on the map in metres: x East, y North.
public struct MapPoint: Hashable, Sendable {
    public var x: Double
    public var y: Double

    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    /// The place below or above a position; height is not shown.
    public init(_ position: Position) {
        let metres = position.metres
        self.init(x: metres.x, y: metres.y)
    }

    /// A point given in the units of `Position`, 1/1024 m.
    public init(unitsX: Int32, unitsY: Int32) {
        self.init(Position(x: unitsX, y: unitsY, z: 0))
    }

    public static let origin = MapPoint(x: 0, y: 0)

    /// The distance in metres.
    public func distance(to other: MapPoint) -> Double {
        let dx = x - other.x
        let dy = y - other.y
        return (dx * dx + dy * dy).squareRoot()
    }

    /// The direction towards `other` in radians, counter-clockwise from East, in -π...π.
    public func heading(to other: MapPoint) -> Double {
        arcTangent(other.y - y, other.x - x)
    }
}

/// The integer part towards minus infinity of any number at all, held within ±10^12.
///
/// Cell coordinates come from positions divided by a zoom that the user turns, so this must not
/// trap on what is too large or not a number; NaN is 0.
func wholeNumber(below value: Double) -> Int {
    guard value == value else { return 0 }
    let held = max(-1e12, min(1e12, value))
    let truncated = Int(held)
    return Double(truncated) > held ? truncated - 1 : truncated
}
