import CairnAgents
import CairnBasics
import Testing

@Suite struct AssignmentsCostTheLeastTests {
    /// The least sum of costs by trying every way to give the rows columns.
    private func least(_ costs: [[Double]], row: Int = 0, taken: Set<Int> = []) -> Double {
        guard row < costs.count else { return 0 }
        var best = Double.infinity
        for column in costs[row].indices where !taken.contains(column) {
            let rest = least(costs, row: row + 1, taken: taken.union([column]))
            best = min(best, costs[row][column] + rest)
        }
        return best
    }

    @Test(arguments: 0..<200)
    func noPermutationIsCheaper(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let rows = Int(random.below(6)) + 1
        let columns = rows + Int(random.below(2))
        // Whole numbers, in a small range for every other seed so that ties are common.
        let range: UInt32 = seed % 2 == 0 ? 6 : 1_000
        let costs = (0..<rows).map { _ in (0..<columns).map { _ in Double(random.below(range)) } }
        let columnOfRow = Assignment.solve(rows: rows, columns: columns) { costs[$0][$1] }
        #expect(columnOfRow.count == rows)
        #expect(Set(columnOfRow).count == rows, "every column at most once")
        let sum = columnOfRow.enumerated().reduce(0) { $0 + costs[$1.offset][$1.element] }
        #expect(sum == least(costs))
    }

    @Test func nobodyNeedsNothing() {
        #expect(Assignment.solve(rows: 0, columns: 0) { _, _ in 0 } == [])
        #expect(Assignment.solve(rows: 0, columns: 4) { _, _ in 0 } == [])
    }
}
