import CairnWire
import Foundation
import Testing

@Suite struct SecretMemoryTests {
    /// What the kernel says of each range of this process's memory.
    private func memoryMaps() throws -> String {
        let file = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }

    /// Kilobytes of this process that the kernel leaves out of core dumps (`dd` in `VmFlags`).
    private func undumpedKilobytes() throws -> Int {
        let maps = try memoryMaps()
        var kilobytes = 0
        var size = 0
        for line in maps.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "Size:" { size = Int(words[1]) ?? 0 }
            if words.first == "VmFlags:", words.contains("dd") { kilobytes += size }
        }
        return kilobytes
    }

    /// How often 32 bytes lie in this process's memory, by whether a core dump would contain them.
    /// The needle itself does not count, nor what this look has read.
    private func places(of needle: [UInt8]) throws -> (dumped: Int, undumped: Int) {
        let memory = open("/proc/self/mem", O_RDONLY)
        defer { close(memory) }
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 4_096)
        defer {
            window.initializeMemory(as: UInt8.self, repeating: 0)
            window.deallocate()
        }
        let itself = needle.withUnsafeBytes { Int(bitPattern: $0.baseAddress!) }
        let own =
            Int(
                bitPattern: window.baseAddress!)..<Int(
                bitPattern: window.baseAddress! + window.count)
        var range = 0..<0
        var isReadable = false
        var places = (dumped: 0, undumped: 0)
        for line in try memoryMaps().split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            if ends.count == 2 {
                range = ends[0]..<ends[1]
                isReadable = words[1].hasPrefix("rw") && range.count < 1 << 28
            }
            guard words[0] == "VmFlags:", isReadable else { continue }
            var start = range.lowerBound
            while start < range.upperBound {
                let wanted = min(window.count, range.upperBound - start)
                let count = pread(memory, window.baseAddress!, wanted, off_t(start))
                guard count > 0 else { break }
                let read = UnsafeRawBufferPointer(rebasing: window[..<count])
                let hits = read.offsets(of: needle).count { offset in
                    start + offset != itself && !own.contains(start + offset)
                }
                if words.contains("dd") { places.undumped += hits } else { places.dumped += hits }
                // The next window begins where one that this one cuts through would begin.
                start +=
                    count == wanted && start + count < range.upperBound
                    ? count - needle.count + 1 : count
            }
        }
        return places
    }

    @Test func thirtyThousandKeysTakeLittleAndNoneIsInACoreDump() throws {
        var entropy = SeededEntropy(seed: seedBytes(1))
        let before = try undumpedKilobytes()
        let keys = (0..<30_000).map { _ in TokenKey(entropy: &entropy) }
        let grown = try undumpedKilobytes() - before
        // 32 bytes each make 938 KiB, in pages that other tests may have left or take meanwhile.
        #expect(grown < 4_096, "\(grown) KiB")
        #expect(Set(keys.map(\.identifier)).count > 29_900)
    }

    @Test func aKeyIsWhereNoCoreDumpLooksAndGoneWhenItsOwnerIs() throws {
        var random = SystemRandomNumberGenerator()
        // The needle is made anew for each look, so that it does not find itself.
        let mask = (0..<32).map { _ in UInt8.random(in: 1...255, using: &random) }
        let masked = (0..<32).map { _ in UInt8.random(in: 1...255, using: &random) }
        // A look may meet what it has just read itself; what is there stays there in the next.
        func look() throws -> (dumped: Int, undumped: Int) {
            var needle = zip(mask, masked).map { $0 ^ $1 }
            defer { wipe(&needle) }
            let looks = try (0..<3).map { _ in try places(of: needle) }
            return looks.min { $0.dumped < $1.dumped }!
        }
        var bytes = zip(mask, masked).map { $0 ^ $1 }
        var key = TokenKey(bytes)
        let text = try #require(key?.secretText.count)
        wipe(&bytes)
        let during = try look()
        key = nil
        let after = try look()
        #expect(text == 43 && during.undumped == 1 && after.undumped == 0)
        #expect(during.dumped == 0 && after.dumped == 0, "\(during) \(after)")
    }
}

extension UnsafeRawBufferPointer {
    /// Where `needle` begins.
    fileprivate func offsets(of needle: [UInt8]) -> [Int] {
        var offsets: [Int] = []
        guard count >= needle.count, let base = baseAddress else { return offsets }
        let end = base + count
        var start = base
        while let hit = memchr(start, Int32(needle[0]), start.distance(to: end)) {
            start = UnsafeRawPointer(hit)
            guard start.distance(to: end) >= needle.count else { break }
            if memcmp(start, needle, needle.count) == 0 { offsets.append(base.distance(to: start)) }
            start += 1
        }
        return offsets
    }
}
