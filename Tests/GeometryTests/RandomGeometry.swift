import CairnBasics
import CairnGeometry

// Random values for property tests, and what they are compared by.

extension SeededRandom {
    mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + unit() * (range.upperBound - range.lowerBound)
    }

    mutating func index(below count: Int) -> Int { Int(unit() * Double(count)) }

    mutating func vector(within radius: Double) -> Vector3 {
        Vector3(
            within(-radius...radius), within(-radius...radius), within(-radius...radius))
    }

    mutating func rotation() -> Quaternion {
        while true {
            let q = Quaternion(
                x: within(-1...1), y: within(-1...1), z: within(-1...1), w: within(-1...1))
            if q.norm > 0.1, q.norm <= 1, let unit = q.normalised { return unit }
        }
    }

    mutating func transform(within radius: Double) -> RigidTransform {
        RigidTransform(rotation: rotation(), translation: vector(within: radius))
    }

    /// Anywhere on the Earth, poles and the date line included.
    mutating func place(heights: ClosedRange<Double>) -> GeodeticPosition {
        let latitude = [within(-90...90), 90, -90, 0, within(-1e-9...1e-9)]
        let longitude = [within(-180...180), 180, -180, 0]
        return GeodeticPosition(
            latitudeDegrees: index(below: 4) > 0 ? latitude[0] : latitude[index(below: 5)],
            longitudeDegrees: index(below: 4) > 0 ? longitude[0] : longitude[index(below: 4)],
            heightMetres: within(heights))!
    }
}

func distance(_ one: Vector3, _ other: Vector3) -> Double { (one - other).length }
