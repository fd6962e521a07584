/// What a description may ask for at most, each with its reason.
///
/// All of it together fits one reliable message (256 KiB), which is how a client gets it.
public enum WorldLimits {
    /// Below 5 Hz motion looks like slides; above 128 Hz two cores do nothing but tick.
    public static let tickHertz = 5...128
    /// Smaller cells are emptier than a packet, larger ones hide nothing from anybody.
    public static let cellMetres = 2...256
    /// At least a cell around the avatar; at most what a client can hold.
    public static let interestMetres = 4...1024
    /// What `Velocity` can carry: 127 m/s on each axis.
    public static let speedMetresPerSecond = 0.0...127.0
    /// The bounds lie within ±2^30 units (1,048 km) of the origin, so that the difference of any
    /// two coordinates fits 31 bits and a step never leaves the range of a position.
    public static let coordinateUnits: Int32 = 1 << 30

    public static let spawns = 64
    /// How far a hand reaches: across a table, and no farther than across a room.
    public static let reachMetres = 1...32
    /// What one body carries at once: both arms full.
    public static let carriedThings = 8
    /// Accounts beside the owner's that may edit one thing.
    public static let keepers = 16
    public static let kinds = 64
    public static let fieldsPerKind = 32
    /// Authored fields of one entity, hidden ones among them: a client keeps 42 with the built-in.
    public static let fieldsOfAnEntity = 38
    /// Field ids are two bytes on the wire; nobody needs so many.
    public static let fields = 512
    public static let zones = 256
    public static let cornersPerZone = 128
    public static let anchors = 1024
    public static let personas = 64
    public static let linesPerPersona = 32
    public static let objects = 2048
    public static let valuesPerObject = 64

    /// Names of worlds, kinds, fields, zones, anchors and personas, in bytes of UTF-8.
    public static let nameBytes = 48
    /// Names of entities: the built-in `name` field.
    public static let entityNameBytes = 32
    public static let glyphBytes = 16
    /// What is said: one chat line, which fits a terminal's row or two.
    public static let sayBytes = 160
    /// A text value must leave room for others in a datagram of 1,200 bytes.
    public static let textBytes = 512
    /// A map's key.
    public static let keyBytes = 64
    public static let elements = 256
    /// How many may hang below one another: a wheel on a cart on a ferry is three, and whoever draws
    /// or checks one walks all the way up.
    public static let attachmentDepth = 16
    /// How many may come along, directly or not, when one thing is hung on another: so many steps
    /// the door takes to see how deep they would hang.
    public static let attachmentBranch = 256
    /// A `placement`: see `Motion.restingBytes`.
    public static let restingMotionBytes = 23
    /// The whole description, encoded: one reliable message, with a welcome's head before it.
    public static let encodedBytes = 255 * 1024
}
