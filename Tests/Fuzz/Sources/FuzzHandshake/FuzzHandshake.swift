// What is read before anybody has proven anything: hellos, cookies, tokens in both forms, and the
// server's answers as a client reads them. Nothing may trap, and nothing invented may be accepted.

import CairnBasics
import CairnWire
import FuzzKit

private let wallMilliseconds: UInt64 = 1_700_000_000_000

/// A client that waits for its answers and the key that its token was issued with.
private struct Waiting {
    let key: TokenKey
    let client: ClientHandshake

    init() {
        var entropy = SeededEntropy(seed: [UInt8](repeating: 9, count: 32))
        key = TokenKey(entropy: &entropy)
        let token = ConnectToken.issue(
            for: ClientIdentity(identity: 1), serverID: 1, key: key,
            wallMilliseconds: wallMilliseconds, lifetimeMilliseconds: 1_000, entropy: &entropy)
        client = ClientHandshake(token: token, entropy: &entropy)
    }
}

private let waiting = Waiting()

/// Reads `bytes` as everything that a stranger may send to either end.
func fuzz(_ bytes: RawSpan) {
    readCookie(bytes)
    readHello(bytes)
    precondition(waiting.client.accept(bytes) == nil)
    precondition(waiting.client.refusal(in: bytes) == nil)
    readToken(bytes)
}

private func readCookie(_ bytes: RawSpan) {
    guard let reply = CookieReply(bytes) else { return }
    let again = try? encodeBytes(capacity: CookieReply.byteCount) {
        (writer) throws(CodecError) in try reply.encode(into: &writer)
    }
    precondition(again == bytes.array)
}

private func readHello(_ bytes: RawSpan) {
    guard let hello = ClientHello(bytes) else { return }
    precondition(hello.sealedToken.byteCount == ConnectToken.sealedBytes)
    precondition(hello.publicKey.byteCount == 32)
}

private func readToken(_ bytes: RawSpan) {
    let contents = try? ConnectToken.inspect(
        bytes, keys: [waiting.key], serverID: 1, wallMilliseconds: wallMilliseconds)
    precondition(contents == nil)
    guard let text = String(validating: bytes.array, as: UTF8.self),
        let token = ConnectToken(text: text)
    else { return }
    precondition(token.text == text)
}
