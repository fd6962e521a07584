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
