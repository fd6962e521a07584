import CairnBasics
import Foundation
import Testing

/// Holds values against a file of `protocol/vectors`, which other implementations are checked
/// against.
///
/// To write the files anew after a change of the wire: `CAIRN_WRITE_VECTORS=1 swift test --filter
/// Vector`.
public func check(_ fields: [String: String], againstVectors name: String) throws {
    let file = vectorFile(name)
    if ProcessInfo.processInfo.environment["CAIRN_WRITE_VECTORS"] != nil {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(fields).write(to: file)
    }
    let stored = try storedVectors(name)
    #expect(Set(stored.keys) == Set(fields.keys))
    for (key, value) in stored { #expect(fields[key] == value, "\(name): \(key)") }
}

public func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
}

public func hex(_ body: (inout ByteWriter) throws(CodecError) -> Void) throws -> String {
    hex(try encodeBytes(capacity: 65_536, body))
}

/// The values of a file of `protocol/vectors`.
public func storedVectors(_ name: String) throws -> [String: String] {
    try JSONDecoder().decode([String: String].self, from: Data(contentsOf: vectorFile(name)))
}

private func vectorFile(_ name: String) -> URL {
    URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "protocol/vectors/\(name).json")
}

public func unhex(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: digits.count, by: 2) {
        guard let byte = UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16)
        else { return nil }
        bytes.append(byte)
    }
    return bytes
}

/// The other direction: every stored value whose key begins with `prefix` is read, read whole, and
/// written again as the same bytes.
public func expectVectorsComeBack(
    _ name: String, _ prefix: String = "",
    _ recode: (inout ByteReader, inout ByteWriter) throws(CodecError) -> Void
) throws {
    let stored = try storedVectors(name).filter { $0.key.hasPrefix(prefix) }
    #expect(!stored.isEmpty, "\(name) has nothing that begins with '\(prefix)'")
    for (key, value) in stored {
        let bytes = try #require(unhex(value), "\(name): \(key)")
        let back = try encodeBytes(capacity: bytes.count + 1) { (writer) throws(CodecError) in
            var reader = ByteReader(bytes.rawBytes)
            try recode(&reader, &writer)
            guard reader.remaining == 0 else { throw .malformed }
        }
        #expect(hex(back) == value, "\(name): \(key)")
    }
}
