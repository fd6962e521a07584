public import CairnBasics
public import CairnCRDT

/// One line of the journal: what one tick changed, as a delta that joins into the world.
public struct JournalRecord: Hashable, Sendable {
    /// Starts at 1 and counts without gaps over all boots of a world.
    public var sequence: UInt64
    /// The tick of the change, in the boot that made it.
    public var tick: Tick
    /// The delta, encoded.
    public var delta: [UInt8]

    public init(sequence: UInt64, tick: Tick, delta: [UInt8]) {
        self.sequence = sequence
        self.tick = tick
        self.delta = delta
    }

    public init(sequence: UInt64, tick: Tick, delta: Lattice) {
        self.init(sequence: sequence, tick: tick, delta: delta.encoded())
    }

    /// The record as a row, with its checksum (see `ChecksummedRow`).
    public func encoded() -> [UInt8] {
        ChecksummedRow.encode(.record, number: sequence, tick: tick, body: delta.rawBytes)
    }

    /// Reads the row that is stored as number `sequence`.
    /// - Parameter file: where the row comes from, for the error.
    public init(
        decoding row: [UInt8], sequence: UInt64, file: String
    ) throws(StoreError) {
        let parts = try ChecksummedRow.decode(
            .record, number: sequence, row: row, place: Self.place(sequence, in: file))
        self.init(sequence: sequence, tick: parts.tick, delta: parts.body)
    }

    static func place(_ sequence: UInt64, in file: String) -> String {
        "journal record \(sequence) in \(file)"
    }
}
