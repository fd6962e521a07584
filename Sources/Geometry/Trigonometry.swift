// The C library's functions under one roof, so that only this file imports it.
internal import Glibc

/// The sine of an angle in radians.
public func sine(_ radians: Double) -> Double { sin(radians) }
/// The cosine of an angle in radians.
public func cosine(_ radians: Double) -> Double { cos(radians) }
/// The angle of the point (x, y) in radians, in -π...π.
public func arcTangent(_ y: Double, _ x: Double) -> Double { atan2(y, x) }
/// The angle whose sine is given, in radians; clamps its argument to -1...1.
public func arcSine(_ value: Double) -> Double { asin(max(-1, min(1, value))) }
/// The angle whose cosine is given, in radians; clamps its argument to -1...1.
public func arcCosine(_ value: Double) -> Double { acos(max(-1, min(1, value))) }
/// The length of (x, y), without overflow or underflow on the way.
public func hypotenuse(_ x: Double, _ y: Double) -> Double { hypot(x, y) }
/// The real cube root, negative for negative values.
public func cubeRoot(_ value: Double) -> Double { cbrt(value) }
/// The nearest whole number, halves away from zero.
public func nearestWhole(_ value: Double) -> Double { round(value) }
/// The same angle in -π...π; nothing is lost of an angle that lies there.
public func wrappedAngle(_ radians: Double) -> Double { remainder(radians, 2 * Double.pi) }
/// The same angle in -180...180 degrees.
public func wrappedDegrees(_ degrees: Double) -> Double { remainder(degrees, 360) }
/// An angle of degrees in radians.
@inlinable public func radians(degrees: Double) -> Double { degrees * (Double.pi / 180) }
/// An angle of radians in degrees.
@inlinable public func degrees(radians: Double) -> Double { radians * (180 / Double.pi) }
