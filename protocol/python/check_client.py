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
from cairn.handshake import Handshake, Refused, Token, read_extensions
from cairn.packets import CLIENT_PACKET, SERVER_PACKET, Opener, Sealer

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


if __name__ == "__main__":
    checked = sum(check_session(json.loads(file.read_text()))
                  for file in sorted(FOLDER.glob("session-*.json")))
    print(f"{checked} values of the vectors, as the client says and reads them")
