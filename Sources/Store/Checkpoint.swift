public import CairnBasics
public import CairnCRDT

/// The whole world after a record of the journal, so that the records up to it need not be kept.
public struct Checkpoint: Hashable, Sendable {
    /// The last record that is in it; 0 when none is.
    public var through: UInt64
    /// The tick at which it was taken, in the boot that took it.
    public var tick: Tick
    /// The lattice, encoded.
    public var world: [UInt8]

    public init(through: UInt64, tick: Tick, world: [UInt8]) {
        self.through = through
        self.tick = tick
        self.world = world
    }

    public init(through: UInt64, tick: Tick, world: Lattice) {
        self.init(through: through, tick: tick, world: world.encoded())
    }

    /// The checkpoint as a row, with its checksum (see `ChecksummedRow`).
    public func encoded() -> [UInt8] {
        ChecksummedRow.encode(.checkpoint, number: through, tick: tick, body: world.rawBytes)
    }

    /// Reads a stored checkpoint.
    /// - Parameter file: where the row comes from, for the error.
    public init(decoding row: [UInt8], file: String) throws(StoreError) {
        let parts = try ChecksummedRow.decode(
            .checkpoint, number: nil, row: row, place: Self.place(in: file))
        self.init(through: parts.number, tick: parts.tick, world: parts.body)
    }

    static func place(in file: String) -> String { "the checkpoint in \(file)" }
}
