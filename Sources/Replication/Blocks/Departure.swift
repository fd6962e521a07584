import CairnBasics
import CairnWorld

/// Where an entity went that was in a page's keyframe and is not in the page any more.
enum Departure: Equatable {
    case deleted
    case moved(to: CellKey)

    private static let deletedCode: UInt8 = 27
    static let distantCode: UInt8 = 28

    /// Looks up where an entity that left its page is now.
    init(of id: EntityID, in world: borrowing WorldState) {
        guard let row = world.table.row(of: id) else {
            self = .deleted
            return
        }
        self = .moved(to: world.hash.pages[world.table.pages[row].index].cell)
    }

    /// 0...26 one of the cells around and the cell itself, 27 deleted, 28 some other cell.
    func code(from cell: CellKey) -> UInt8 {
        guard case .moved(let destination) = self else { return Self.deletedCode }
        let x = destination.x &- cell.x
        let y = destination.y &- cell.y
        let z = destination.z &- cell.z
        guard abs(x) <= 1, abs(y) <= 1, abs(z) <= 1 else { return Self.distantCode }
        return UInt8((x + 1) * 9 + (y + 1) * 3 + z + 1)
    }

    /// What a code means; nil for one that says that a cell follows, or nothing.
    init?(code: UInt8, from cell: CellKey) {
        switch code {
        case 0..<Self.deletedCode:
            let step = Int32(code)
            self = .moved(
                to: CellKey(
                    x: cell.x &+ step / 9 &- 1, y: cell.y &+ step / 3 % 3 &- 1,
                    z: cell.z &+ step % 3 &- 1))
        case Self.deletedCode: self = .deleted
        default: return nil
        }
    }
}

/// Those who left a page since its keyframe.
typealias Departures = [(id: EntityID, to: Departure)]
