// Who goes to which site so that together they walk least: the linear assignment problem, solved
// exactly by shortest augmenting paths (Jonker and Volgenant, 1987; Kuhn's Hungarian method with
// dual potentials).

/// The cheapest way to give each row a column of its own.
public enum Assignment {
    /// The column of each row such that the sum of costs is least; every column at most once.
    ///
    /// - Parameters:
    ///   - rows: how many rows; at most `columns`.
    ///   - cost: the finite cost of giving a row a column.
    /// - Complexity: O(rows² · columns) time, O(rows + columns) memory.
    public static func solve(
        rows: Int, columns: Int, cost: (_ row: Int, _ column: Int) -> Double
    ) -> [Int] {
        precondition(rows <= columns, "every row needs a column")
        var search = Search(rows: rows, columns: columns)
        for row in 0..<rows { search.assign(row, cost: cost) }
        return search.columnOfRow
    }

    /// Rows and columns count from 1 in here: column 0 holds the row that seeks a place.
    private struct Search {
        let columns: Int
        var rowPotential: [Double]
        var columnPotential: [Double]
        /// The row that has a column; 0 when it is free.
        var rowOfColumn: [Int]

        init(rows: Int, columns: Int) {
            self.columns = columns
            rowPotential = [Double](repeating: 0, count: rows + 1)
            columnPotential = [Double](repeating: 0, count: columns + 1)
            rowOfColumn = [Int](repeating: 0, count: columns + 1)
        }

        var columnOfRow: [Int] {
            var result = [Int](repeating: 0, count: rowPotential.count - 1)
            for column in 1..<(columns + 1) where rowOfColumn[column] > 0 {
                result[rowOfColumn[column] - 1] = column - 1
            }
            return result
        }

        /// Finds the cheapest augmenting path from `row` to a free column and shifts along it.
        mutating func assign(_ row: Int, cost: (Int, Int) -> Double) {
            rowOfColumn[0] = row + 1
            var slack = [Double](repeating: .infinity, count: columns + 1)
            var previous = [Int](repeating: 0, count: columns + 1)
            var isVisited = [Bool](repeating: false, count: columns + 1)
            var column = 0
            repeat {
                isVisited[column] = true
                let seeker = rowOfColumn[column]
                var least = Double.infinity
                var next = 0
                for other in 1..<(columns + 1) where !isVisited[other] {
                    let reduced =
                        cost(seeker - 1, other - 1) - rowPotential[seeker]
                        - columnPotential[other]
                    if reduced < slack[other] {
                        slack[other] = reduced
                        previous[other] = column
                    }
                    if slack[other] < least {
                        least = slack[other]
                        next = other
                    }
                }
                lowerSlack(by: least, isVisited, &slack)
                column = next
            } while rowOfColumn[column] != 0
            while column != 0 {
                rowOfColumn[column] = rowOfColumn[previous[column]]
                column = previous[column]
            }
        }

        private mutating func lowerSlack(
            by least: Double, _ isVisited: [Bool], _ slack: inout [Double]
        ) {
            for column in 0...columns {
                if isVisited[column] {
                    rowPotential[rowOfColumn[column]] += least
                    columnPotential[column] -= least
                } else {
                    slack[column] -= least
                }
            }
        }
    }
}
