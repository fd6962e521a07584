import CairnBasics
import CairnWorld

/// Where an entity went that was in a page's keyframe and is not in the page any more.
enum Departure: Equatable {
    case deleted
    case moved(to: CellKey)

    private static let deletedCode: UInt8 = 27
    private static let distantCode: UInt8 = 28

    /// Looks up where an entity that left its page is now.
    init(of id: EntityID, in world: borrowing WorldState) {
        guard let row = world.table.row(of: id) else {
            self = .deleted
            return
        }
        self = .moved(to: world.hash.pages[world.table.pages[row].index].cell)
    }

    //     code: 1 byte: 0...26 one of the cells around and the cell itself, 27 deleted,
    //     28 some other cell, whose key (8 bytes) follows
    @_lifetime(writer: copy writer)
    func encode(from cell: CellKey, into writer: inout ByteWriter) throws(CodecError) {
        switch self {
        case .deleted:
            try writer.put(Self.deletedCode)
        case .moved(let destination):
            let x = destination.x &- cell.x
            let y = destination.y &- cell.y
            let z = destination.z &- cell.z
            if abs(x) <= 1, abs(y) <= 1, abs(z) <= 1 {
                try writer.put(UInt8((x + 1) * 9 + (y + 1) * 3 + z + 1))
            } else {
                try writer.put(Self.distantCode)
                try writer.put(destination.raw)
            }
        }
    }

    @_lifetime(reader: copy reader)
    init(from cell: CellKey, decoding reader: inout ByteReader) throws(CodecError) {
        let code = try reader.get(UInt8.self)
        switch code {
        case 0..<Self.deletedCode:
            let step = Int32(code)
            self = .moved(
                to: CellKey(
                    x: cell.x &+ step / 9 &- 1, y: cell.y &+ step / 3 % 3 &- 1,
                    z: cell.z &+ step % 3 &- 1))
        case Self.deletedCode:
            self = .deleted
        case Self.distantCode:
            let destination = CellKey(raw: try reader.get(UInt64.self))
            guard destination.isCanonical else { throw .malformed }
            self = .moved(to: destination)
        default:
            throw .malformed
        }
    }
}

/// Those who left a page since its keyframe.
typealias Departures = [(id: EntityID, to: Departure)]
