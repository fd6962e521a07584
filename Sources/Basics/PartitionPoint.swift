/// The first index of a range at which the order has come to what is looked for; the range's end when
/// it never does. O(log n)
///
/// - Parameter isBefore: true up to some index, and false from there on.
@inlinable @inline(__always)
public func partitionPoint(
    of range: Range<Int>, _ isBefore: (Int) -> Bool
) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
        let middle = (low + high) / 2
        if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
}
