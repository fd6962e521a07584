// Numbers that both ends of a session keep to, each with its reason. How they fit together is held
// by a test (BlocksFitADatagramTests).

/// What a block may weigh and how much of the past is kept.
public enum BlockLimits {
    /// The longest body of a block in bytes. A datagram has 1,200: header, tag and the frame's own
    /// head take 24 of them, the tick frame up to 44, and 76 are left for acknowledgements.
    public static let byteCount = 1_056

    /// The error that a rough change leaves out: an eighth of a metre in every axis, in position
    /// units, and about five degrees, in steps of an orientation's components.
    static let roughPosition = 128
    static let roughOrientation = 32

    /// How many keyframes of a page the server keeps: the newest four, and four of those that are
    /// kept for longer, so that a receiver may take three seconds to acknowledge one before it is
    /// sent a whole page again.
    static let shortKeyframes = 4
    static let longKeyframes = 4
    static let keyframes = shortKeyframes + longKeyframes
    /// A receiver keeps two more of each, since it may hear of newer ones before the packets that
    /// were told against the oldest.
    static let lateKeyframes = 2

    /// How many pages one client follows; the nearest are kept.
    public static let followedPages = 1_024
    /// How many pages a client may follow or be leaving: one that is carried to and fro and
    /// acknowledges nothing does not grow without end.
    static let trackedPages = 8_192
}
