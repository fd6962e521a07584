#if LIBFUZZER
    /// Where libFuzzer comes in.
    @c(LLVMFuzzerTestOneInput)
    public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        fuzz(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: data, count: count)))
        return 0
    }
#else
    import Foundation

    /// Without libFuzzer, runs the files named on the command line once each: a corpus is a test.
    @main struct Replay {
        static func main() throws {
            for path in CommandLine.arguments.dropFirst() {
                let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
                fuzz(bytes.span.bytes)
            }
            print("replayed \(CommandLine.arguments.count - 1) inputs")
        }
    }
#endif
