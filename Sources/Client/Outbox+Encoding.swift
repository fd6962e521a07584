// An outbox as bytes, for an application that saves it: after an edit, or when it is put into the
// background. The bytes come back from a disk that may have torn them, so they end with a digest and
// reading them is total.

public import CairnBasics
import CairnWorld

extension Outbox {
    private static let version: UInt8 = 1

    //     version: 1 byte; session, resumption: 8 bytes each; next number: 4 bytes;
    //     varint(edits), each: number: 4 bytes, marks: 1 byte (1 sent, 2 unsure), intent;
    //     varint(creations), each: number: 4 bytes, entity: 8 bytes; digest of all that: 8 bytes
    /// The outbox, to be saved; `init(decoding:)` reads it.
    /// - Complexity: O(bytes)
    public var encoded: [UInt8] {
        let room = 64 + byteCount + edits.count * 8 + creations.count * 12
        let bytes = try? encodeBytes(capacity: room) { (writer) throws(CodecError) in
            try writer.put(Self.version)
            try writer.put(session)
            try writer.put(resumption)
            try writer.put(nextNumber)
            try writer.putVarint(UInt64(edits.count))
            for edit in edits {
                try writer.put(edit.number)
                try writer.put(UInt8(edit.wasSent ? 1 : 0) | UInt8(edit.isUnsure ? 2 : 0))
                try edit.intent.encode(into: &writer)
            }
            try writer.putVarint(UInt64(creations.count))
            for number in creations.keys.sorted() {
                try writer.put(number)
                try writer.put(creations[number]?.raw ?? 0)
            }
        }
        guard var bytes else { return [] }
        StateDigest.seal(&bytes, seed: UInt64(Self.version))
        return bytes
    }

    /// Reads a saved outbox.
    ///
    /// - Throws: When the bytes are not those that `encoded` gave, torn or of another version. The
    ///   edits are then lost, and the application starts with a new session.
    public init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(
            try StateDigest.unsealed(bytes.rawBytes, seed: UInt64(Self.version)))
        guard try reader.get(UInt8.self) == Self.version else { throw .malformed }
        let session = try reader.get(UInt64.self)
        let resumption = try reader.get(UInt64.self)
        let nextNumber = try reader.get(UInt32.self)
        let edits = try Self.edits(&reader)
        let creations = try Self.creations(&reader)
        guard reader.remaining == 0, edits.last.map({ $0.number < nextNumber }) ?? true else {
            throw .malformed
        }
        self.init(
            session: session, resumption: resumption, nextNumber: nextNumber, edits: edits,
            creations: creations)
    }

    @_lifetime(reader: copy reader)
    private static func edits(_ reader: inout ByteReader) throws(CodecError) -> [OpenEdit] {
        var edits: [OpenEdit] = []
        for _ in 0..<(try reader.getVarint(atMost: UInt64(editLimit))) {
            let number = try reader.get(UInt32.self)
            guard edits.last.map({ $0.number < number }) ?? (number > 0) else { throw .malformed }
            let marks = try reader.get(UInt8.self)
            guard marks < 4 else { throw .malformed }
            let mark = reader.position
            let intent = try Intent(decoding: &reader)
            // A message has its tag and its number beside the intent.
            var edit = OpenEdit(
                number: number, intent: intent, byteCount: reader.position - mark + 5)
            edit.wasSent = marks & 1 != 0
            edit.isUnsure = marks & 2 != 0
            edits.append(edit)
        }
        return edits
    }

    @_lifetime(reader: copy reader)
    private static func creations(
        _ reader: inout ByteReader
    ) throws(CodecError) -> [UInt32: EntityID] {
        var creations: [UInt32: EntityID] = [:]
        for _ in 0..<(try reader.getVarint(atMost: UInt64(creationLimit))) {
            let number = try reader.get(UInt32.self)
            creations[number] = EntityID(raw: try reader.get(UInt64.self))
        }
        return creations
    }
}
