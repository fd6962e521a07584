import CairnBasics
import CairnTransport
import CairnWire
import Testing

#if DEBUG
    private let crowd = 300
#else
    private let crowd = 10_000
#endif

@Suite struct ScaleTests {
    @Test func aServerHoldsEveryoneAndNamesNoOneTwice() {
        let pair = Pair(maximumConnections: crowd, joinsPerSecond: 1_000_000)
        let rogues = (0..<crowd).map { index in
            Rogue(pair, address: NetworkAddress(ipv4: UInt32(index), port: 9))
        }
        #expect(pair.connectionCount == crowd && pair.joined.count == crowd)
        #expect(Set(rogues.map(\.connectionID)).count == crowd)
        var handles: Set<ConnectionHandle> = []
        for index in 0..<pair.server.slotCount { handles.insert(pair.handle(at: index)!) }
        #expect(handles.count == crowd)
        for rogue in rogues { rogue.send(frame(.steering, [1])) }
        #expect(pair.frames.count == crowd)
        pair.now = pair.now + .seconds(61)
        let ended = pair.server.handleTimeout(now: pair.now)
        #expect(ended.count == crowd && pair.connectionCount == 0)
        #expect(Set(ended.map(\.handle)) == handles)
    }
}
