/// A queue whose elements are changed where they stand: an array with its front cut off now and then.
///
/// A ring of optionals copies an element, and counts references, at every look at one of its fields.
/// - Complexity: O(1) amortised for every operation.
struct MessageQueue<Element> {
    private var elements: [Element] = []
    /// Elements at the front that have been removed and still stand there.
    private var gone = 0

    var count: Int { elements.count &- gone }
    var isEmpty: Bool { count == 0 }

    subscript(index: Int) -> Element {
        _read { yield elements[gone &+ index] }
        _modify { yield &elements[gone &+ index] }
    }

    mutating func append(_ element: Element) { elements.append(element) }

    /// The element may stay in memory for a while: take out of it what is large.
    /// - Precondition: the queue is not empty.
    mutating func removeFirst() {
        precondition(!isEmpty)
        gone &+= 1
        guard isEmpty || gone >= 64 && gone &* 2 >= elements.count else { return }
        elements.removeFirst(gone)
        gone = 0
    }
}
