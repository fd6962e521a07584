// Memory that will soon be wanted, fetched ahead. With thousands of connections each one's state is out of
// the cache when its turn comes, and waiting for it costs as much as what is done with it. Whoever
// knows whose turn it is next says so: a few instructions, nothing is read and nothing changes.

internal import CPrefetch

/// Starts fetching some bytes, and waits for nothing.
@inline(never) public func prefetch(_ bytes: UnsafeRawPointer, count: Int) {
    unsafe cprefetch(bytes, count)
}

/// Starts fetching the cache line of an array's element; nothing happens for any other index.
@inlinable public func prefetch<Element>(_ array: [Element], at index: Int) {
    guard array.indices.contains(index) else { return }
    unsafe array.withUnsafeBufferPointer { elements in
        unsafe prefetch(elements.baseAddress! + index, count: MemoryLayout<Element>.stride)
    }
}
