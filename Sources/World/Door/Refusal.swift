public import CairnBasics
public import CairnCRDT
public import CairnGeometry

/// A no that helps: which rule, why, and what would be accepted instead.
public struct Refusal: Error, Hashable, Sendable {
    public var rule: Rule
    /// For people: what is wrong and what would be right.
    public var reason: String
    /// The nearest that would be accepted in place of what was asked; nil where nothing is near.
    public var nearest: Alternative?
    /// Which intent of a whole it is about, counted from 1; nil for the whole and for a single one.
    public var part: UInt8?

    public init(
        rule: Rule, reason: String, nearest: Alternative? = nil, part: UInt8? = nil
    ) {
        self.rule = rule
        self.reason = reason
        self.nearest = nearest
        self.part = part
    }

    public enum Rule: UInt8, Hashable, Sendable, CaseIterable {
        /// The token does not allow this.
        case capability = 0
        /// No such entity, or one that the sender cannot know.
        case unknownEntity = 1
        case unknownKind = 2
        /// The kind has no such field.
        case unknownField = 3
        /// Entities of this kind are not for this role to create, move or delete.
        case role = 4
        /// Only the owner may.
        case ownership = 5
        /// Too far away from the sender.
        case reach = 6
        /// The field's merge policy knows no such edit.
        case policy = 7
        /// The field holds values of another type.
        case type = 8
        /// A number beyond what the field holds.
        case range = 9
        /// Text that is too long, empty, or not plain.
        case text = 10
        /// The set or map is full.
        case elements = 11
        /// Outside the world.
        case bounds = 12
        /// Inside a zone where nothing may be put.
        case noGo = 13
        /// Things are put down at rest.
        case rest = 14
        /// Too many intents in too short a time; the server's limit, not the door's.
        case rate = 15
        /// As many things in the world as one may have, or as it holds, or as many bytes in them;
        /// the server's limit as well.
        case quota = 16
        /// The bounded counter stands high enough, but the rest of it is other nodes' to take.
        case rights = 17
        /// The entity would hang on itself, or too deep.
        case attachment = 18
        /// More bytes than a message carries; the client's own limit, not the door's.
        case size = 19
        /// More work and more bytes than one may cause in so short a time; the server's limit too.
        case budget = 20
        /// Too many intents in a whole, too many things in a trade, or such as cannot be in one.
        case whole = 21
        /// In somebody's hands, in nobody's, or in hands that are full.
        case held = 22
        /// It was sent so long ago, or to another node, that it is not known here any more whether
        /// it was performed.
        case tooOld = 32
        /// It was never sent: the client keeps no more edits until some have been answered.
        case outbox = 33
    }

    /// What would be accepted: a value in place of a value, a motion in place of a motion, or the
    /// same intent later.
    public enum Alternative: Hashable, Sendable {
        case value(Scalar)
        case motion(Motion)
        case later(milliseconds: UInt32)
    }
}

extension Refusal {
    /// What becomes of an intent that no message can carry, wherever it is noticed.
    public static let tooLarge = Refusal(
        rule: .size,
        reason:
            "it takes more than the \(Intent.maximumEncodedBytes) bytes that a message carries; "
            + "say it in fewer, or in parts")

    /// The most bytes of a reason; longer ones are cut, for a refusal should fit a datagram.
    static let reasonBytes = 256

    @_lifetime(writer: copy writer)
    public func encode(into writer: inout ByteWriter) throws(CodecError) {
        try writer.put(rule.rawValue)
        try writer.putText(PlainText.cleaned(reason, atMostBytes: Self.reasonBytes))
        switch nearest {
        case nil: try writer.put(UInt8(0))
        case .value(let value):
            try writer.put(UInt8(1))
            try value.encode(into: &writer)
        case .motion(let motion):
            try writer.put(UInt8(2))
            try motion.encode(into: &writer)
        case .later(let milliseconds):
            try writer.put(UInt8(3))
            try writer.put(milliseconds)
        }
        try writer.put(part ?? 0)
    }

    @_lifetime(reader: copy reader)
    public init(decoding reader: inout ByteReader) throws(CodecError) {
        guard let rule = Rule(rawValue: try reader.get(UInt8.self)) else { throw .malformed }
        let reason = try reader.getText(atMost: Self.reasonBytes)
        let nearest: Alternative?
        switch try reader.get(UInt8.self) {
        case 0: nearest = nil
        case 1: nearest = .value(try Scalar(decoding: &reader))
        case 2: nearest = .motion(try Motion(decoding: &reader))
        case 3: nearest = .later(milliseconds: try reader.get(UInt32.self))
        default: throw .malformed
        }
        let part = try reader.get(UInt8.self)
        self.init(rule: rule, reason: reason, nearest: nearest, part: part > 0 ? part : nil)
    }
}
