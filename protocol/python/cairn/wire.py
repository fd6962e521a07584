"""How values are written (STANDARD.md 1, 2 and 6; WORLD.md 1), and the two keyed hashes.

A codec is a pair of functions, one that reads and one that writes: every layout is said once and
works both ways. Whatever breaks a rule raises Malformed.
"""
import hashlib
import struct
from typing import Any, Callable, Iterator, NamedTuple


class Malformed(ValueError):
    """Bytes that no implementation of the standard sends."""


class Reader:
    """Takes values off the front of some bytes."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise Malformed("truncated")
        self.at += count
        return self.data[self.at - count:self.at]

    def rest(self) -> bytes:
        return self.take(self.left)

    def number(self, form: str) -> Any:
        """A number of fixed size, by its letter in `struct`."""
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def varint(self, most: int = 2**64 - 1) -> int:
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value > most or (byte == 0 and shift):
                    raise Malformed("varint")
                return value
            shift += 7
            if shift > 63:
                raise Malformed("varint")

    def end(self) -> None:
        if self.left:
            raise Malformed("bytes are left over")


def varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


class Codec(NamedTuple):
    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]

    def decode(self, data: bytes) -> Any:
        """The value that all of `data` is."""
        reader = Reader(data)
        value = self.read(reader)
        reader.end()
        return value


def fixed(form: str) -> Codec:
    return Codec(lambda r: r.number(form), lambda value: struct.pack("<" + form, value))


U8, U16, U32, U64, I16, I32, I64 = map(fixed, "BHIQhiq")
VARINT = Codec(Reader.varint, varint)


def _read_zigzag(r: Reader) -> int:
    raw = r.varint()
    return raw >> 1 ^ -(raw & 1)


ZIGZAG = Codec(_read_zigzag, lambda value: varint((value << 1 ^ value >> 63) & 2**64 - 1))


def _read_flag(r: Reader) -> bool:
    flag = r.number("B")
    if flag > 1:
        raise Malformed("flag")
    return flag == 1


FLAG = Codec(_read_flag, lambda value: bytes([value]))


def _read_text(r: Reader) -> str:
    try:
        return r.take(r.varint()).decode()
    except UnicodeDecodeError:
        raise Malformed("UTF-8") from None


TEXT = Codec(_read_text, lambda value: varint(len(value.encode())) + value.encode())
BYTES = Codec(lambda r: r.take(r.varint()), lambda value: varint(len(value)) + value)
REST = Codec(Reader.rest, lambda value: value)


def raw(count: int) -> Codec:
    """So many bytes as they are."""
    return Codec(lambda r: r.take(count), lambda value: value)


def together(*codecs: Codec, into: Callable[..., Any] = lambda *parts: parts) -> Codec:
    """Several values in a row, as a tuple or as what `into` makes of them."""
    return Codec(lambda r: into(*[codec.read(r) for codec in codecs]),
                 lambda parts: b"".join(c.write(part) for c, part in zip(codecs, parts, strict=True)))


def list_of(codec: Codec) -> Codec:
    def read(r: Reader) -> list:
        count = r.varint()
        if count > r.left:
            raise Malformed("a list longer than its message")
        return [codec.read(r) for _ in range(count)]

    return Codec(read, lambda values: varint(len(values)) + b"".join(map(codec.write, values)))


def to_end(codec: Codec) -> Codec:
    """As many as there are."""
    def read(r: Reader) -> list:
        values = []
        while r.left:
            values.append(codec.read(r))
        return values

    return Codec(read, lambda values: b"".join(map(codec.write, values)))


def optional(codec: Codec) -> Codec:
    """A flag, and a value where it is set."""
    return Codec(lambda r: codec.read(r) if FLAG.read(r) else None,
                 lambda value: b"\0" if value is None else b"\1" + codec.write(value))


def tagged(table: dict[int, tuple]) -> Codec:
    """A tag byte and what belongs to it. Values are tuples that begin with the tag's name."""
    codecs = {tag: together(*row[1:]) for tag, row in table.items()}
    tags = {row[0]: tag for tag, row in table.items()}

    def read(r: Reader) -> tuple:
        tag = r.number("B")
        if tag not in table:
            raise Malformed(f"tag {tag}")
        return (table[tag][0], *codecs[tag].read(r))

    return Codec(read, lambda value: bytes([tags[value[0]]]) + codecs[tags[value[0]]].write(value[1:]))


# --- Frames (STANDARD.md 6) ---------------------------------------------------------------------

PADDING, ACKNOWLEDGEMENT, ORDERED, PING, PONG, CLOSE, PATH_CHALLENGE, PATH_RESPONSE = range(8)
UNRELIABLE, SEQUENCED, UNORDERED = 8, 9, 10
STEERING, POSE_CLAIM = 0x10, 0x11
TICK, KEYFRAME, CHANGE, PROPERTIES, PAGE_DIGEST, LEAVE = range(0x20, 0x26)
# Frames that do not ask for an acknowledgement.
SILENT = {PADDING, ACKNOWLEDGEMENT, CLOSE}


def frame(kind: int, body: bytes) -> bytes:
    return varint(kind) + varint(len(body)) + body


def frames(payload: bytes) -> Iterator[tuple[int, bytes]]:
    r = Reader(payload)
    while r.left:
        yield r.varint(most=0x3FFF), r.take(r.varint())


# --- Hashes (STANDARD.md 2) ---------------------------------------------------------------------

def mac(key: bytes, message: bytes) -> bytes:
    return hashlib.blake2b(message, digest_size=16, key=key).digest()


def kdf(key: bytes, purpose: int, size: int = 32) -> bytes:
    return hashlib.blake2b(digest_size=size, key=key, salt=struct.pack("<QQ", purpose, 0),
                           person=b"cairn v1" + bytes(8)).digest()
