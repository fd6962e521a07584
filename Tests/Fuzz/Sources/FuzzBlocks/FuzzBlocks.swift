// Cell blocks, properties, digests and leaves as a hostile server may send them to a client's replica,
// one after the other. The properties: nothing traps, what is held stays under its caps, and rows,
// ids and kinds stay as many as one another.

import CairnBasics
import CairnGeometry
import CairnReplication
import CairnWire
import CairnWorld
import FuzzKit

/// A step's choice: the kind of frame in the low 3 bits, how many ticks later in the rest.
func fuzz(_ bytes: RawSpan) {
    var replica = Replica(cellMetres: 16, tickHertz: 20)
    var steps = Steps(bytes)
    var tick = Tick(100)
    while let step = steps.next() {
        tick = tick + UInt32(step.choice >> 3)
        guard replica.open(tick: tick) else { continue }
        let type = FrameType(FrameType.keyframeBlock.rawValue + UInt16(step.choice & 7))
        _ = try? replica.receive(type, step.bytes.rawBytes, tick: tick)
        if step.milliseconds == 15 { replica.follow(centre: .origin, interestMetres: 30) }
        while replica.pollEvent() != nil {}
    }
    check(replica.entities)
}

private func check(_ entities: ReplicaEntities) {
    precondition(entities.rows.count <= ReplicaLimits.entities)
    for row in entities.rows where entities.isVisible(row: row) {
        precondition(entities.row(of: entities.id(row: row)) == row)
    }
}
