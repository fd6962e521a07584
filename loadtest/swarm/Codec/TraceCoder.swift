// Frames of a trace, each coded against a frame that has been acknowledged and nothing else: what the
// cubes did then, where an older acknowledged frame says they were going, and the models as they had
// learnt by then. Both ends have all three.

import CairnReplication

/// What both ends know of a frame that has been acknowledged.
struct KnownFrame {
    var numbers: [Int32]
    var models: [BitModel]
}

/// The contexts of a cube's numbers: what is known of it before it is coded.
struct CubeContext {
    private static let speeds = 6
    private static let rows = 4 * speeds
    /// Flags: changed (by speed, the cube before, interacting), places, turns, largest, interacting.
    private static let flags = 64
    static let modelCount = flags + rows * IntegerModel.modelCount

    /// Where it should be, in the order of the trace.
    private(set) var guess: [Int32] = .init(repeating: 0, count: Trace.fields)
    private var placeSpeed = 0
    private var turnSpeed = 0
    private var isInteracting = false

    /// - Parameter span: frames from the older to the baseline, and from there to the frame coded.
    mutating func look(
        at cube: Int, _ base: [Int32], _ older: [Int32], span: (past: Int, future: Int)
    ) {
        let at = cube * Trace.fields
        isInteracting = base[at + 7] != 0
        guess[0] = base[at]
        guess[7] = base[at + 7]
        var moved: Int32 = 0
        var turned: Int32 = 0
        let isComparable = base[at] == older[at]
        for field in 1..<7 {
            let way = base[at + field] &- older[at + field]
            let isPlace = field >= 4
            guess[field] = base[at + field]
            guard isPlace || isComparable else { continue }
            let step = span.past > 0 ? Int(way) * span.future / span.past : 0
            guess[field] = base[at + field] &+ Int32(clamping: step)
            if isPlace {
                moved = max(moved, Int32(clamping: way.magnitude))
            } else {
                turned = max(turned, Int32(clamping: way.magnitude))
            }
        }
        if guess[6] < base[at + 6], base[at + 6] <= 110 { guess[6] = base[at + 6] }
        placeSpeed = Self.speed(moved, span.past)
        turnSpeed = isComparable ? Self.speed(turned, span.past) : Self.speeds - 1
    }

    private static func speed(_ way: Int32, _ frames: Int) -> Int {
        // In 64 bits, since a stranger's cube may be anywhere.
        let scaled = UInt64(way) * 6 / UInt64(max(1, frames))
        let digits = UInt64.bitWidth - scaled.leadingZeroBitCount
        return min(speeds - 1, (digits + 1) / 2)
    }

    func changed(after previous: Bool) -> Int {
        (placeSpeed > 0 || turnSpeed > 0 ? 2 + min(2, placeSpeed) * 2 : 0) + (previous ? 1 : 0)
            + (isInteracting ? 8 : 0)
    }
    var largest: Int { 16 + turnSpeed }
    var interacting: Int { 24 + (isInteracting ? 1 : 0) + (placeSpeed > 0 ? 2 : 0) }
    func same(_ part: Int, _ other: Bool) -> Int {
        32 + part * 12 + (part == 0 ? placeSpeed : turnSpeed) * 2 + (other ? 1 : 0)
    }

    func row(_ field: Int) -> IntegerModel {
        let kind = field == 6 ? 1 : field >= 4 ? 0 : 2
        let speed = field >= 4 ? placeSpeed : turnSpeed
        return IntegerModel(
            first: Self.flags + (kind * Self.speeds + speed) * IntegerModel.modelCount)
    }
}
