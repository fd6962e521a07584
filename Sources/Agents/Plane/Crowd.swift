// Who stands where, sorted by square, so that "who is near?" costs what the neighbourhood holds
// and not what the world holds. Built once a step; placement counts its squares as demand.

import CairnBasics
import CairnGeometry

/// Everybody of one view on a grid of squares.
struct Crowd: Sendable {
    /// The side of a square in metres: as far as characters hear, so that most questions touch
    /// nine squares.
    static let squareSide = 8.0

    enum Role: Hashable, Sendable { case player, device, npc }

    struct Member: Hashable, Sendable {
        var id: EntityID
        var point: PlanarVector
        /// Metres a second.
        var velocity: PlanarVector
        var role: Role
        var square: Square
    }

    /// A square's coordinates, ordered by row and then by column.
    struct Square: Hashable, Comparable, Sendable {
        var column: Int32
        var row: Int32

        static func < (left: Square, right: Square) -> Bool {
            left.row != right.row ? left.row < right.row : left.column < right.column
        }
    }

    /// Ascending by square, then by id: the order of the view does not matter.
    let members: [Member]

    /// - Complexity: O(n log n)
    init(_ view: AgentsView) {
        var members: [Member] = []
        members.reserveCapacity(view.people.count + view.npcs.count)
        for person in view.people {
            let point = PlanarVector(person.position)
            members.append(
                Member(
                    id: person.id, point: point, velocity: PlanarVector(person.velocity),
                    role: person.isDevice ? .device : .player, square: Self.square(of: point)))
        }
        for npc in view.npcs {
            let point = PlanarVector(npc.motion.position)
            members.append(
                Member(
                    id: npc.id, point: point, velocity: PlanarVector(npc.motion.velocity),
                    role: .npc, square: Self.square(of: point)))
        }
        members.sort { ($0.square, $0.id) < ($1.square, $1.id) }
        self.members = members
    }

    /// The occupied squares in order, each with its run of members.
    var squares: [(square: Square, members: Range<Int>)] {
        var squares: [(square: Square, members: Range<Int>)] = []
        var start = 0
        for index in members.indices {
            let isLast = index + 1 == members.count
            guard isLast || members[index + 1].square != members[index].square else { continue }
            squares.append((members[index].square, start..<index + 1))
            start = index + 1
        }
        return squares
    }

    static func square(of point: PlanarVector) -> Square {
        Square(column: index(point.x), row: index(point.y))
    }

    /// Calls `body` with everybody at most `radius` metres from `point`, in the members' order.
    ///
    /// - Complexity: O(rows · log n + members of the squares touched)
    func forEach(
        within radius: Double, of point: PlanarVector, _ body: (Member) -> Void
    ) {
        let low = Self.square(of: point - PlanarVector(radius, radius))
        let high = Self.square(of: point + PlanarVector(radius, radius))
        for row in low.row...high.row {
            var index = firstIndex(from: Square(column: low.column, row: row))
            while index < members.count, members[index].square.row == row,
                members[index].square.column <= high.column
            {
                if members[index].point.squaredDistance(to: point) <= radius * radius {
                    body(members[index])
                }
                index += 1
            }
        }
    }

    /// How many people, characters not counted, are at most `radius` metres from `point`.
    func peopleCount(within radius: Double, of point: PlanarVector) -> Int {
        var count = 0
        forEach(within: radius, of: point) { if $0.role != .npc { count += 1 } }
        return count
    }

    private func firstIndex(from square: Square) -> Int {
        partitionPoint(of: members.indices) { members[$0].square < square }
    }

    private static func index(_ metres: Double) -> Int32 {
        // Safe: coordinates come from Int32 units, so they stay below 2^22 metres.
        let scaled = metres / squareSide
        let truncated = Int32(scaled)
        return scaled < Double(truncated) ? truncated - 1 : truncated
    }
}
