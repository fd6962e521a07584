// How a viewer or a bot on the same machine gets into a local server without a token by hand: the
// server leaves the key it made for this run where only its own user can read it, named by its
// port. Whoever can read the file could read the server's memory as well.
internal import Glibc

/// The key of a server that listens on loopback, kept in a file for the life of the server.
public enum LocalKeyFile {
    /// Bytes in a token key.
    public static let keyByteCount = 32

    /// Why a key could not be written or read: what, where, and what to do.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String

        public init(_ description: String) { self.description = description }
    }

    /// Where the key of the server on `port` lies.
    public static func path(port: UInt16) -> String { "\(folder())/\(port).key" }

    /// Writes the key so that only this user can read it, over any that is there.
    public static func write(_ key: RawSpan, port: UInt16) throws(Failure) {
        precondition(key.byteCount == keyByteCount)
        try prepareFolder()
        let path = path(port: port)
        _ = unsafe unlink(path)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write", path) }
        defer { _ = close(descriptor) }
        let written = unsafe key.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
        guard written == key.byteCount else { throw failure("cannot write", path) }
    }

    /// Reads the key of the server on `port`.
    public static func read(port: UInt16) throws(Failure) -> [UInt8] {
        let path = path(port: port)
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(
                "no local server of yours listens on port \(port) (no key at \(path)); "
                    + "start one with `cairn serve`, or give a token with --token")
        }
        defer { _ = close(descriptor) }
        var key = [UInt8](repeating: 0, count: keyByteCount)
        let count = unsafe key.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        guard count == keyByteCount else {
            throw Failure("\(path) is damaged; restart the server to make a new key")
        }
        return key
    }

    /// Takes the key away again; does nothing where there is none.
    public static func remove(port: UInt16) { _ = unsafe unlink(path(port: port)) }

    /// Where this user's servers keep what tools of the same user may read.
    static func folder() -> String {
        if let base = unsafe getenv("XDG_RUNTIME_DIR") {
            let text = unsafe String(cString: base)
            if text.hasPrefix("/") { return text + "/cairn" }
        }
        return "/tmp/cairn-\(getuid())"
    }

    /// Makes the folder, and refuses one that somebody else made or can enter.
    private static func prepareFolder() throws(Failure) {
        let folder = folder()
        if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw failure("cannot make", folder)
        }
        var status = stat()
        guard unsafe lstat(folder, &status) == 0 else { throw failure("cannot look at", folder) }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(),
            status.st_mode & 0o077 == 0
        else {
            throw Failure(
                "\(folder) belongs to someone else or is open to others; remove it, "
                    + "or set XDG_RUNTIME_DIR to a folder of your own")
        }
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        unsafe Failure("\(what) \(path): \(String(cString: strerror(errno)))")
    }
}
