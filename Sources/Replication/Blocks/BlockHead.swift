// What the head of a motion block says without its contents: for whoever counts what is delivered,
// as load generators and proxies do, and keeps no picture of the world.
//
// Costs some ten nanoseconds and no memory; it judges the head only, never what follows.

public import CairnBasics
public import CairnWire
public import CairnWorld

/// The head of a keyframe block or a change block.
public struct BlockHead: Hashable, Sendable {
    public let page: PageID
    /// The tick of the keyframe that the block brings or builds on.
    public let keyframe: Tick
    /// True for a whole keyframe, and for a change that makes the page's state one.
    public let isKeyframe: Bool
    /// Slots with a member, of a whole keyframe; 0 for a change.
    public let occupied: UInt32
    /// Slots that a change tells of, beside those that only moved.
    public let departed: UInt32
    public let arrived: UInt32

    /// Reads the head of a block in a packet of tick `tick`; nil for frames of other types.
    /// - Throws: when the head is malformed.
    public init?(
        _ type: FrameType, _ body: RawSpan, tick: Tick
    ) throws(CodecError) {
        var reader = ByteReader(body)
        switch type {
        case .keyframeBlock:
            page = try PageID(decoding: &reader)
            let age = try reader.getVarint(atMost: UInt64(UInt32.max))
            _ = try reader.get(UInt64.self)
            keyframe = Tick(tick.number &- UInt32(truncatingIfNeeded: age))
            isKeyframe = true
            occupied = UInt32(
                truncatingIfNeeded: try reader.getVarint(atMost: UInt64(UInt32.max)))
            (departed, arrived) = (0, 0)
        case .changeBlock:
            page = try PageID(decoding: &reader)
            let header = try ChangeHeader(decoding: &reader)
            keyframe = Tick(tick.number &- header.age)
            isKeyframe = header.isKeyframe
            occupied = 0
            (departed, arrived) = (header.departed, header.arrived)
        default: return nil
        }
    }

    /// The slots with a member after the block, for those with one in the keyframe before it.
    public func occupied(after base: UInt32) -> UInt32 {
        occupied | base & ~departed | arrived
    }
}
