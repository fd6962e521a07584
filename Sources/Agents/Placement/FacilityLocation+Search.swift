// How the sites are found: lazy greedy choice, then swaps. Ties go to the lower index, so that
// the same instance always gives the same sites.

extension FacilityLocation {
    /// A site's last known gain: an upper bound on the present one.
    private struct Candidate: Comparable {
        var gain: Double
        var site: Int
        /// How many sites were chosen when the gain was computed.
        var round: Int

        static func < (left: Candidate, right: Candidate) -> Bool {
            left.gain != right.gain ? left.gain < right.gain : left.site > right.site
        }
    }

    /// Chooses the site that adds most, until there are `count` or none adds anything.
    func greedy(count: Int, fixed: [Int]) -> [Int] {
        var chosen = fixed
        var coverage = coverage(of: chosen)
        var heap = Heap<Candidate>()
        for site in sites.indices {
            heap.push(Candidate(gain: gain(of: site, over: coverage), site: site, round: 0))
        }
        var round = 0
        while chosen.count < count, let best = heap.pop() {
            guard best.gain > 0 else { break }
            guard isSpaced(best.site, from: chosen) else { continue }
            guard best.round == round else {
                let gain = gain(of: best.site, over: coverage)
                heap.push(Candidate(gain: gain, site: best.site, round: round))
                continue
            }
            chosen.append(best.site)
            cover(&coverage, by: best.site)
            round += 1
        }
        return chosen
    }

    /// Exchanges one chosen site for the best other one while that makes F larger.
    func improveBySwaps(_ chosen: inout [Int]) {
        var current = value(of: chosen)
        for _ in 0..<Self.swapPassLimit {
            var improved = false
            for slot in chosen.indices {
                guard let swap = bestSwap(of: slot, in: chosen, above: current) else { continue }
                chosen[slot] = swap.site
                current = swap.value
                improved = true
            }
            if !improved { return }
        }
    }

    private func bestSwap(
        of slot: Int, in chosen: [Int], above current: Double
    ) -> (site: Int, value: Double)? {
        var others = chosen
        others.remove(at: slot)
        let coverage = coverage(of: others)
        let base = coverage.reduce(0, +)
        var best: (site: Int, value: Double)?
        var threshold = current * (1 + Self.leastImprovement)
        for site in sites.indices {
            let value = base + gain(of: site, over: coverage)
            guard value > threshold, isSpaced(site, from: others) else { continue }
            threshold = value
            best = (site, value)
        }
        return best
    }
}

/// A binary heap with the largest element on top.
struct Heap<Element: Comparable> {
    private var elements: [Element] = []

    var isEmpty: Bool { elements.isEmpty }

    /// - Complexity: O(log n)
    mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard elements[parent] < elements[child] else { return }
            elements.swapAt(parent, child)
            child = parent
        }
    }

    /// Takes the largest element out.
    /// - Complexity: O(log n)
    mutating func pop() -> Element? {
        guard let top = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return top }
        elements[0] = last
        var parent = 0
        while true {
            var largest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && elements[largest] < elements[child] {
                largest = child
            }
            guard largest != parent else { return top }
            elements.swapAt(parent, largest)
            parent = largest
        }
    }
}
