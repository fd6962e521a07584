// GeoPose 1.0 in JSON (`application/geopose+json;version=1.0`): the targets Basic-YPR,
// Basic-Quaternion and Basic-Quaternion Strict. Advanced, chains, graphs and series are not here.

extension GeoPose {
    /// A target of the standard that a text is to conform to.
    public enum Target: Hashable, Sendable {
        case basicYPR
        case basicQuaternion
        /// As `basicQuaternion`, but with no other members at the top level.
        case basicQuaternionStrict
    }

    /// Longest text that is read: several times a GeoPose with every extra that was ever seen.
    public static let maximumJSONByteCount = 4096

    /// Reads a text of the named target; other members are passed over where the target lets them.
    ///
    /// - Throws: what is wrong and where. No text traps.
    public init(json text: String, as target: Target) throws(GeoPoseError) {
        let members = try Members(text)
        if target == .basicQuaternionStrict, let other = members.otherThan("quaternion") {
            throw .notAllowed(other)
        }
        self = try target == .basicYPR ? members.poseByAngles() : members.poseByQuaternion()
    }

    /// Reads a text of either basic target; where it has both members the quaternion counts.
    ///
    /// - Throws: what is wrong and where. No text traps.
    public init(json text: String) throws(GeoPoseError) {
        let members = try Members(text)
        self =
            try members.angles != nil && members.quaternion == nil
            ? members.poseByAngles() : members.poseByQuaternion()
    }

    /// The text of the named target; numbers in the fewest digits that read back the same.
    public func json(as target: Target) -> String {
        let place =
            "\"lat\":\(position.latitudeDegrees),\"lon\":\(position.longitudeDegrees),"
            + "\"h\":\(position.heightMetres)"
        if target == .basicYPR {
            let turn = angles
            return "{\"position\":{\(place)},\"angles\":{\"yaw\":\(turn.yawDegrees),"
                + "\"pitch\":\(turn.pitchDegrees),\"roll\":\(turn.rollDegrees)}}"
        }
        return "{\"position\":{\(place)},\"quaternion\":{\"x\":\(rotation.x),"
            + "\"y\":\(rotation.y),\"z\":\(rotation.z),\"w\":\(rotation.w)}}"
    }
}

/// What a text says, before it is known to mean something.
private struct Members {
    private(set) var position: [Double?]?
    private(set) var angles: [Double?]?
    private(set) var quaternion: [Double?]?
    private var others: [String] = []

    private static let positionNames = ["lat", "lon", "h"]
    private static let angleNames = ["yaw", "pitch", "roll"]
    private static let quaternionNames = ["x", "y", "z", "w"]

    init(_ text: String) throws(GeoPoseError) {
        guard text.utf8.count <= GeoPose.maximumJSONByteCount else {
            throw .tooLong(byteCount: text.utf8.count)
        }
        var reader = JSONReader(text)
        guard reader.peek() == UInt8(ascii: "{") else { throw .notJSON(offset: reader.offset) }
        var read = Members()
        try reader.readObject { (name, reader) throws(GeoPoseError) in
            try read.take(name, from: &reader)
        }
        try reader.finish()
        self = read
    }

    private init() {}

    private mutating func take(
        _ name: String, from reader: inout JSONReader
    ) throws(GeoPoseError) {
        switch name {
        case "position":
            try Self.fill(&position, Self.positionNames, of: name, from: &reader)
        case "angles":
            try Self.fill(&angles, Self.angleNames, of: name, from: &reader)
        case "quaternion":
            try Self.fill(&quaternion, Self.quaternionNames, of: name, from: &reader)
        case "ypr", "latitude", "longitude", "height":
            throw .preStandard(name)
        default:
            others.append(name)
            try reader.skipValue()
        }
    }

    /// Reads the named numbers of one object; its other members may be anything.
    private static func fill(
        _ values: inout [Double?]?, _ names: [String], of object: String,
        from reader: inout JSONReader
    ) throws(GeoPoseError) {
        guard values == nil else { throw .repeated(object) }
        guard reader.peek() == UInt8(ascii: "{") else { throw .wrongType(object) }
        var found = [Double?](repeating: nil, count: names.count)
        try reader.readObject { (name, reader) throws(GeoPoseError) in
            guard let index = names.firstIndex(of: name) else { return try reader.skipValue() }
            guard found[index] == nil else { throw .repeated("\(object).\(name)") }
            found[index] = try number("\(object).\(name)", from: &reader)
        }
        values = found
    }

    private static func number(
        _ path: String, from reader: inout JSONReader
    ) throws(GeoPoseError) -> Double {
        let first = reader.peek()
        guard first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            // Junk is no JSON; a string, an object or a word is JSON of the wrong type.
            try reader.skipValue()
            throw .wrongType(path)
        }
        let value = try reader.readNumber()
        guard value.isFinite else { throw .outOfRange(path) }
        return value
    }

    /// A top-level member that is neither the position nor the one named.
    func otherThan(_ name: String) -> String? {
        others.first ?? (angles != nil && name != "angles" ? "angles" : nil)
    }

    func poseByAngles() throws(GeoPoseError) -> GeoPose {
        let place = try self.place()
        let turn = try Self.all(angles, Self.angleNames, of: "angles")
        return GeoPose(
            position: place,
            angles: YawPitchRoll(
                yawDegrees: turn[0], pitchDegrees: turn[1], rollDegrees: turn[2]))
    }

    func poseByQuaternion() throws(GeoPoseError) -> GeoPose {
        let place = try self.place()
        if quaternion == nil && angles == nil { throw .missing("quaternion") }
        let q = try Self.all(quaternion, Self.quaternionNames, of: "quaternion")
        guard let unit = Quaternion(nearUnit: Quaternion(x: q[0], y: q[1], z: q[2], w: q[3]))
        else { throw .notUnit }
        return GeoPose(position: place, rotation: unit)
    }

    private func place() throws(GeoPoseError) -> GeodeticPosition {
        let values = try Self.all(position, Self.positionNames, of: "position")
        guard (-90.0...90.0).contains(values[0]) else { throw .outOfRange("position.lat") }
        guard (-180.0...180.0).contains(values[1]) else { throw .outOfRange("position.lon") }
        guard
            let place = GeodeticPosition(
                latitudeDegrees: values[0], longitudeDegrees: values[1], heightMetres: values[2])
        else { throw .outOfRange("position.h") }
        return place
    }

    /// The values of an object of which none is missing.
    private static func all(
        _ values: [Double?]?, _ names: [String], of object: String
    ) throws(GeoPoseError) -> [Double] {
        guard let values else { throw .missing(object) }
        var complete: [Double] = []
        for (name, value) in zip(names, values) {
            guard let value else { throw .missing("\(object).\(name)") }
            complete.append(value)
        }
        return complete
    }
}
