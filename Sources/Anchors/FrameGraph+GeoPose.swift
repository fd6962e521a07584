// The world frame pinned to the Earth, and poses of the graph in and out as GeoPose.

public import CairnGeometry

extension FrameGraph {
    /// Pins the world to the Earth.
    ///
    /// The origin's uncertainty stands on this one edge, so that metres of satellite error never
    /// reach the centimetres between anchors, devices and what stands in the world.
    public mutating func pin(
        _ origin: WorldOrigin, covariance: PoseCovariance = .zero
    ) throws(EdgeError) {
        try attach(
            .world, to: .earth, by: UncertainTransform(origin.ecefFromWorld, covariance: covariance)
        )
    }

    /// The pose on the Earth of what has `pose` in `frame`; nil where the frame is not tied to the
    /// Earth or the pose is out of range.
    public func geoPose(of pose: RigidTransform, in frame: Frame) -> GeoPose? {
        transform(from: frame, to: .earth).flatMap { ecefFromFrame in
            GeoPose(ecefFromBody: ecefFromFrame.transform * pose)
        }
    }

    /// The pose in `frame` of something on the Earth; nil where the frame is not tied to the Earth.
    public func pose(of geoPose: GeoPose, in frame: Frame) -> RigidTransform? {
        transform(from: .earth, to: frame).map { $0.transform * geoPose.ecefFromBody }
    }
}
