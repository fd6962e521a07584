/// When the journal has grown enough that a checkpoint should take its place.
///
/// The journal is bounded so that a restart is quick and the file stays a small multiple of the
/// world; checkpoints are rare so that the disk mostly sees deltas.
public struct RetentionPolicy: Hashable, Sendable {
    /// Checkpoint after this many records. A restart joins some 400,000 small ones a
    /// second.
    public var checkpointAfterRecords = 20_000
    /// Checkpoint after this many bytes of deltas.
    public var checkpointAfterBytes = 32 * 1_024 * 1_024
    /// The most records that may wait for the disk: a minute of ticks at 20 Hz. A disk that is this
    /// far behind has failed, whatever it says.
    public var maximumUncommittedRecords = 1_200

    public init() {}

    /// True when a journal of this length should be replaced.
    public func isCheckpointDue(records: Int, bytes: Int) -> Bool {
        records >= checkpointAfterRecords || bytes >= checkpointAfterBytes
    }
}
