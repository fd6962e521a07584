// The half of a connect token that only the servers read, byte by byte, and the checks that a
// reader makes of it.

import CairnBasics

extension ConnectToken {
    /// What only the servers read, besides the secret before it.
    ///
    ///     0     secret (32)        32    issued, ms (8)      40    identity (8)   48    role (1)
    ///     49    capabilities (8)   57    server count (1)    58    servers (8 × 8)
    ///     122   name's length (1)  123   name (32)           155   zeros (40)
    struct PrivatePart {
        let identity: ClientIdentity
        let servers: [UInt64]
        let issuedMilliseconds: UInt64

        init(identity: ClientIdentity, servers: [UInt64], issuedMilliseconds: UInt64) {
            precondition((1...ConnectToken.maximumServers).contains(servers.count))
            self.identity = identity
            self.servers = servers
            self.issuedMilliseconds = issuedMilliseconds
        }

        /// With the secret in front, in memory that is wiped.
        func encoded(with secret: SecretMemory) -> SecretMemory {
            SecretMemory(byteCount: privateBytes) { (writer) throws(CodecError) in
                try writer.putBytes(secret.span)
                try writer.put(issuedMilliseconds)
                try writer.put(identity.identity)
                try writer.put(identity.role.rawValue)
                try writer.put(identity.capabilities)
                try writer.put(UInt8(servers.count))
                for index in 0..<maximumServers {
                    try writer.put(index < servers.count ? servers[index] : 0)
                }
                try identity.encodeName(into: &writer)
            }
        }

        /// Reads what stands behind the secret. What fills up is not looked at.
        init(decoding reader: inout ByteReader) throws(CodecError) {
            issuedMilliseconds = try reader.get(UInt64.self)
            let account = try reader.get(UInt64.self)
            guard let role = ClientRole(rawValue: try reader.get(UInt8.self)) else {
                throw .malformed
            }
            let capabilities = try reader.get(UInt64.self)
            let count = Int(try reader.get(UInt8.self))
            guard (1...maximumServers).contains(count) else { throw .malformed }
            var servers: [UInt64] = []
            for index in 0..<maximumServers {
                let server = try reader.get(UInt64.self)
                if index < count { servers.append(server) }
            }
            self.servers = servers
            identity = ClientIdentity(
                identity: account, role: role, capabilities: capabilities,
                name: try ClientIdentity.decodeName(from: &reader))
        }
    }
}

extension ClientIdentity {
    /// The name's length (UInt8), then always `maximumNameBytes` bytes.
    fileprivate func encodeName(into writer: inout ByteWriter) throws(CodecError) {
        var utf8 = Array(name.utf8)
        try writer.put(UInt8(truncatingIfNeeded: utf8.count))
        utf8 += [UInt8](repeating: 0, count: Self.maximumNameBytes - utf8.count)
        try writer.putBytes(utf8.rawBytes)
    }

    fileprivate static func decodeName(
        from reader: inout ByteReader
    ) throws(CodecError) -> String {
        let count = Int(try reader.get(UInt8.self))
        guard count <= maximumNameBytes else { throw .tooLarge }
        let padded = try reader.getBytes(maximumNameBytes)
        let text = unsafe padded.extracting(0..<count).withUnsafeBytes {
            unsafe String(validating: $0, as: UTF8.self)
        }
        guard let text else { throw .malformed }
        return text
    }
}
