#!/usr/bin/env python3
"""Derives every byte of protocol/vectors from STANDARD.md and, by check_world.py and check_peers.py,
from WORLD.md and PEERS.md alone: no Cairn code, no crypto library.

Run: python3 protocol/check.py. Slow and simple on purpose; needs nothing but Python's own library.
"""
import base64
import hashlib
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True  # The imports below would leave folders beside the vectors.
sys.path.insert(0, str(pathlib.Path(__file__).parent / "python"))
from cairn.wire import TEXT, U8, U16, U64, VARINT, kdf, mac, together, varint
from check_peers import check_peers
from check_world import check_world

FOLDER = pathlib.Path(__file__).parent / "vectors"


# --- Section 2: primitives -------------------------------------------------------------------

def x25519(secret, point):
    """RFC 7748, section 5."""
    prime = 2**255 - 19
    scalar = int.from_bytes(secret, "little")
    scalar = scalar & ~7 & ~(1 << 255) | 1 << 254
    x1 = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for bit in range(254, -1, -1):
        here = scalar >> bit & 1
        if swap != here:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = here
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % prime, x1 * (da - cb) ** 2 % prime
        e = aa - bb
        x2, z2 = aa * bb % prime, e * (aa + 121665 * e) % prime
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, prime - 2, prime) % prime).to_bytes(32, "little")


def chacha_rounds(state):
    def turn(value, count):
        return (value << count | value >> 32 - count) & 0xFFFFFFFF

    def quarter(a, b, c, d):
        for x, y, z, count in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = state[x] + state[y] & 0xFFFFFFFF
            state[z] = turn(state[z] ^ state[x], count)

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for diagonal in range(4):
            quarter(diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4,
                    12 + (diagonal + 3) % 4)
    return state


CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")


def chacha_block(key, counter, nonce):
    start = [*CONSTANTS, *struct.unpack("<8I", key), counter, *struct.unpack("<3I", nonce)]
    mixed = chacha_rounds(list(start))
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(start, mixed)))


def chacha_xor(key, nonce, message):
    blocks = (len(message) + 63) // 64
    stream = b"".join(chacha_block(key, 1 + index, nonce) for index in range(blocks))
    return bytes(a ^ b for a, b in zip(message, stream))


def padded(message):
    return message + bytes(-len(message) % 16)


def chacha_tag(key, nonce, header, sealed):
    one_time = chacha_block(key, 0, nonce)
    r = int.from_bytes(one_time[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s = int.from_bytes(one_time[16:32], "little")
    text = padded(header) + padded(sealed) + struct.pack("<QQ", len(header), len(sealed))
    total = 0
    for at in range(0, len(text), 16):
        total = (total + int.from_bytes(text[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + s) % 2**128).to_bytes(16, "little")


def chacha_seal(key, nonce, header, message):
    sealed = chacha_xor(key, nonce, message)
    return sealed + chacha_tag(key, nonce, header, sealed)


def hchacha(key, nonce):
    mixed = chacha_rounds([*CONSTANTS, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)])
    return struct.pack("<8I", *mixed[:4], *mixed[12:])


def xchacha_open(key, nonce, header, sealed):
    inner, short = hchacha(key, nonce[:16]), bytes(4) + nonce[16:]
    body, tag = sealed[:-16], sealed[-16:]
    assert chacha_tag(inner, short, header, body) == tag, "token tag"
    return chacha_xor(inner, short, body)


def times(a):
    return (a << 1 ^ 0x11B) & 0xFF if a & 0x80 else a << 1


def make_sbox():
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= times(p)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        turned = q
        for count in range(1, 5):
            turned ^= (q << count | q >> 8 - count) & 0xFF
        box[p] = turned ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return box


SBOX = make_sbox()


def aes256(key, block):
    words = [list(key[at:at + 4]) for at in range(0, 32, 4)]
    constant = 1
    for index in range(8, 60):
        word = list(words[-1])
        if index % 8 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= constant
            constant = times(constant)
        elif index % 8 == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[index - 8], word)])
    keys = [sum(words[at:at + 4], []) for at in range(0, 60, 4)]
    state = [a ^ b for a, b in zip(block, keys[0])]
    for turn in range(1, 15):
        state = [SBOX[b] for b in state]
        state = [state[(at + 4 * (at % 4)) % 16] for at in range(16)]
        if turn < 14:
            mixed = []
            for at in range(0, 16, 4):
                c = state[at:at + 4]
                every = c[0] ^ c[1] ^ c[2] ^ c[3]
                mixed += [c[i] ^ every ^ times(c[i] ^ c[(i + 1) % 4]) for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[turn])]
    return bytes(state)


