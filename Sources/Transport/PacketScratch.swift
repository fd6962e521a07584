import CairnBasics
import CairnWire

/// The one packet that an endpoint is writing: header, then frames, with room kept for the tag.
struct PacketScratch {
    /// What a frame costs besides its body at most: a one-byte type and a length of two bytes, or of
    /// three in large datagrams.
    private var frameHeadBytes: Int { limit <= 1 << 14 ? 3 : 4 }

    /// Grown to the largest datagram that was asked for.
    private var bytes: [UInt8] = []
    /// Where the frames of the packet begun must end.
    private var limit = 0
    private var headerBytes = 0
    private var count = 0
    private(set) var number: UInt64 = 0
    /// True between `begin` and `finish`.
    private(set) var isOpen = false
    /// False when congestion leaves room for acknowledgements only.
    private(set) var mayElicit = true
    private(set) var elicits = false
    /// True for a probe of the path's MTU.
    private(set) var isProbe = false
    /// True when there are frames in it that the transport does not know.
    private(set) var carriesApplication = false
    /// The parts of messages in it, numbered as `OutgoingMessages` does.
    private(set) var parts: Range<UInt64> = 0..<0

    /// True when there is something to seal.
    var hasFrames: Bool { count > headerBytes }

    /// The largest body that is sure to fit as the next frame.
    var room: Int {
        isOpen && mayElicit ? max(0, limit &- count &- frameHeadBytes) : 0
    }

    /// Starts a packet of at most `datagramBytes` bytes; `connectionID` is nil on a server.
    mutating func begin(
        number: UInt64, connectionID: UInt64?, mayElicit: Bool, datagramBytes: Int
    ) {
        precondition(!isOpen, "a packet was begun and not finished")
        isOpen = true
        self.number = number
        self.mayElicit = mayElicit
        elicits = false
        carriesApplication = false
        isProbe = false
        parts = 0..<0
        limit = datagramBytes &- SealLimits.tagBytes
        if bytes.count < datagramBytes { bytes = [UInt8](repeating: 0, count: datagramBytes) }
        count = 0
        let wrote = write { (writer) throws(CodecError) in
            let type: PacketType = connectionID == nil ? .serverPacket : .clientPacket
            try writer.put(type.rawValue)
            if let connectionID { try writer.put(connectionID) }
            try writer.put(UInt32(truncatingIfNeeded: number))
        }
        precondition(wrote)
        headerBytes = count
    }

    /// Appends a frame; false, and nothing changes, when it does not fit.
    mutating func append(_ type: FrameType, _ body: RawSpan) -> Bool {
        guard isOpen, mayElicit || !type.isAckEliciting else { return false }
        let wrote = write { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(type.rawValue))
            try writer.putVarint(UInt64(body.byteCount))
            try writer.putBytes(body)
        }
        if wrote, type.isAckEliciting { elicits = true }
        if wrote, !type.isTransport { carriesApplication = true }
        return wrote
    }

    /// Appends a frame whose body is written in place, of at most `capacity` (under 128) bytes.
    mutating func append(
        _ type: FrameType, capacity: Int,
        _ encode: (inout ByteWriter) throws(CodecError) -> Void
    ) -> Bool {
        precondition(capacity < 128)
        guard isOpen, mayElicit || !type.isAckEliciting else { return false }
        let lengthAt = count &+ 1
        let wrote = write { (writer) throws(CodecError) in
            try writer.put(UInt8(truncatingIfNeeded: type.rawValue))
            try writer.put(UInt8(0))
            try encode(&writer)
        }
        guard wrote else { return false }
        bytes[lengthAt] = UInt8(truncatingIfNeeded: count &- lengthAt &- 1)
        if type.isAckEliciting { elicits = true }
        return true
    }

    /// Appends part of a reliable message; false, and nothing changes, when it does not fit.
    /// - Parameter part: its number; the parts of a packet follow one another.
    mutating func append(
        _ type: FrameType, _ head: MessagePartHead, _ message: RawSpan, part: UInt64
    ) -> Bool {
        guard isOpen, mayElicit else { return false }
        let wrote = write { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(type.rawValue))
            try writer.putVarint(UInt64(head.byteCount &+ message.byteCount))
            try head.encode(into: &writer)
            try writer.putBytes(message)
        }
        if wrote {
            elicits = true
            parts = (parts.isEmpty ? part : parts.lowerBound)..<part &+ 1
        }
        return wrote
    }

    /// Appends a sequenced message; false, and nothing changes, when it does not fit.
    mutating func append(_ head: SequencedHead, _ message: RawSpan) -> Bool {
        guard isOpen, mayElicit else { return false }
        let wrote = write { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(FrameType.sequencedMessage.rawValue))
            try writer.putVarint(UInt64(head.byteCount &+ message.byteCount))
            try head.encode(into: &writer)
            try writer.putBytes(message)
        }
        if wrote { elicits = true }
        return wrote
    }

    /// Lets nothing more into the packet.
    mutating func close() { limit = count }

    /// Fills the packet with padding to its last byte, as a probe of the path's MTU.
    mutating func padToProbe() {
        isProbe = true
        while limit &- count >= 2 {
            let room = limit &- count &- 2
            // A length of two bytes takes one byte more, of three bytes two; a single byte left over
            // could not be filled.
            var length = room < 128 ? room : room < 1 << 14 ? room &- 1 : room &- 2
            if room == 128 || room == 1 << 14 { length &-= 1 }
            let wrote = write { (writer) throws(CodecError) in
                try writer.putVarint(UInt64(FrameType.padding.rawValue))
                try writer.putVarint(UInt64(length))
                for _ in 0..<length { try writer.put(UInt8(0)) }
            }
            guard wrote else { return }
        }
    }

    /// Gives the packet up.
    mutating func discard() { isOpen = false }

    /// Seals the packet and adds it to the batch.
    /// - Returns: how many bytes the datagram has.
    mutating func finish(
        _ sealer: inout Sealer, to address: NetworkAddress, into batch: inout DatagramBatch
    ) -> Int {
        precondition(isOpen && hasFrames)
        isOpen = false
        let end = count &+ SealLimits.tagBytes
        let packet = bytes.rawBytes.extracting(0..<count)
        batch.append(byteCount: end, to: address) { sealed in
            sealer.seal(packet, into: &sealed, headerBytes: headerBytes, number: number)
        }
        return end
    }

    /// Runs `body` on the room that is left; takes back what it wrote when it throws.
    private mutating func write(
        _ body: (inout ByteWriter) throws(CodecError) -> Void
    ) -> Bool {
        let (start, limit) = (count, limit)
        var all = bytes.mutableSpan
        var whole = unsafe all.mutableBytes
        let rest = whole._mutatingExtracting(start..<limit)
        var writer = ByteWriter(rest)
        do throws(CodecError) {
            try body(&writer)
        } catch {
            return false
        }
        let written = writer.count
        count = start &+ written
        return true
    }
}
