public import CairnGeometry

/// How uncertain a pose is: the covariance of its six degrees of freedom, to first order.
///
/// The error is that of a small turn and shift on the target's side, `(exp(δθ) R, t + δt)`, with δt
/// in metres and δθ in radians, both in the target frame's axes. Three blocks of the symmetric
/// 6×6 matrix hold it all; with this choice composition needs two short formulas (Barfoot and
/// Furgale, 2014, to first order).
public struct PoseCovariance: Hashable, Sendable {
    /// Of the translation, in square metres.
    public var position: Matrix3
    /// Of the translation (rows) with the rotation (columns), in metre radians.
    public var cross: Matrix3
    /// Of the rotation, in square radians.
    public var rotation: Matrix3

    public init(position: Matrix3, cross: Matrix3 = .zero, rotation: Matrix3) {
        self.position = position
        self.cross = cross
        self.rotation = rotation
    }

    /// No uncertainty at all: for what is so by definition.
    public static let zero = PoseCovariance(position: .zero, rotation: .zero)

    /// The same uncertainty in every direction, given as standard deviations.
    public init(positionSigmaMetres: Double, rotationSigmaRadians: Double) {
        let place = positionSigmaMetres * positionSigmaMetres
        let turn = rotationSigmaRadians * rotationSigmaRadians
        self.init(
            position: Matrix3(diagonal: Vector3(place, place, place)),
            rotation: Matrix3(diagonal: Vector3(turn, turn, turn)))
    }

    /// The standard deviation of the place along its worst direction, in metres.
    public var positionSigmaMetres: Double { max(0, position.largestEigenvalue).squareRoot() }
    /// The standard deviation of the rotation about its worst axis, in radians.
    public var rotationSigmaRadians: Double { max(0, rotation.largestEigenvalue).squareRoot() }

    /// The covariance of the place that lies `lever` metres (in the target's axes) from this one
    /// on the same rigid body: each turn moves it sideways.
    public func moved(by lever: Vector3) -> PoseCovariance {
        let arm = Matrix3(crossProductOf: lever)
        // δt' = δt - [lever]× δθ.
        return PoseCovariance(
            position: position - arm * cross.transpose - cross * arm.transpose
                + arm * rotation * arm.transpose,
            cross: cross - arm * rotation,
            rotation: rotation)
    }

    /// The same covariance in the axes that `turn` turns the present ones into.
    public func turned(by turn: Quaternion) -> PoseCovariance {
        let matrix = Matrix3(turn)
        let back = matrix.transpose
        return PoseCovariance(
            position: matrix * position * back, cross: matrix * cross * back,
            rotation: matrix * rotation * back)
    }

    /// The sum of independent errors in the same axes.
    public static func + (left: PoseCovariance, right: PoseCovariance) -> PoseCovariance {
        PoseCovariance(
            position: left.position + right.position, cross: left.cross + right.cross,
            rotation: left.rotation + right.rotation)
    }
}

/// A transform and how far it is to be trusted: an edge of the frame graph.
public struct UncertainTransform: Hashable, Sendable {
    public var transform: RigidTransform
    public var covariance: PoseCovariance

    public init(_ transform: RigidTransform, covariance: PoseCovariance = .zero) {
        self.transform = transform
        self.covariance = covariance
    }

    /// The transform that changes nothing, for certain.
    public static let identity = UncertainTransform(.identity)

    /// The transform back, its error now on the other side.
    public var inverse: UncertainTransform {
        // With t' = -Rᵀt the error becomes δθ' = -Rᵀδθ and δt' = -Rᵀ(δt + t × δθ): the error at
        // the target's origin, seen from the source. Both signs flip, so the squares keep theirs.
        UncertainTransform(
            transform.inverse,
            covariance: covariance.moved(by: -transform.translation)
                .turned(by: transform.rotation.conjugate))
    }

    /// The composition, taking the two errors as independent.
    public static func * (
        left: UncertainTransform, right: UncertainTransform
    ) -> UncertainTransform {
        let lever = left.transform.rotation.rotate(right.transform.translation)
        return UncertainTransform(
            left.transform * right.transform,
            covariance: left.covariance.moved(by: lever)
                + right.covariance.turned(by: left.transform.rotation))
    }
}
