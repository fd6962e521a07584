import CairnGeometry

/// How good a device's pose is, in steps that an application can choose its looks by: at A an NPC
/// sits on a real bench, at C it floats somewhere above it.
public enum QualityGrade: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// 5 cm and 1°.
    case a = 1
    /// 25 cm and 3°.
    case b = 2
    /// 1 m and 5°.
    case c = 3
    /// 5 m and 15°.
    case d = 4
    /// Worse.
    case none = 5

    /// Better grades come first.
    public static func < (left: QualityGrade, right: QualityGrade) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The largest standard deviations, in metres and radians, that the grade allows.
    public var limits: (positionMetres: Double, rotationRadians: Double) {
        switch self {
        case .a: (0.05, radians(degrees: 1))
        case .b: (0.25, radians(degrees: 3))
        case .c: (1, radians(degrees: 5))
        case .d: (5, radians(degrees: 15))
        case .none: (.infinity, .infinity)
        }
    }

    /// A grade is lost only a quarter beyond its limits, so that it does not flicker.
    public static let hysteresis = 1.25

    /// The best grade whose limits hold, given the grade before.
    public init(
        positionSigmaMetres: Double, rotationSigmaRadians: Double, before: QualityGrade? = nil
    ) {
        self =
            Self.allCases.first { grade in
                let slack = grade == before ? Self.hysteresis : 1
                return positionSigmaMetres <= grade.limits.positionMetres * slack
                    && rotationSigmaRadians <= grade.limits.rotationRadians * slack
            } ?? .none
    }
}
