"""Joining (STANDARD.md 3 and 4): hello, cookie, hello, and the keys of both directions.

A pure state machine: time and datagrams in, datagrams out. An answer that is not genuine is as if
it had not come.
"""
import base64
import hashlib
import hmac
import os
import struct
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .wire import U16, Malformed, Reader, kdf, mac

DATAGRAM, HELLO_PROOF = 1200, 1184
LARGEST_DATAGRAM = 1472     # What this client takes: an Ethernet frame's worth of UDP over IPv4.
SEALED_TOKEN, SECRET = 256, 32
MAXIMUM_DATAGRAM = 1
CHACHA20_POLY1305, AES_256_GCM = 0, 1
REFUSALS = {1: "server full", 2: "already connected", 3: "no common version",
            4: "overloaded"}


class Token(NamedTuple):
    """A connect token as its holder has it: a part for the server, and the secret."""
    sealed: bytes
    secret: bytes

    @classmethod
    def from_text(cls, text: str) -> "Token":
        head, _, body = text.strip().partition(".")
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if head != "cairn1" or len(data) != SEALED_TOKEN + SECRET:
            raise ValueError("this is no connect token")
        return cls(data[:SEALED_TOKEN], data[SEALED_TOKEN:])


def read_extensions(block: bytes) -> dict[int, bytes]:
    """The entries of a hello's extension block (4.6) by type. Raises Malformed."""
    whole = Reader(block)
    entries, types = Reader(whole.take(whole.number("H"))), {}
    whole.end()
    while entries.left:
        kind, body = entries.number("H"), entries.take(entries.number("H"))
        if types and kind <= max(types):
            raise Malformed("extensions out of order")
        if kind == MAXIMUM_DATAGRAM and (len(body) != 2 or U16.decode(body) < DATAGRAM):
            raise Malformed("maximum datagram")
        types[kind] = body
    return types


def write_extensions(entries: dict[int, bytes]) -> bytes:
    body = b"".join(U16.write(kind) + U16.write(len(entries[kind])) + entries[kind]
                    for kind in sorted(entries))
    return U16.write(len(body)) + body


class Joined(NamedTuple):
    """What a join agrees on."""
    connection: int
    cipher: int
    client_key: bytes
    server_key: bytes
    extensions: dict[int, bytes]     # The server's answer to the client's.


class Refused(Exception):
    """The server said why it does not take this client."""


class Handshake:
    def __init__(self, token: Token, now: float, ciphers: int = 3, versions: tuple = (1, 1),
                 extensions: dict[int, bytes] = {MAXIMUM_DATAGRAM: U16.write(LARGEST_DATAGRAM)},
                 secret_key: bytes | None = None, nonce: bytes | None = None):
        """`ciphers` is the hello's bit set. Key and nonce are given by tests alone."""
        self.token, self.ciphers, self.versions = token, ciphers, versions
        self.extensions = write_extensions(extensions)
        self.private = X25519PrivateKey.from_private_bytes(secret_key or os.urandom(32))
        self.public = self.private.public_key().public_bytes_raw()
        self.nonce = nonce or os.urandom(16)
        self.no_cookie = bytes(20)
        self.cookie, self.tries, self.due, self.waits = self.no_cookie, 0, now, [0.2, 0.4]

    def hello(self) -> bytes:
        text = (b"\x01CAIR" + bytes([*self.versions, self.ciphers]) + self.nonce + self.public
                + self.cookie + self.token.sealed + self.extensions)
        text += bytes(HELLO_PROOF - len(text))
        return text + mac(kdf(self.token.secret, 1), text)

    def poll(self, now: float) -> bytes | None:
        """The hello, when it is due."""
        if now < self.due:
            return None
        if self.tries == 4 and self.cookie != self.no_cookie:
            self.cookie, self.tries = self.no_cookie, 0
        self.tries += 1
        self.due = now + (self.waits.pop(0) if self.waits else 0.5)
        return self.hello()

    def handle(self, datagram: bytes, now: float) -> Joined | None:
        """Takes an answer. Raises Refused."""
        kind = datagram[:1]
        if kind == b"\x81" and len(datagram) == 37 and datagram[1:17] == self.nonce:
            if self.cookie == self.no_cookie:
                self.cookie, self.tries, self.due = datagram[17:], 0, now
        elif kind == b"\x83" and len(datagram) == 34 and datagram[2:18] == self.nonce:
            code = mac(kdf(self.token.secret, 2), datagram[:18])
            if hmac.compare_digest(code, datagram[18:]):
                raise Refused(REFUSALS.get(datagram[1], f"reason {datagram[1]}"))
        elif kind == b"\x82" and 109 <= len(datagram) <= 365 and datagram[3:19] == self.nonce:
            return self._accept(datagram)
        return None

    def _accept(self, hello: bytes) -> Joined | None:
        """The keys, when version, cipher and extensions were offered and the confirmation holds."""
        version, cipher, block = hello[1], hello[2], hello[91:-16]
        if version != 1 or cipher > 1 or not self.ciphers >> cipher & 1:
            return None
        try:
            shared = self.private.exchange(X25519PublicKey.from_public_bytes(hello[35:67]))
            answered = read_extensions(block)
        except ValueError:  # 32 zero bytes came out, or the block is malformed.
            return None
        if answered.keys() - read_extensions(self.extensions).keys():
            return None
        connection, epoch, server = struct.unpack_from("<QQQ", hello, 67)
        master = hashlib.blake2b(
            shared + self.public + hello[35:67] + self.nonce + hello[19:35]
            + struct.pack("<QQQBB", server, epoch, connection, version, cipher)
            + self.extensions + block, digest_size=32, key=kdf(self.token.secret, 3)).digest()
        if not hmac.compare_digest(mac(kdf(master, 6), hello[:-16]), hello[-16:]):
            return None
        return Joined(connection, cipher, kdf(master, 4), kdf(master, 5), answered)
