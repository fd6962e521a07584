// The parts of a description as bytes. Numbers whose range matters are judged by `faults()`
// afterwards; here it is only made sure that every value can exist and has one encoding.

import CairnBasics
import CairnCRDT
import CairnGeometry

extension KindDescription {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(id.raw)
        try writer.putText(name)
        try writer.put(role.rawValue)
        try writer.putReal(maxSpeedMetresPerSecond)
        try writer.putText(glyph ?? "")
    }

    /// Leaves `fieldIDs` empty: fields name their kind.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let id = KindID(try reader.get(UInt16.self))
        let name = try reader.getText(atMost: WorldLimits.nameBytes)
        guard let role = KindRole(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        let speed = try reader.getReal()
        let glyph = try reader.getText(atMost: WorldLimits.glyphBytes)
        self.init(
            id: id, name: name, role: role, maxSpeedMetresPerSecond: speed,
            glyph: glyph.isEmpty ? nil : glyph)
    }
}

extension FieldDescription {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(id.raw)
        try writer.put(kind.raw)
        try writer.putText(name)
        try writer.put(type.rawValue)
        try writer.put(policy.rawValue)
        try writer.put(writers.rawValue)
        try writer.put(UInt8(range == nil ? 0 : 1))
        if let range {
            try writer.putZigzag(range.lowerBound)
            try writer.putZigzag(range.upperBound)
        }
        try writer.putVarint(UInt64(clamping: maximumBytes))
        try writer.putVarint(UInt64(clamping: maximumElements))
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let id = FieldID(try reader.get(UInt16.self))
        let kind = KindID(try reader.get(UInt16.self))
        let name = try reader.getText(atMost: WorldLimits.nameBytes)
        guard let type = ScalarType(rawValue: try reader.get(UInt8.self)),
            let policy = FieldPolicy(rawValue: try reader.get(UInt8.self)),
            let writers = FieldWriters(rawValue: try reader.get(UInt8.self))
        else { throw .malformed }
        var range: ClosedRange<Int64>?
        if try reader.getFlag() {
            let lowest = try reader.getZigzag()
            let highest = try reader.getZigzag()
            guard lowest <= highest else { throw .malformed }
            range = lowest...highest
        }
        // One without would get the widest, and would not be written again as it was read.
        guard range != nil || policy != .bounded else { throw .malformed }
        self.init(
            id: id, kind: kind, name: name, type: type, policy: policy, writers: writers,
            range: range, maximumBytes: try reader.getCount(atMost: WorldLimits.textBytes),
            maximumElements: try reader.getCount(atMost: WorldLimits.elements))
    }
}

extension ZoneDescription {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putText(name)
        try writer.put(role.rawValue)
        try writer.putReal(weight)
        try writer.putVarint(UInt64(polygon.count))
        for corner in polygon {
            try writer.put(corner.x)
            try writer.put(corner.y)
        }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let name = try reader.getText(atMost: WorldLimits.nameBytes)
        guard let role = ZoneRole(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        let weight = try reader.getReal()
        var polygon: [PlanarPoint] = []
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.cornersPerZone)) {
            polygon.append(
                PlanarPoint(x: try reader.get(Int32.self), y: try reader.get(Int32.self)))
        }
        self.init(name: name, role: role, polygon: polygon, weight: weight)
    }
}

extension AnchorDescription {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putText(name)
        try position.encode(into: &writer)
        try writer.put(orientation.bits)
        try writer.putReal(sigmaMetres)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let name = try reader.getText(atMost: WorldLimits.nameBytes)
        let position = try Position(decoding: &reader)
        let orientation = try Orientation(decoding: &reader)
        self.init(
            name: name, position: position, orientation: orientation,
            sigmaMetres: try reader.getReal())
    }
}

extension PersonaDescription {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putText(name)
        try writer.put(role.rawValue)
        try writer.put(kind.raw)
        try writer.putText(greeting)
        try writer.putVarint(UInt64(lines.count))
        for line in lines { try writer.putText(line) }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let name = try reader.getText(atMost: WorldLimits.entityNameBytes)
        guard let role = PersonaRole(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        let kind = KindID(try reader.get(UInt16.self))
        let greeting = try reader.getText(atMost: WorldLimits.sayBytes)
        var lines: [String] = []
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.linesPerPersona)) {
            lines.append(try reader.getText(atMost: WorldLimits.sayBytes))
        }
        self.init(name: name, greeting: greeting, lines: lines, role: role, kind: kind)
    }
}

extension ObjectDescription {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(UInt8(name == nil ? 0 : 1))
        if let name { try writer.putText(name) }
        try writer.put(kind.raw)
        try position.encode(into: &writer)
        try writer.put(orientation.bits)
        try writer.putVarint(UInt64(values.count))
        for value in values { try value.encode(into: &writer) }
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        var name: String?
        if try reader.getFlag() { name = try reader.getText(atMost: WorldLimits.entityNameBytes) }
        let kind = KindID(try reader.get(UInt16.self))
        let position = try Position(decoding: &reader)
        let orientation = try Orientation(decoding: &reader)
        var values: [FieldValue] = []
        for _ in 0..<(try reader.getCount(atMost: WorldLimits.valuesPerObject)) {
            values.append(try FieldValue(decoding: &reader))
        }
        self.init(
            name: name, kind: kind, position: position, orientation: orientation, values: values)
    }
}

extension FieldValue {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(field.raw)
        try writer.putText(key ?? "")
        try value.encode(into: &writer)
    }

    /// An empty key stands for none; `faults()` refuses keys that are empty.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        let field = FieldID(try reader.get(UInt16.self))
        let key = try reader.getText(atMost: WorldLimits.keyBytes)
        self.init(
            field: field, key: key.isEmpty ? nil : key, value: try Scalar(decoding: &reader))
    }
}

extension GeoAnchor {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putReal(latitudeDegrees)
        try writer.putReal(longitudeDegrees)
        try writer.putReal(heightMetres)
    }

    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        self.init(
            latitudeDegrees: try reader.getReal(), longitudeDegrees: try reader.getReal(),
            heightMetres: try reader.getReal())
    }
}

extension ByteWriter {
    /// Writes a finite number; negative zero becomes zero, so that equal numbers have equal bytes.
    @_lifetime(self: copy self)
    fileprivate mutating func putReal(_ value: Double) throws(CodecError) {
        try put((value == 0 ? 0 : value).bitPattern)
    }
}

extension ByteReader {
    /// Reads a number; NaN, infinities and negative zero are refused.
    @_lifetime(self: copy self)
    fileprivate mutating func getReal() throws(CodecError) -> Double {
        let value = Double(bitPattern: try get(UInt64.self))
        guard value.isFinite, value != 0 || value.sign == .plus else { throw .malformed }
        return value
    }

    /// Reads 0 or 1.
    @_lifetime(self: copy self)
    mutating func getFlag() throws(CodecError) -> Bool {
        switch try get(UInt8.self) {
        case 0: false
        case 1: true
        default: throw .malformed
        }
    }

    /// Reads a count of what follows.
    @_lifetime(self: copy self)
    mutating func getCount(atMost limit: Int) throws(CodecError) -> Int {
        Int(clamping: try getVarint(atMost: UInt64(clamping: limit)))
    }
}
