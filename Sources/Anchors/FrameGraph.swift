import CairnGeometry

/// A frame of reference: right-handed, in metres.
public enum Frame: Hashable, Sendable {
    /// ECEF: turns with the Earth, origin in its centre.
    case earth
    /// The shared world: x East, y North, z up at its origin.
    case world
    /// One anchor's own axes, by its number in the world's description.
    case anchor(AnchorID)
    /// The frame in which one device tracks itself, by a number its owner chooses; a new tracking
    /// session is a new frame.
    case device(UInt64)
}

/// Which frame hangs on which, by which transform, and how well that is known.
///
/// A forest: each frame hangs on at most one other. So there is one path between two frames, and
/// whoever asks by whichever way gets the same answer: an entity has one pose, and what VR, a map
/// and a phone see are views of it. Where several measurements tie the same frames, the solver
/// merges them before they come here.
///
/// Errors of different edges are taken as independent; edges that both ends share cancel, because
/// a path runs over the nearest common frame only.
///
/// - Complexity: every operation is linear in the depth, which is 2 for anchors and devices.
public struct FrameGraph: Sendable {
    /// What can be wrong with an edge; the graph is then as it was.
    public enum EdgeError: Error, Hashable, Sendable {
        /// The edge would close a loop, or tie a frame to itself.
        case loop
        /// There is no room for one more frame.
        case full
        /// The transform is not finite, or its rotation not of unit length.
        case notRigid
    }

    private struct Edge: Sendable {
        var parent: Frame
        var parentFromChild: UncertainTransform
    }

    // Looked up, never iterated: order cannot leak. Keys hold numbers that clients may choose.
    private var edges: [Frame: Edge] = [:]
    private let capacity: Int

    /// An empty graph that holds at most `capacity` frames besides the roots.
    public init(capacity: Int = 65_536) { self.capacity = capacity }

    /// How many frames hang on another.
    public var count: Int { edges.count }

    /// Hangs `child` on `parent`, or moves it there.
    public mutating func attach(
        _ child: Frame, to parent: Frame, by parentFromChild: UncertainTransform
    ) throws(EdgeError) {
        guard parentFromChild.transform.isRigid else { throw .notRigid }
        var ancestor: Frame? = parent
        while let frame = ancestor {
            guard frame != child else { throw .loop }
            ancestor = edges[frame]?.parent
        }
        guard edges[child] != nil || edges.count < capacity else { throw .full }
        edges[child] = Edge(parent: parent, parentFromChild: parentFromChild)
    }

    /// Lets `frame` hang on nothing; what hangs on it stays with it.
    public mutating func detach(_ frame: Frame) { edges[frame] = nil }

    /// Turns coordinates in `source` into coordinates in `target`; nil where no path leads.
    public func transform(from source: Frame, to target: Frame) -> UncertainTransform? {
        var ascent = [(frame: source, fromSource: UncertainTransform.identity)]
        while let top = ascent.last, let edge = edges[top.frame] {
            ascent.append((edge.parent, edge.parentFromChild * top.fromSource))
        }
        var frame = target
        var fromTarget = UncertainTransform.identity
        while true {
            if let meeting = ascent.first(where: { $0.frame == frame }) {
                return fromTarget.inverse * meeting.fromSource
            }
            guard let edge = edges[frame] else { return nil }
            fromTarget = edge.parentFromChild * fromTarget
            frame = edge.parent
        }
    }

    /// What has `pose` in frame `known` has the returned pose in frame `wanted`.
    public func view(
        of pose: UncertainTransform, in known: Frame, from wanted: Frame
    ) -> UncertainTransform? {
        transform(from: known, to: wanted).map { $0 * pose }
    }
}