def gcm_seal(key, nonce, header, message):
    h = int.from_bytes(aes256(key, bytes(16)), "big")

    def multiply(x, y):
        product = 0
        for bit in range(127, -1, -1):
            if x >> bit & 1:
                product ^= y
            y = y >> 1 ^ (0xE1 << 120 if y & 1 else 0)
        return product

    sealed = b""
    for at in range(0, len(message), 16):
        pad = aes256(key, nonce + struct.pack(">I", 2 + at // 16))
        sealed += bytes(a ^ b for a, b in zip(message[at:at + 16], pad))
    text = padded(header) + padded(sealed) + struct.pack(">QQ", 8 * len(header), 8 * len(sealed))
    total = 0
    for at in range(0, len(text), 16):
        total = multiply(total ^ int.from_bytes(text[at:at + 16], "big"), h)
    pad = int.from_bytes(aes256(key, nonce + struct.pack(">I", 1)), "big")
    return sealed + (total ^ pad).to_bytes(16, "big")


def extensions(entries):
    """Section 4.5."""
    body = b"".join(struct.pack("<HH", kind, len(entries[kind])) + entries[kind]
                    for kind in sorted(entries))
    return struct.pack("<H", len(body)) + body


# --- Sections 3 to 5: what a join says --------------------------------------------------------

def check_session(name):
    v = json.loads((FOLDER / name).read_text())
    b = lambda field: bytes.fromhex(v[field])
    base = (9).to_bytes(32, "little")
    count = 0

    def same(what, mine, theirs):
        nonlocal count
        assert mine == theirs, f"{name}: {what}\n  standard {mine.hex()}\n  vector   {theirs.hex()}"
        count += 1

    token, token_key = b("sealedToken"), b("tokenKey")
    text = v["tokenText"].removeprefix("cairn1.")
    whole = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    secret = whole[256:]
    same("token text", whole[:256], token)
    same("token key identifier", kdf(token_key, 8, 16)[:4], token[1:5])
    private = xchacha_open(token_key, token[21:45], token[:21], token[45:])
    same("token secret", private[:32], secret)
    servers = struct.pack("<B8Q", 2, 42, 43, 0, 0, 0, 0, 0, 0)
    same("token facts", struct.pack("<QQBQ", 1_700_000_000_000, 7, 1, 3) + servers + b"\3Ada"
         + bytes(29 + 40), private[32:])
    same("token head", b"\1" + struct.pack("<QQ", int(v["tokenID"]), 1_700_000_060_000),
         token[:1] + token[5:21])

    cipher = int(v["cipher"])
    client_key = x25519(b("clientSecretKey"), base)
    server_key = x25519(b("serverSecretKey"), base)
    hello = (b"\1CAIR\1\1" + bytes([1 << cipher | 1]) + b("clientNonce") + client_key
             + struct.pack("<I", int(v["cookieBucket"])) + b("cookieCode") + token)
    entries = {1: struct.pack("<H", 1472), 0x7001: bytes([1, 2, 3])}
    same("client extensions", extensions(entries), b("clientExtensions"))
    hello += extensions(entries)
    hello += bytes(1184 - len(hello))
    same("client hello", hello + mac(kdf(secret, 1), hello), b("clientHello"))

    same("server extensions", extensions({1: struct.pack("<H", 1452)}), b("serverExtensions"))
    master = hashlib.blake2b(
        x25519(b("clientSecretKey"), server_key) + client_key + server_key + b("clientNonce")
        + b("serverNonce") + struct.pack("<QQQBB", 42, 5, int(v["connectionID"]), 1, cipher)
        + b("clientExtensions") + b("serverExtensions"),
        digest_size=32, key=kdf(secret, 3)).digest()
    answer = (b"\x82\1" + bytes([cipher]) + b("clientNonce") + b("serverNonce") + server_key
              + struct.pack("<QQQ", int(v["connectionID"]), 5, 42) + b("serverExtensions"))
    same("server hello", answer + mac(kdf(master, 6), answer), b("serverHello"))
    refusal = b"\x83\1" + b("clientNonce")
    same("refusal", refusal + mac(kdf(secret, 2), refusal), b("refusalServerFull"))

    seal = gcm_seal if cipher == 1 else chacha_seal
    for sender, first, id_bytes, key in (
            ("client", 0x02, struct.pack("<Q", int(v["connectionID"])), kdf(master, 4)),
            ("server", 0x84, b"", kdf(master, 5))):
        packets = [name for name in v if name.startswith(sender + "PacketPhase")]
        assert len(packets) == 3, f"{name}: packets of three phases"
        for phase, field in enumerate(sorted(packets)):
            number = int(field.removeprefix(f"{sender}PacketPhase{phase}Number"))
            head = bytes([first | 0x40 * (phase & 1)]) + id_bytes + struct.pack("<I", number % 2**32)
            sealed = seal(key, struct.pack("<QI", number, 0), head, b("frames"))
            same(field, head + sealed, b(field))
            key = kdf(key, 9)
    return count


# --- Section 6: frames ------------------------------------------------------------------------

PART_HEAD = together(U8, VARINT, VARINT, VARINT)
CODECS = {"message": together(U8, VARINT), "sequenced": together(U8, VARINT), "ping": U64,
          "pong": together(U64, U64, U64), "close": together(U16, TEXT)}


def check_frames():
    expected = {
        "message lane 3 number 300 whole": b"\x03" + varint(300),
        "message lane 2 number 7 part of 262144 from chunk 2047":
            b"\x82" + varint(7) + varint(262144) + varint(2047),
        "sequenced channel 15 sequence 300": b"\x0f" + varint(300),
        "ping sent 0x1122334455667788": struct.pack("<Q", 0x1122334455667788),
        "pong echoed 1 received 2 answered 3": struct.pack("<QQQ", 1, 2, 3),
        "close removed 'not yours'": struct.pack("<H", 6) + varint(9) + b"not yours",
    }
    stored = json.loads((FOLDER / "frames.json").read_text())
    assert stored == {name: body.hex() for name, body in expected.items()}, "frames"
    for name, body in expected.items():
        codec = PART_HEAD if " part of " in name else CODECS[name.split()[0]]
        assert codec.write(codec.decode(body)) == body, f"frames: {name}, again"
    return len(expected)


if __name__ == "__main__":
    checked = check_frames()
    for file in sorted(FOLDER.glob("session-*.json")):
        checked += check_session(file.name)
    checked += check_world()
    checked += check_peers()
    print(f"{checked} values derived from the standard, all as in the vectors")
    sys.exit(0)
