// Asking for memory before it is needed. A tick visits thousands of clients in turn, and what it reads of
// each has left the cache since the last tick: read one line after the other, that is a wait for each.
// Asked for one client ahead, the lines come while the client before is served.

import CPlatform

/// Asks for some bytes' lines of the cache and does not wait for them.
public func prefetch(_ start: UnsafeRawPointer, byteCount: Int) {
    // Safe: the address is only named.
    unsafe cplatform_prefetch(start, byteCount)
}

extension RowTable where Row: ~Copyable {
    /// Asks for a row's memory; nothing happens for a row that was never taken.
    public func prefetch(_ index: Int) {
        guard indices.contains(index) else { return }
        // Safe: the address is only named.
        unsafe cplatform_prefetch(rows + index, MemoryLayout<Row>.size)
    }
}

extension OwnedList {
    /// Asks for the memory of the elements of a range, as far as there are any.
    public func prefetch(_ range: Range<Int>) {
        let range = range.clamped(to: indices)
        // Safe: the address is only named.
        unsafe cplatform_prefetch(
            elements + range.lowerBound, range.count * MemoryLayout<Element>.stride)
    }
}
