/// A first-in first-out queue in a ring that doubles when full: no allocation before the first
/// element, none once it has reached its size.
///
/// - Complexity: O(1) amortised for every operation.
public struct RingQueue<Element> {
    @usableFromInline var slots: [Element?] = []
    @usableFromInline var head = 0
    @usableFromInline var used = 0

    @inlinable public init() {}

    @inlinable public var count: Int { used }
    @inlinable public var isEmpty: Bool { used == 0 }

    /// The element `index` places behind the first.
    @inlinable public subscript(index: Int) -> Element {
        // In place: a getter would copy the element, and count references, at every look.
        _read {
            precondition(index >= 0 && index < count)
            yield slots[place(index)]!
        }
        _modify {
            precondition(index >= 0 && index < count)
            yield &slots[place(index)]!
        }
    }

    @inlinable public mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[place(count)] = element
        used &+= 1
    }

    @inlinable public mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let first = slots[head].take()
        head = (head &+ 1) & (slots.count &- 1)
        used &-= 1
        return first
    }

    // Safe: `slots.count` is a power of two and `head` lies below it.
    @inlinable func place(_ index: Int) -> Int { (head &+ index) & (slots.count &- 1) }

    @usableFromInline mutating func grow() {
        var larger = [Element?](repeating: nil, count: max(8, slots.count * 2))
        for index in 0..<count { larger[index] = slots[place(index)].take() }
        slots = larger
        head = 0
    }
}

extension RingQueue: Sendable where Element: Sendable {}
