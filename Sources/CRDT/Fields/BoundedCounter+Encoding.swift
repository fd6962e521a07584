// Canonical: accounts and transfers ascend, and what is zero is left out.
//
//     accounts: varint, per account: replica (4 bytes), varint(granted), varint(spent),
//     transfers: varint, per transfer: receiver (4 bytes), varint(amount)

import CairnBasics

extension BoundedCounter {
    @_lifetime(writer: copy writer)
    func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.putVarint(UInt64(accounts.count))
        for account in accounts { try account.encode(into: &writer) }
    }

    /// Reads a counter from bytes of any origin; one without accounts is refused, for a field like
    /// that is left out.
    @_lifetime(reader: copy reader)
    init(decoding reader: inout ByteReader) throws(CodecError) {
        // An account takes at least seven bytes, so this many cannot be had from what remains.
        let count = try reader.getVarint(atMost: UInt64(reader.remaining))
        guard count > 0 else { throw .malformed }
        for _ in 0..<count {
            let account = try Account(decoding: &reader)
            if let last = accounts.last, last.replica >= account.replica { throw .malformed }
            accounts.append(account)
        }
    }
}

extension BoundedCounter.Account {
    @_lifetime(writer: copy writer)
    fileprivate func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(replica.raw)
        try writer.putVarint(granted)
        try writer.putVarint(spent)
        try writer.putVarint(UInt64(transfers.count))
        for transfer in transfers {
            try writer.put(transfer.receiver.raw)
            try writer.putVarint(transfer.amount)
        }
    }

    @_lifetime(reader: copy reader)
    fileprivate init(decoding reader: inout ByteReader) throws(CodecError) {
        replica = ReplicaID(raw: try reader.get(UInt32.self))
        granted = try reader.getVarint()
        spent = try reader.getVarint()
        // A transfer takes at least five bytes, so this many cannot be had from what remains.
        let count = try reader.getVarint(atMost: UInt64(reader.remaining))
        for _ in 0..<count {
            let transfer = BoundedCounter.Transfer(
                receiver: ReplicaID(raw: try reader.get(UInt32.self)),
                amount: try reader.getVarint())
            guard transfer.amount > 0, transfer.receiver != replica else { throw .malformed }
            if let last = transfers.last, last.receiver >= transfer.receiver { throw .malformed }
            transfers.append(transfer)
        }
        if isBlank { throw .malformed }
    }
}
