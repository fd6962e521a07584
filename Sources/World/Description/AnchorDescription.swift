public import CairnGeometry

/// A mark at a real place that devices can recognise: a printed tag, a statue, a scanned corner.
public struct AnchorDescription: Hashable, Sendable {
    /// Unique among the world's anchors; what a device calls the anchor when it reports it.
    public var name: String
    public var position: Position
    public var orientation: Orientation
    /// How well the author knows the position: the standard deviation of each axis in metres.
    public var sigmaMetres: Double

    public init(
        name: String, position: Position, orientation: Orientation = .identity,
        sigmaMetres: Double = 0.05
    ) {
        self.name = name
        self.position = position
        self.orientation = orientation
        self.sigmaMetres = sigmaMetres
    }
}
