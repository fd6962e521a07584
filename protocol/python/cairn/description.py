"""The world's description (WORLD.md 7), which a welcome ends with, and digests of bytes (5.5)."""
from typing import Any, NamedTuple

from .fields import REAL_NUMBER, SCALAR
from .messages import FACING, POSITION
from .wire import (I32, TEXT, U8, U16, VARINT, ZIGZAG, Malformed, Reader, list_of, optional,
                   together)

AVATAR, DEVICE, NPC, OBJECT = range(4)
VERSION = 2
ALL = 2**64 - 1


class Kind(NamedTuple):
    number: int
    name: str
    role: int
    speed: float
    glyph: str


class Field(NamedTuple):
    number: int
    kind: int
    name: str
    type: int
    policy: int
    writers: int
    range: tuple[int, int] | None
    most_bytes: int
    most_elements: int


class Rules(NamedTuple):
    hertz: int
    cell_metres: int
    bounds: tuple[tuple, tuple]
    kinds: list[Kind]
    fields: list[Field]


class Description(NamedTuple):
    version: int
    name: str
    rules: Rules
    origin: tuple[float, float, float] | None
    spawns: list
    interest_metres: int
    reach_metres: int
    carried: list[int]
    zones: list
    anchors: list
    personas: list
    objects: list

    def kind(self, number: int) -> Kind | None:
        return next((kind for kind in self.rules.kinds if kind.number == number), None)

    def field(self, kind: int, name: str) -> Field:
        """A field of a kind by its name. Raises KeyError."""
        for field in self.rules.fields:
            if (field.kind, field.name) == (kind, name):
                return field
        raise KeyError(name)

    @property
    def schema_hash(self) -> int:
        return digest_bytes(RULES.write(self.rules), seed=1)


KIND = together(U16, TEXT, U8, REAL_NUMBER, TEXT, into=Kind)
FIELD = together(U16, U16, TEXT, U8, U8, U8, optional(together(ZIGZAG, ZIGZAG)), VARINT, VARINT,
                 into=Field)
RULES = together(U8, VARINT, together(POSITION, POSITION), list_of(KIND), list_of(FIELD),
                 into=Rules)
ZONE = together(TEXT, U8, REAL_NUMBER, list_of(together(I32, I32)))
ANCHOR = together(TEXT, POSITION, FACING, REAL_NUMBER)
PERSONA = together(TEXT, U8, U16, TEXT, list_of(TEXT))
THING = together(optional(TEXT), U16, POSITION, FACING, list_of(together(U16, TEXT, SCALAR)))
DESCRIPTION = together(
    U8, TEXT, RULES, optional(together(*[REAL_NUMBER] * 3)), list_of(POSITION), VARINT, VARINT,
    list_of(U16), list_of(ZONE), list_of(ANCHOR), list_of(PERSONA), list_of(THING),
    into=Description)


def read_description(data: bytes) -> Description:
    """Reads a description and holds it against the limits that a client's arithmetic rests on."""
    if data[:1] != bytes([VERSION]):
        raise Malformed("a description of another version")
    description = DESCRIPTION.decode(data)
    rules = description.rules
    lowest, highest = rules.bounds
    checks: dict[str, Any] = {
        "ticks a second": 5 <= rules.hertz <= 128,
        "cell": rules.cell_metres in (2**power for power in range(1, 9)),
        "interest": 4 <= description.interest_metres <= 1024,
        "reach": 1 <= description.reach_metres <= 32,
        "bounds": all(-2**30 <= low <= high <= 2**30 for low, high in zip(lowest, highest)),
        "kinds": 1 <= len(rules.kinds) <= 64, "fields": len(rules.fields) <= 512,
        "speed": all(0 <= kind.speed <= 127 for kind in rules.kinds),
        "order": all(left.number < right.number for left, right in zip(rules.kinds, rules.kinds[1:])),
    }
    for what, holds in checks.items():
        if not holds:
            raise Malformed(f"description: {what}")
    return description


# --- Digests (5.5) ------------------------------------------------------------------------------

def mix64(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & ALL
    value = (value ^ value >> 27) * 0x94D049BB133111EB & ALL
    return value ^ value >> 31


def digest(words, seed: int = 0) -> int:
    value = mix64(seed ^ 0x636169726E)
    for word in words:
        value = mix64((value << 23 | value >> 41) & ALL ^ word) + 0x9E3779B97F4A7C15 & ALL
    return value


def digest_bytes(data: bytes, seed: int = 0) -> int:
    whole = len(data) // 8 * 8
    words = [int.from_bytes(data[at:at + 8], "big") for at in range(0, whole, 8)]
    return digest([len(data), *words, int.from_bytes(data[whole:], "big")], seed)
