// What the application has asked for and no server has answered for good: the edits of the last
// moment while connected, those of an hour while away. It outlives connections, and through
// `encoded` the process.
//
// Holds true: numbers ascend, an edit goes out in their order, and fewer than
// `SessionLimits.window` numbers lie between the first open edit and any that was sent, which is
// what lets a server know every edit that it has performed (see `SessionLimits`). An edit leaves when
// it is refused, or accepted and on the server's disk: an answer that a crash can take back is none.

import CairnBasics
import CairnCRDT
import CairnWorld

/// The edits of one client session that are still open.
public struct Outbox: Sendable {
    /// Names the outbox among those of the same identity; 0 for one whose edits end with the
    /// connection.
    public let session: UInt64
    /// The last welcome's, for the next entrance.
    var resumption: UInt64 = 0
    /// Ascending by number.
    private(set) var edits: [OpenEdit] = []
    /// What accepted creations made, the newest `creationLimit` of them.
    private(set) var creations: [UInt32: EntityID] = [:]
    private(set) var nextNumber: UInt32 = 1
    /// The encoded intents together.
    private(set) var byteCount = 0

    /// An edit every four seconds for an hour, which drains in a minute.
    public static let editLimit = 1_024
    /// What a phone may well save after every edit.
    public static let byteLimit = 256 * 1_024
    /// As many things as one identity may have in a world.
    static let creationLimit = 1_024

    /// An empty outbox.
    ///
    /// - Parameter session: 64 random bits that this identity has not used before; 0 for a client
    ///   that will not come back with edits of an earlier connection.
    public init(session: UInt64 = 0) { self.session = session }

    /// How many edits are open.
    public var count: Int { edits.count }

    /// An outbox that was saved; used by the decoder.
    init(
        session: UInt64, resumption: UInt64, nextNumber: UInt32, edits: [OpenEdit],
        creations: [UInt32: EntityID]
    ) {
        self.session = session
        self.resumption = resumption
        self.nextNumber = nextNumber
        self.edits = edits
        self.creations = creations
        byteCount = edits.reduce(0) { $0 + $1.byteCount }
    }
}

/// One wish that is not answered for good.
struct OpenEdit: Sendable {
    let number: UInt32
    /// As the application said it, handles and all.
    let intent: Intent
    let byteCount: Int
    /// It went out at some time, so it may have been performed.
    var wasSent = false
    /// The server has lost track of it: it may be asked for, not sent.
    var isUnsure = false
    /// It went out on the present connection.
    var isUnderWay = false
    /// The present connection's server has it in its world, if not on its disk.
    var isAccepted = false
    /// What was on the screen when it was wished; nil where that is not known, or was another
    /// server's world.
    var seen: PresentedMoment?
}

extension Outbox {
    /// Takes in a wish.
    ///
    /// - Returns: Its number, and why it was not taken in; nil when it was.
    mutating func append(
        _ intent: Intent, seen: PresentedMoment? = nil
    ) -> (number: UInt32, refusal: Refusal?) {
        let number = nextNumber
        nextNumber &+= 1
        let bytes = try? encodeBytes(capacity: ClientMessage.byteLimit) {
            (writer) throws(CodecError) in
            try ClientMessage.intent(number: number, intent).encode(into: &writer)
        }
        guard intent.fitsMessage, let bytes else { return (number, .tooLarge) }
        // A server ends the session for what it cannot read.
        guard (try? ClientMessage(decoding: bytes.rawBytes)) != nil else {
            let reason = "it cannot be said: something in it is no value, or not plain text"
            return (number, Refusal(rule: .outbox, reason: reason))
        }
        guard edits.count < Self.editLimit, byteCount + bytes.count <= Self.byteLimit else {
            let reason =
                "\(edits.count) edits wait for an answer already; go online before the next"
            return (number, Refusal(rule: .outbox, reason: reason))
        }
        byteCount += bytes.count
        edits.append(
            OpenEdit(number: number, intent: intent, byteCount: bytes.count, seen: seen))
        return (number, nil)
    }

    /// The next message that may go out; nil when all has, or the window is full.
    /// - Complexity: O(window)
    func nextMessage() -> (number: UInt32, message: ClientMessage)? {
        guard let first = edits.first?.number,
            let next = edits.prefix(Int(SessionLimits.window)).first(where: { !$0.isUnderWay }),
            next.number - first < SessionLimits.window
        else { return nil }
        if next.isUnsure { return (next.number, .ask(number: next.number)) }
        // What is on the disk has its id for good; what is only accepted may get another.
        let intent = next.intent.resolvingHandles { number in
            edit(number) == nil ? id(createdBy: number) : EntityID(createdBy: number)
        }
        return (next.number, .intent(number: next.number, intent ?? next.intent))
    }

    mutating func noteSent(_ number: UInt32) {
        change(number) {
            $0.wasSent = true
            $0.isUnderWay = true
        }
    }

    /// - Returns: The edit; nil when none of that number is open.
    mutating func accept(_ number: UInt32, created: EntityID) -> OpenEdit? {
        guard let edit = edit(number), edit.isUnderWay else { return nil }
        if created != .none { note(created, by: number) }
        if edit.intent.isLasting {
            change(number) { $0.isAccepted = true }
        } else {
            remove(number)
        }
        return edit
    }

    mutating func refuse(_ number: UInt32) -> OpenEdit? {
        guard let edit = edit(number) else { return nil }
        remove(number)
        return edit
    }

    /// Lets go of what is on the server's disk.
    mutating func settle(through number: UInt32) {
        for edit in edits where edit.isAccepted && edit.number <= number { remove(edit.number) }
    }

    /// The connection is gone: what it was told is open again.
    mutating func disconnect() {
        for index in edits.indices {
            edits[index].isUnderWay = false
            edits[index].isAccepted = false
            edits[index].seen = nil
        }
    }

    /// The server does not know what became of what was sent.
    mutating func loseTrack() {
        for index in edits.indices where edits[index].wasSent { edits[index].isUnsure = true }
    }

    /// What a creation made; nil while that is not known, or no more.
    func id(createdBy number: UInt32) -> EntityID? { creations[number] }

    /// What was created and may get another id, since its creation is open again.
    mutating func forgetOpenCreations() {
        for edit in edits where !edit.isAccepted { creations[edit.number] = nil }
    }

    func edit(_ number: UInt32) -> OpenEdit? {
        index(of: number).map { edits[$0] }
    }

    private func index(of number: UInt32) -> Int? {
        let place = edits.firstIndex { $0.number >= number }
        return place.flatMap { edits[$0].number == number ? $0 : nil }
    }

    private mutating func change(_ number: UInt32, _ body: (inout OpenEdit) -> Void) {
        if let index = index(of: number) { body(&edits[index]) }
    }

    private mutating func remove(_ number: UInt32) {
        guard let index = index(of: number) else { return }
        byteCount -= edits[index].byteCount
        edits.remove(at: index)
    }

    private mutating func note(_ created: EntityID, by number: UInt32) {
        creations[number] = created
        guard creations.count > Self.creationLimit, let oldest = creations.keys.min() else {
            return
        }
        creations[oldest] = nil
    }
}
