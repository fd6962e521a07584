/// The square root of a whole number, rounded up, in whole numbers: Newton's iteration from above.
///
/// Rounded up because it measures lengths that must not look shorter than they are.
/// - Complexity: at most 6 divisions from the estimate, which is within a factor of two.
func squareRootRoundedUp(_ value: UInt64) -> UInt64 {
    guard value > 1 else { return value }
    let bits = UInt64(64 - value.leadingZeroBitCount)
    var root: UInt64 = 1 << ((bits + 1) / 2)
    while true {
        // Safe: root is at most 2^32 and value / root is at most root, so the sum fits.
        let next = (root &+ value / root) >> 1
        if next >= root { break }
        root = next
    }
    return root.multipliedReportingOverflow(by: root).partialValue == value ? root : root &+ 1
}
