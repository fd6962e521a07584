/// Why a text is no GeoPose; the description says what is wrong and what would be right.
public enum GeoPoseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text is longer than any GeoPose need be.
    case tooLong(byteCount: Int)
    /// The text is not JSON; the offset counts bytes.
    case notJSON(offset: Int)
    /// Objects or arrays are nested deeper than any GeoPose.
    case tooDeep(offset: Int)
    /// A required member is not there; named by its path, such as `position.lat`.
    case missing(String)
    /// A member that may appear once appears again.
    case repeated(String)
    /// A member that the strict form does not allow.
    case notAllowed(String)
    /// A member from before the standard.
    case preStandard(String)
    /// A member must be a number (or an object) and is not.
    case wrongType(String)
    /// A number is beyond what the member can mean.
    case outOfRange(String)
    /// The quaternion's length is too far from one.
    case notUnit

    public var description: String {
        switch self {
        case .tooLong(let count):
            "a GeoPose of \(count) bytes; at most \(GeoPose.maximumJSONByteCount) are read"
        case .notJSON(let offset): "not JSON at byte \(offset)"
        case .tooDeep(let offset): "nested too deep at byte \(offset)"
        case .missing(let member): "'\(member)' is missing"
        case .repeated(let member): "'\(member)' appears twice"
        case .notAllowed(let member): "'\(member)' is not allowed in the strict form"
        case .preStandard(let member):
            "'\(member)' is from before GeoPose 1.0; use 'position' with 'lat', 'lon', 'h' and "
                + "'angles' or 'quaternion'"
        case .wrongType(let member): "'\(member)' has the wrong type"
        case .outOfRange(let member):
            "'\(member)' is out of range (lat ±90, lon ±180 degrees, h -6000...40000 km)"
        case .notUnit:
            "the quaternion's length must be 1, give or take \(Quaternion.unitTolerance)"
        }
    }
}
