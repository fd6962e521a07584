import CairnBasics

/// Draws by the standard library's own algorithms.
extension SeededRandom {
    /// A number in `0..<bound`.
    mutating func draw(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { draw(count) == 0 }

    /// One of the elements.
    mutating func choose<Element>(_ elements: [Element]) -> Element {
        elements[draw(elements.count)]
    }
}
