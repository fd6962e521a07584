"""Holds the client's own code against protocol/vectors: what it says in a join, and that it opens and
seals every packet there.

Run with the package of requirements.txt: python3 check_client.py. check.py, beside this folder, derives
the same vectors without any package.
"""
import json
import pathlib
import re
import struct
import sys

sys.dont_write_bytecode = True
from cairn import wire
from cairn.blocks import LEAVE_BODY, Grid, read_properties, write_properties
from cairn.description import read_description
from cairn.handshake import Handshake, Refused, Token, read_extensions, write_extensions
from cairn.messages import CLIENT_MESSAGE, SERVER_MESSAGE, STEERING_BODY, TICK_FRAME
from cairn.packets import CLIENT_PACKET, SERVER_PACKET, Opener, Sealer, read_acknowledgement
from cairn.streams import Incoming
from cairn.wire import TEXT, U16, U64, VARINT, Reader, together
from cairn.world import World

FOLDER = pathlib.Path(__file__).parent.parent / "vectors"


def check_session(v: dict) -> int:
    b = lambda field: bytes.fromhex(v[field])
    token, cipher = Token.from_text(v["tokenText"]), int(v["cipher"])
    assert token.sealed == b("sealedToken"), "token"
    handshake = Handshake(
        token, 0.0, ciphers=1 << cipher | 1, extensions=read_extensions(b("clientExtensions")),
        secret_key=b("clientSecretKey"), nonce=b("clientNonce"))
    handshake.cookie = struct.pack("<I", int(v["cookieBucket"])) + b("cookieCode")
    assert handshake.hello() == b("clientHello"), "client hello"
    joined = handshake.handle(b("serverHello"), 0.0)
    assert joined and joined.connection == int(v["connectionID"]), "server hello"
    for bit in range(8 * len(b("serverHello"))):
        forged = bytearray(b("serverHello"))
        forged[bit // 8] ^= 1 << bit % 8
        assert handshake.handle(bytes(forged), 0.0) is None, f"a server hello with bit {bit} wrong"
    try:
        handshake.handle(b("refusalServerFull"), 0.0)
        raise AssertionError("refusal")
    except Refused as refusal:
        assert str(refusal) == "server full"
    head = struct.pack("<Q", joined.connection)
    count = 4
    for name, kind, key, head in (("client", CLIENT_PACKET, joined.client_key, head),
                                  ("server", SERVER_PACKET, joined.server_key, b"")):
        sealer, opener = Sealer(cipher, key, kind, head), Opener(cipher, key, kind, head)
        packets = sorted((int(phase), int(number), packet) for packet, phase, number in (
            (packet, *re.fullmatch(rf"{name}PacketPhase(\d+)Number(\d+)", packet).groups())
            for packet in v if packet.startswith(f"{name}Packet")))
        assert packets, "packets"
        for phase, number, packet in packets:
            while sealer.phase < phase:
                sealer.advance()
            sealer.number = sealer.first = number
            assert sealer.seal(b("frames")) == (number, b(packet)), packet
            # As if all in between had come, and all that came were acknowledged.
            opener.received.largest = max(opener.received.largest, number - 2)
            opener.received.acknowledged = opener.received.largest
            opener.first = min(opener.first, max(opener.received.largest, 0))
            assert opener.open(b(packet), 0.0) == b("frames"), packet
            assert opener.open(b(packet), 0.0) is None, f"{packet}, twice"
            count += 2
    return count


# --- Golden packets ---------------------------------------------------------------------------

def read_hello(datagram: bytes) -> tuple[bytes, dict]:
    """A hello's cookie and its extensions."""
    size = 2 + int.from_bytes(datagram[332:334], "little")
    return datagram[56:76], read_extensions(datagram[332:332 + size])


class GoldenReader:
    """Opens a captured session, says what is in it, and writes every frame of it again."""

    def __init__(self, capture: dict):
        b = lambda key: bytes.fromhex(capture[key])
        self.handshake = Handshake(Token.from_text(capture["tokenText"]), 0.0,
                                   secret_key=b("clientSecretKey"), nonce=b("clientNonce"))
        self.directions = {}

    def read(self, datagram: bytes, sender: str) -> tuple[list[str], bytes | None, bytes | None]:
        """What it says, its frames, and the same datagram made again."""
        kind = datagram[0]
        if kind == 0x01:
            cookie, extensions = read_hello(datagram)
            self.handshake.cookie, self.handshake.ciphers = cookie, datagram[7]
            self.handshake.extensions = write_extensions(extensions)
            return (["hello with the cookie" if any(cookie) else "first hello"], None,
                    self.handshake.hello())
        if kind == 0x81:
            return ["cookie"], None, None
        if kind == 0x82:
            joined = self.handshake.handle(datagram, 0.0)
            head = struct.pack("<Q", joined.connection)
            for name, packet, key, head in (("client", CLIENT_PACKET, joined.client_key, head),
                                            ("server", SERVER_PACKET, joined.server_key, b"")):
                self.directions[name] = (Sealer(joined.cipher, key, packet, head),
                                         Opener(joined.cipher, key, packet, head))
            return ["hello"], None, None
        sealer, opener = self.directions[sender]
        opener.received.acknowledged = opener.received.largest  # The capture is of what was sent.
        payload = opener.open(datagram, 0.0)
        assert payload is not None, "a packet does not open"
        while sealer.phase < opener.phase:
            sealer.advance()
        sealer.number = opener.received.largest
        words, again = [], b""
        for kind, body in wire.frames(payload):
            said, written = read_frame(kind, body, sender)
            words.append(said)
            again += wire.frame(kind, written)
        return words, payload, sealer.seal(again)[1]


def read_frame(kind: int, body: bytes, sender: str) -> tuple[str, bytes]:
    """A frame in words, and its body written again from what was read."""
    r = Reader(body)
    if kind == wire.PADDING:
        return f"padding, {len(body)} bytes", body
    if kind == wire.ACKNOWLEDGEMENT:
        said = read_acknowledgement(body)
        return ("acknowledgement of "
                + ", ".join(f"{run.start} to {run[-1]}" for run in said.runs), said.write())
    if kind == wire.ORDERED:
        return read_message(r, sender)
    if kind == wire.PING:
        return "ping", U64.write(U64.decode(body))
    if kind == wire.PONG:
        pong = together(U64, U64, U64)
        return "pong", pong.write(pong.decode(body))
    if kind == wire.CLOSE:
        close = together(U16, TEXT)
        return f"close {close.decode(body)[0]}", close.write(close.decode(body))
    if kind in (wire.PATH_CHALLENGE, wire.PATH_RESPONSE):
        name = "challenge" if kind == wire.PATH_CHALLENGE else "response"
        return f"path {name}", U64.write(U64.decode(body))
    if kind == wire.STEERING:
        inputs = STEERING_BODY.decode(body)
        return ("steering " + ", ".join(str(one.sequence) for one in inputs),
                STEERING_BODY.write(inputs))
    if kind == wire.TICK:
        frame = TICK_FRAME.decode(body)
        return f"tick {frame.tick}", TICK_FRAME.write(frame)
    page = VARINT.read(r)
    if kind == wire.KEYFRAME:
        grid = Grid(8, 20)
        _, tick, cell, members = grid.read_keyframe(body, 1000)
        age = 1000 - tick
        return (f"keyframe of page {page}, {age} ticks old, {len(members)} members",
                grid.write_keyframe(page, age, cell, members))
    if kind == wire.CHANGE:
        return f"change of page {page} over {VARINT.read(r)} ticks", body
    if kind == wire.PROPERTIES:
        return f"properties of page {page}", write_properties(*read_properties(body))
    if kind == wire.PAGE_DIGEST:
        return f"digest of page {page}", VARINT.write(page) + U64.write(U64.read(r))
    if kind == wire.LEAVE:
        return f"leave of page {page}", LEAVE_BODY.write(LEAVE_BODY.decode(body))
    return f"frame {kind}, {len(body)} bytes", body


def read_message(r: Reader, sender: str) -> tuple[str, bytes]:
    head, number = r.number("B"), VARINT.read(r)
    out, words = bytes([head]) + VARINT.write(number), f"message {number} of stream {head & 15}"
    if head & 0x80:
        length, first = VARINT.read(r), VARINT.read(r)
        out += VARINT.write(length) + VARINT.write(first) + r.rest()
        return f"{words}, from chunk {first} of {length} bytes", out
    codec = CLIENT_MESSAGE if sender == "client" else SERVER_MESSAGE
    message = codec.decode(r.rest())
    return f"{words}, {message[0].replace(' p', 'P')}", out + codec.write(message)


def check_golden(file: pathlib.Path) -> int:
    capture = json.loads(file.read_text())
    reader, world, streams = GoldenReader(capture), None, Incoming()
    for index, captured in enumerate(capture["datagrams"]):
        datagram, sender = bytes.fromhex(captured["hex"]), captured["from"]
        words, payload, again = reader.read(datagram, sender)
        assert words == captured["says"], f"{file.name} {index}: {words} {captured['says']}"
        assert payload == (bytes.fromhex(captured["frames"]) if "frames" in captured else None)
        assert again in (None, datagram), f"{file.name} {index}, again"
        if payload is None or sender == "client":
            continue
        if world:
            world.begin_packet()
        for kind, body in wire.frames(payload):
            if kind == wire.ORDERED:
                for _, message in streams.receive(kind, body):
                    said = SERVER_MESSAGE.decode(message)
                    if said[0] == "welcome":
                        world = World(read_description(said[4]))
            elif kind >= wire.TICK:
                world.receive(kind, body)
    assert world.equal > 30 and world.different == world.malformed == 0, "digests"
    return len(capture["datagrams"])


if __name__ == "__main__":
    checked = sum(check_session(json.loads(file.read_text()))
                  for file in sorted(FOLDER.glob("session-*.json")))
    print(f"{checked} values of the vectors, as the client says and reads them")
    golden = sum(map(check_golden, sorted(FOLDER.parent.glob("golden/*/*.json"))))
    print(f"{golden} golden datagrams, opened, read, and written again to the same bytes")
