// A client library in the hands of a hostile server with real keys: it is welcomed, told of a world,
// and then given messages and frames that the input makes up or spoils. The properties: nothing
// traps, whatever the application asks afterwards, and what the client holds stays under its caps.

import CairnBasics
import CairnClient
import CairnWire
import FuzzKit
import Simulator

/// A join costs as much as a hundred steps, so a server and its client serve some inputs before new
/// ones take their place: run the inputs before it too where one alone shows nothing.
private nonisolated(unsafe) var shared = HostileServer(seed: 1)
private nonisolated(unsafe) var inputs = 0

private func current() -> HostileServer {
    if inputs % 64 == 0 || shared.client.ended != nil {
        shared = HostileServer(seed: 1)
        shared.join()
    }
    inputs += 1
    return shared
}

/// A step's choice: a message, a frame of that type, or an honest frame with its bytes replaced.
func fuzz(_ bytes: RawSpan) {
    let server = current()
    var steps = Steps(bytes)
    var budget = 64
    while budget > 0, let step = steps.next() {
        budget -= 1
        switch step.choice {
        case 0xff: server.say(step.bytes)
        case 0xfe: server.step { type, body in [(type, overlaid(body, step.bytes))] }
        default: server.step { [($0, $1), (FrameType(UInt16(step.choice)), step.bytes)] }
        }
    }
    server.step()
    server.draw()
    precondition(server.client.entityIDs.count <= HostileServer.clientEntityLimit)
}

/// `body` with the bytes of `mask` put over its own, by exclusive or.
private func overlaid(_ body: [UInt8], _ mask: [UInt8]) -> [UInt8] {
    var body = body
    for index in 0..<min(body.count, mask.count) { body[index] ^= mask[index] }
    return body
}
