import CairnBasics
import CairnWire

/// The one packet that an endpoint is writing: header, then frames, with room kept for the tag.
struct PacketScratch {
    /// What a frame costs besides its body at most: a one-byte type and a two-byte length.
    static let frameHeadBytes = 3

    private var bytes = [UInt8](repeating: 0, count: DatagramBatch.datagramBytes)
    private static let limit = DatagramBatch.datagramBytes - SealLimits.tagBytes
    private var headerBytes = 0
    private var count = 0
    private(set) var number: UInt64 = 0
    /// True between `begin` and `finish`.
    private(set) var isOpen = false
    /// False when congestion leaves room for acknowledgements only.
    private(set) var mayElicit = true
    private(set) var elicits = false
    private(set) var carriesFragments = false

    /// True when there is something to seal.
    var hasFrames: Bool { count > headerBytes }

    /// The largest body that is sure to fit as the next frame.
    var room: Int {
        isOpen && mayElicit ? max(0, Self.limit &- count &- Self.frameHeadBytes) : 0
    }

    /// Starts a packet; `connectionID` is nil on a server.
    mutating func begin(number: UInt64, connectionID: UInt64?, mayElicit: Bool) {
        precondition(!isOpen, "a packet was begun and not finished")
        isOpen = true
        self.number = number
        self.mayElicit = mayElicit
        elicits = false
        carriesFragments = false
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

    /// Appends a stream fragment if that leaves room for a frame of `reserve` bytes.
    mutating func append(
        _ head: StreamFragmentHead, _ fragment: RawSpan, leaving reserve: Int
    ) -> Bool {
        let cost = Self.frameHeadBytes &+ StreamFragmentHead.maximumBytes &+ fragment.byteCount
        guard isOpen, mayElicit, count &+ cost &+ reserve <= Self.limit else { return false }
        let wrote = write { (writer) throws(CodecError) in
            try writer.putVarint(UInt64(FrameType.streamFragment.rawValue))
            try writer.putVarint(UInt64(head.byteCount &+ fragment.byteCount))
            try head.encode(into: &writer)
            try writer.putBytes(fragment)
        }
        if wrote {
            elicits = true
            carriesFragments = true
        }
        return wrote
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
        let start = count
        var all = bytes.mutableSpan
        var whole = unsafe all.mutableBytes
        let rest = whole._mutatingExtracting(start..<Self.limit)
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
