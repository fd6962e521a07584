import CairnBasics
import CairnTransport
import CairnWire

extension ServerScene {
    /// Puts a server into a state and shows it one event of the document's table; nil for an event
    /// that the test does not know.
    static func reaction(to event: String, in state: String) -> Reaction? {
        let scene = ServerScene(state, isFull: event == "hello of another client, no place left")
        guard scene.perform(event) || scene.performFrames(event) || scene.performCall(event) else {
            return nil
        }
        scene.pump()
        var reaction = Reaction(before: state, after: state)
        reaction.sent = scene.takeSent()
        reaction.told = scene.takeTold()
        reaction.after = scene.finalState()
        return reaction
    }

    /// Datagrams, and time.
    private func perform(_ event: String) -> Bool {
        switch event {
        case "first hello": arrive(handshake.hello(cookie: .empty), from: home)
        case "hello of its join": arrive(hello(from: home), from: home)
        case "hello of its join, from another address":
            greet(from: away)
            arrive(hello(from: away), from: away)
        case "hello of another join with its token": arrive(otherHello(token), from: home)
        case "the same, 1 s after its join began":
            wait(.seconds(1))
            arrive(otherHello(token), from: home)
        case "hello with no version in common":
            let future = ClientHandshake(token: token, versions: 2...9, entropy: &pair.entropy)
            arrive(hello(of: future), from: home)
        case "hello of another client, no place left":
            arrive(otherHello(pair.token(identity: 2)), from: home)
        case "hello of another client, the server overloaded":
            pair.server.isAdmitting = false
            arrive(otherHello(pair.token(identity: 2)), from: home)
        case "hello with a cookie for another address": arrive(hello(from: home), from: away)
        case "hello with a cookie of 8 s ago":
            let stale = hello(from: home)
            waitAwake(.seconds(8))
            arrive(stale, from: home)
        case "hello with a token that is refused":
            let hello = hello(from: home)
            pair.wallMilliseconds += 60_000
            arrive(hello, from: home)
        case "hello whose proof does not hold":
            var hello = hello(from: home)
            hello[1_199] ^= 1
            arrive(hello, from: home)
        case "hello that is cut short": arrive(Array(hello(from: home).dropLast()), from: home)
        case "a packet that comes twice":
            let bytes = packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            arrive(bytes, from: home)
            pump()
            arrive(bytes, from: home)
        case "a packet whose seal does not hold":
            var bytes = packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            bytes[20] ^= 1
            arrive(bytes, from: home)
        case "a packet of the next key phase":
            changeKey()
            arrive(packet(frame(.ping, [UInt8](repeating: 0, count: 8))), from: home)
        case "a packet whose key phase was changed on its way":
            var bytes = packet(frame(.ping, [UInt8](repeating: 0, count: 8)))
            bytes[0] ^= SealLimits.phaseBit
            arrive(bytes, from: home)
        case "a datagram that servers send":
            arrive([0x84] + [UInt8](repeating: 0, count: 40), from: home)
        case "a datagram of an unknown type, or empty":
            arrive([0x55, 1, 2], from: home)
            arrive([], from: home)
        case "the newest packet, from another address":
            arrive(packet(frame(.padding, [0])), from: away)
        case "the same, 250 ms later":
            wait(.milliseconds(250))
            arrive(packet(frame(.padding, [0])), from: away)
        case "an older packet, from another address":
            let late = packet(frame(.padding, [0]))
            arrive(packet(frame(.padding, [0])), from: home)
            pump()
            settle()
            arrive(late, from: away)
        case "path response, from the challenged address":
            arrive(
                packet(frames(for: "path response", largest: 0, challenge: challenge)!), from: away)
        case "path response with another value, from the challenged address":
            arrive(
                packet(
                    frames(
                        for: "path response with another value", largest: 0, challenge: challenge)!),
                from: away)
        case "5 s without a packet": wait(.seconds(5))
        case "10 s without a packet": wait(.seconds(10))
        case "60 s without a packet": wait(.seconds(60))
        default: return false
        }
        return true
    }

    private func performFrames(_ event: String) -> Bool {
        guard let frames = frames(for: event, largest: largestOfServer, challenge: challenge)
        else { return false }
        arrive(packet(frames), from: home)
        return true
    }

    /// What the server's caller does.
    private func performCall(_ event: String) -> Bool {
        switch event {
        case "call: send a message":
            if let handle { precondition(pair.send([1], stream: 0, to: handle)) }
        case "a probe timeout after that":
            if let handle { precondition(pair.send([1], stream: 0, to: handle)) }
            pump()
            _ = takeSent()
            wait(.milliseconds(700))
        case "call: close":
            if let handle { pair.close(handle, CloseReason(.shutdown)) }
        default: return false
        }
        return true
    }

    private func otherHello(_ token: ConnectToken) -> [UInt8] {
        hello(of: ClientHandshake(token: token, entropy: &pair.entropy))
    }

    /// Forgets what came of preparing an event.
    private func settle() {
        _ = takeSent()
        _ = takeTold()
    }

    /// Lets time pass while the client says enough to be known as awake, unless it sleeps.
    private func waitAwake(_ span: TimeSpan) {
        let end = pair.now + span
        while pair.now < end {
            wait(.seconds(1))
            if handle != nil, !isAsleep { arrive(packet(frame(.padding, [0])), from: home) }
        }
        pump()
        settle()
    }
}
