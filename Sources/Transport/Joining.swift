import CairnBasics
import CairnWire

/// A client's join in progress: which hello to send and when.
struct Joining {
    /// The wait after the first hello; it doubles up to the longest.
    private static let firstWait = TimeSpan.milliseconds(200)
    private static let longestWait = TimeSpan.milliseconds(500)
    /// Hellos sent with one cookie before another is asked for: it may have grown too old.
    private static let hellosPerCookie = 4

    let handshake: ClientHandshake
    let deadline: Instant
    private(set) var nextHello: Instant
    private var wait = firstWait
    private var cookie = Cookie.empty
    private var hellosWithCookie = 0

    init(_ handshake: ClientHandshake, deadline: Instant, now: Instant) {
        self.handshake = handshake
        self.deadline = deadline
        nextHello = now
    }

    /// The hello to send now; nil when none is due.
    mutating func poll(now: Instant) -> [UInt8]? {
        guard nextHello <= now else { return nil }
        nextHello = now + wait
        wait = min(wait * 2, Self.longestWait)
        if !cookie.isEmpty {
            if hellosWithCookie == Self.hellosPerCookie { cookie = .empty }
            hellosWithCookie += 1
        }
        return handshake.hello(cookie: cookie)
    }

    /// Takes a cookie that answers this join's hello, and answers at once.
    mutating func accept(_ reply: CookieReply, now: Instant) {
        guard reply.nonce.matches(handshake.nonce), cookie.isEmpty else { return }
        cookie = reply.cookie
        hellosWithCookie = 0
        nextHello = now
        wait = Self.firstWait
    }
}
