// Small files, whole. The bytes come into one array that nothing else has seen, so that whoever reads
// a key can wipe it; Foundation's readers leave copies behind.
internal import Glibc

/// The bytes of a file.
public enum FileBytes {
    /// Why a file could not be read: what and where.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Reads a file of `limit` bytes at most.
    public static func read(_ path: String, atMost limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(description: "\(path) is no file")
        }
        guard status.st_size <= limit else {
            throw Failure(description: "\(path) has more than \(limit) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let more = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress! + count, $0.count - count)
            }
            guard more >= 0 else { throw failure(path) }
            guard more > 0 else { break }
            count += more
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func failure(_ path: String) -> Failure {
        unsafe Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
}
