// How an input becomes what a peer does: steps, each with time that passes before it, something to
// choose between, and bytes.

import CairnBasics

/// One thing that a peer does.
public struct Step {
    /// How long it waits before that, in milliseconds: 0 to 15.
    public let milliseconds: Int64
    /// What it does: 0 to 255, for the target to give a meaning.
    public let choice: UInt8
    public let bytes: [UInt8]
}

/// Reads steps from an input: UInt16 (length in the low 12 bits, time in the high 4), choice, bytes.
public struct Steps {
    private var input: ArraySlice<UInt8>

    public init(_ input: RawSpan) { self.input = input.array[...] }

    /// The next step; nil at the end. A length beyond the end takes what is left.
    public mutating func next() -> Step? {
        guard let low = input.popFirst(), let high = input.popFirst(),
            let choice = input.popFirst()
        else { return nil }
        let head = UInt16(low) | UInt16(high) << 8
        let bytes = Array(input.prefix(Int(head & 0xfff)))
        input = input.dropFirst(bytes.count)
        return Step(milliseconds: Int64(head >> 12), choice: choice, bytes: bytes)
    }
}
