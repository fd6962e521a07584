// Fields, tallies, items and ranges all lie in sorted arrays; this is the one search in them.

extension Array {
    /// The index of the first element that `isBefore` is not true of; `count` when there is none.
    ///
    /// - Precondition: The elements that `isBefore` is true of come first.
    /// - Complexity: O(log n)
    @inline(__always)
    func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
