public import CairnGeometry

/// The number of an anchor: its place in the list of anchors of the world's description.
public struct AnchorID: Hashable, Comparable, Sendable {
    public var raw: UInt16

    public init(_ raw: UInt16) { self.raw = raw }

    public static func < (left: AnchorID, right: AnchorID) -> Bool { left.raw < right.raw }
}

/// Something real that devices can recognise and whose pose in the world is known: a printed
/// marker, a statue, a corner of a building.
public struct Anchor: Hashable, Sendable {
    public var name: String
    /// The pose of the anchor's own axes in world metres.
    public var worldFromAnchor: RigidTransform
    /// How well its place is known along each axis, as a standard deviation in metres.
    public var positionSigmaMetres: Double
    /// How well its orientation is known about each axis, as a standard deviation in radians.
    public var rotationSigmaRadians: Double

    /// Half a degree: what a careful hand with a compass and a level reaches, and twice what the
    /// world's 32-bit orientations resolve.
    public static let defaultRotationSigmaRadians = radians(degrees: 0.5)

    public init(
        name: String, worldFromAnchor: RigidTransform, positionSigmaMetres: Double,
        rotationSigmaRadians: Double = defaultRotationSigmaRadians
    ) {
        self.name = name
        self.worldFromAnchor = worldFromAnchor
        self.positionSigmaMetres = positionSigmaMetres
        self.rotationSigmaRadians = rotationSigmaRadians
    }

    /// An anchor as a world's description has it.
    public init(
        name: String, position: Position, orientation: Orientation, sigmaMetres: Double
    ) {
        self.init(
            name: name,
            worldFromAnchor: RigidTransform(position: position, orientation: orientation),
            positionSigmaMetres: sigmaMetres)
    }

    /// The edge from the anchor to the world.
    public var uncertainTransform: UncertainTransform {
        UncertainTransform(
            worldFromAnchor,
            covariance: PoseCovariance(
                positionSigmaMetres: positionSigmaMetres,
                rotationSigmaRadians: rotationSigmaRadians))
    }
}

/// The anchors of a world, by number.
public struct AnchorMap: Hashable, Sendable {
    /// In the order of the world's description.
    public private(set) var anchors: [Anchor]

    /// - Precondition: no more anchors than an `AnchorID` can number.
    public init(_ anchors: [Anchor] = []) {
        precondition(anchors.count <= 1 << 16)
        self.anchors = anchors
    }

    /// The anchor with this number, if there is one.
    public subscript(id: AnchorID) -> Anchor? {
        Int(id.raw) < anchors.count ? anchors[Int(id.raw)] : nil
    }

    /// The number of the first anchor with this name.
    public func id(named name: String) -> AnchorID? {
        anchors.firstIndex { $0.name == name }.map { AnchorID(UInt16($0)) }
    }

    /// Hangs every anchor on the world.
    public func attach(to graph: inout FrameGraph) throws(FrameGraph.EdgeError) {
        for (index, anchor) in anchors.enumerated() {
            try graph.attach(
                .anchor(AnchorID(UInt16(index))), to: .world, by: anchor.uncertainTransform)
        }
    }
}
