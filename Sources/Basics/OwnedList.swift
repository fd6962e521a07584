/// A list that one owner has and nobody copies: a pointer, a count and room to grow.
///
/// The standard library's array asks at every write whether somebody else has its storage too, and
/// may copy it then. In state that belongs to one client alone, and that a tick touches for thousands
/// of them, that question is dearer than the write. Removing keeps the room.
@safe public struct OwnedList<Element>: ~Copyable {
    @usableFromInline var elements: UnsafeMutablePointer<Element>
    @usableFromInline var room: Int
    @usableFromInline var filled = 0

    private static var leastRoom: Int { 8 }

    public init() {
        unsafe elements = UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment)!
        room = 0
    }

    deinit {
        guard room > 0 else { return }
        unsafe elements.deinitialize(count: filled)
        unsafe elements.deallocate()
    }
}

extension OwnedList {
    /// How many there are.
    @inlinable public var count: Int { filled }
    @inlinable public var isEmpty: Bool { filled == 0 }
    @inlinable public var indices: Range<Int> { 0..<count }
    @inlinable public var last: Element? { isEmpty ? nil : self[count - 1] }

    /// The element, in place.
    /// - Precondition: there is one.
    @inlinable public subscript(index: Int) -> Element {
        // Safe: elements below `count` are initialised, and the check lets no others through.
        @inline(__always) _read {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            yield unsafe elements[index]
        }
        @inline(__always) _modify {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            yield unsafe &elements[index]
        }
    }

    /// Some of the elements, one after the other.
    /// - Precondition: there are as many.
    @_lifetime(borrow self)
    public func span(of range: Range<Int>) -> Span<Element> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // Safe: elements below `count` are initialised, and live as long as the list is borrowed.
        let span = unsafe Span(
            _unsafeStart: elements + range.lowerBound, count: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Starts fetching the elements of a range, as far as there are any. See `prefetch`.
    public func prefetch(_ range: Range<Int>) {
        let range = range.clamped(to: indices)
        // Safe: the address is only named.
        unsafe CairnBasics.prefetch(
            elements + range.lowerBound, count: range.count * MemoryLayout<Element>.stride)
    }

    /// Adds one at the end. Amortised O(1).
    @inlinable public mutating func append(_ element: Element) {
        if count == room { grow() }
        // Safe: there is room behind the last.
        unsafe (elements + count).initialize(to: element)
        filled += 1
    }

    /// Takes the last one away.
    @inlinable public mutating func popLast() -> Element? {
        guard count > 0 else { return nil }
        filled -= 1
        // Safe: it was the last one that is initialised.
        return unsafe (elements + count).move()
    }

    /// Takes all away and keeps the room.
    @inlinable public mutating func removeAll() { removeLast(count) }

    /// - Precondition: there are as many.
    @inlinable public mutating func removeLast(_ number: Int) {
        precondition(number >= 0 && number <= count)
        filled -= number
        // Safe: they were the last ones that are initialised.
        unsafe (elements + count).deinitialize(count: number)
    }

    /// Takes away those before an index; the others keep their order. O(n)
    /// - Precondition: there are as many.
    public mutating func removeFirst(_ number: Int) {
        precondition(number >= 0 && number <= count)
        // Safe: what is moved is initialised, and lands in places that no longer are.
        unsafe elements.deinitialize(count: number)
        unsafe elements.moveInitialize(from: elements + number, count: count - number)
        filled -= number
    }

    /// Takes one away; the others keep their order. O(n)
    /// - Precondition: there is one.
    public mutating func remove(at index: Int) {
        precondition(index >= 0 && index < count)
        // Safe: as in `removeFirst`.
        unsafe (elements + index).deinitialize(count: 1)
        unsafe (elements + index)
            .moveInitialize(from: elements + (index + 1), count: count - index - 1)
        filled -= 1
    }

    /// Puts one before an index. O(n)
    /// - Precondition: the index is `count` at most.
    public mutating func insert(_ element: Element, at index: Int) {
        precondition(index >= 0 && index <= count)
        if count == room { grow() }
        // Safe: there is room behind the last, and the gap is not initialised.
        unsafe (elements + (index + 1))
            .moveInitialize(from: elements + index, count: count - index)
        unsafe (elements + index).initialize(to: element)
        filled += 1
    }

    @usableFromInline mutating func grow() {
        let wanted = max(Self.leastRoom, room * 2)
        // Safe: the new room holds all, and the old is given back once. Lines of the cache begin where
        // elements do.
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: wanted * MemoryLayout<Element>.stride,
            alignment: max(64, MemoryLayout<Element>.alignment))
        let new = unsafe raw.bindMemory(to: Element.self, capacity: wanted)
        unsafe new.moveInitialize(from: elements, count: count)
        if room > 0 { unsafe elements.deallocate() }
        unsafe elements = unsafe new
        room = wanted
    }
}

extension OwnedList where Element: Comparable {
    /// Puts the smallest first. O(n log n)
    public mutating func sort() {
        // Safe: the elements are initialised, and a sort only changes their places.
        var all = unsafe UnsafeMutableBufferPointer(start: elements, count: count)
        unsafe all.sort()
    }

    /// Where the first that is not below a value is, in a list that ascends. O(log n)
    @inlinable public func firstIndex(notBelow value: Element) -> Int {
        partitionPoint(of: indices) { self[$0] < value }
    }
}
