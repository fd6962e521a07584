import CairnBasics
import Foundation
import Testing

/// Holds values against a file of `protocol/vectors`, which other implementations are checked
/// against.
///
/// To write the files anew after a change of the wire: `CAIRN_WRITE_VECTORS=1 swift test --filter
/// Vector`.
public func check(_ fields: [String: String], againstVectors name: String) throws {
    let file = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "protocol/vectors/\(name).json")
    if ProcessInfo.processInfo.environment["CAIRN_WRITE_VECTORS"] != nil {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(fields).write(to: file)
    }
    let stored = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    #expect(Set(stored.keys) == Set(fields.keys))
    for (key, value) in stored { #expect(fields[key] == value, "\(name): \(key)") }
}

public func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
}

public func hex(_ body: (inout ByteWriter) throws(CodecError) -> Void) throws -> String {
    hex(try encodeBytes(capacity: 65_536, body))
}
