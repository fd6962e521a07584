// How likely a bit is one, learnt from the bits before it: a fast and a slow estimate, of which the
// mean counts. The fast one follows a page in which everybody does the same; the slow one keeps to
// what was usual in all pages.

/// An adaptive estimate of one kind of bit; 16 bits of fraction, never 0 or 1.
@frozen public struct BitModel: Hashable, Sendable {
    /// Estimates of the chance of a zero, in 1/65,536.
    @usableFromInline var fast: UInt16
    @usableFromInline var slow: UInt16

    /// - Parameter eighths: the chance of a zero before anything is known, in 1/256; at least 1.
    @inlinable public init(_ initial: UInt8 = 128) {
        fast = UInt16(max(1, initial)) << 8
        slow = fast
    }

    /// The chance of a zero in 1/65,536, from 8 to 65,528.
    @inlinable var chanceOfZero: UInt32 {
        // Safe: two numbers of 16 bits.
        (UInt32(fast) &+ UInt32(slow)) >> 1
    }

    /// Takes note of a bit.
    @inline(__always) @inlinable
    mutating func learn(_ bit: Bool) {
        // Safe: each moves by a part of its distance to the end of its range.
        if bit {
            fast &-= fast >> Self.fastShift
            slow &-= slow >> Self.slowShift
        } else {
            fast &+= (UInt16.max &- fast) >> Self.fastShift
            slow &+= (UInt16.max &- slow) >> Self.slowShift
        }
    }

    @usableFromInline static let fastShift: UInt16 = 4
    @usableFromInline static let slowShift: UInt16 = 7
}
