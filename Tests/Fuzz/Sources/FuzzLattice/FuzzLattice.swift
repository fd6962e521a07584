// Shared state as a peer, a journal or a server may send it. The properties: a delta that can be
// decoded encodes to the same bytes, and any two of them join to the same state in either order, also
// when one comes twice.

import CairnBasics
import CairnCRDT

/// Reads `bytes` as a delta and as two deltas whose border the first byte names.
func fuzz(_ bytes: RawSpan) {
    guard let whole = delta(bytes.array) else {
        joinParts(bytes.array)
        return
    }
    precondition(whole.encoded() == bytes.array)
}

private func joinParts(_ bytes: [UInt8]) {
    guard let border = bytes.first.map(Int.init), border < bytes.count,
        let first = delta(Array(bytes[1..<border + 1])),
        let second = delta(Array(bytes[(border + 1)...]))
    else { return }
    var forwards = first
    forwards.join(second)
    var backwards = second
    backwards.join(first)
    precondition(forwards == backwards)
    precondition(forwards.encoded() == backwards.encoded())
    forwards.join(first)
    forwards.join(second)
    precondition(forwards == backwards)
    precondition(delta(forwards.encoded()) == forwards)
}

private func delta(_ bytes: [UInt8]) -> Lattice? { try? Lattice(encoded: bytes) }
