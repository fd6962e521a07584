import CairnRuntime
import Testing

@Suite struct AServersStatusComesBackTests {
    private static var early: ServerStatus {
        var status = ServerStatus()
        status.process = 77
        status.ticks = 100
        status.clients = 12
        status.cpuMicroseconds = 5_000
        status.lateness = [30: 90, 4_000: 10]
        status.durations = [700: 100]
        status.overloadRung = 3
        status.overloadClimbs = 4
        status.timePercent = 100
        return status
    }

    @Test func aTextSaysWhatTheStatusDid() {
        #expect(ServerStatus(text: Self.early.text) == Self.early)
    }

    @Test(arguments: ["", "process 0\n", "process 7\nticks many\n", "process 7\nlateness 3;4\n"])
    func aDamagedTextIsNone(text: String) { #expect(ServerStatus(text: text) == nil) }

    @Test func whatALaterVersionSaysBesidesIsPassedOver() {
        #expect(ServerStatus(text: Self.early.text + "mood 3\n") == Self.early)
    }

    @Test func theTimeBetweenTwoReadingsIsTheirDifference() {
        var late = Self.early
        late.ticks = 150
        late.clients = 14
        late.cpuMicroseconds = 9_000
        late.overloadRung = 2
        late.overloadClimbs = 9
        late.lateness = [30: 130, 55: 9, 4_000: 10, 8_000: 1]
        let passed = late.since(Self.early)
        #expect(passed.ticks == 50 && passed.cpuMicroseconds == 4_000)
        #expect(passed.clients == 14)
        #expect(passed.overloadRung == 2 && passed.overloadClimbs == 5)
        #expect(passed.timePercent == 100)
        #expect(passed.lateness == [30: 40, 55: 9, 8_000: 1])
        #expect(passed.durations.isEmpty)
    }

    @Test func aFileIsReplacedWholeAndGoesAway() throws {
        // The folder is made with the key.
        let key = [UInt8](repeating: 9, count: LocalKeyFile.keyByteCount)
        let port: UInt16 = 1
        try LocalKeyFile.write(key.span.bytes, port: port)
        defer { LocalKeyFile.remove(port: port) }
        LocalStatusFile.write(Self.early, port: port)
        var late = Self.early
        late.ticks = 101
        LocalStatusFile.write(late, port: port)
        #expect(LocalStatusFile.read(port: port) == late)
        LocalStatusFile.remove(port: port)
        #expect(LocalStatusFile.read(port: port) == nil)
    }
}
