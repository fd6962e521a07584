"""What stream 0 carries (WORLD.md 3), and the frames of sections 4 and 5.1: tables that read and write.

A message is a tuple that begins with its name: ("durable", 6).
"""
import math
from typing import NamedTuple

from .fields import FIELD, SCALAR
from .wire import (FLAG, I16, I32, REST, TEXT, U8, U16, U32, U64, VARINT, ZIGZAG, Codec, Malformed,
                   Reader, list_of, optional, tagged, to_end, together)

IDENTITY = 3 << 30 | 512 << 20 | 512 << 10 | 512
METRE, SPEED = 1024, 256
PLAYER, DEVICE, SPECTATOR, OPERATOR = range(4)


class Motion(NamedTuple):
    """Where a body is and where it is going, in the standard's units."""
    x: int
    y: int
    z: int
    vx: int = 0
    vy: int = 0
    vz: int = 0
    orientation: int = IDENTITY
    animation: int = 0

    @property
    def metres(self) -> tuple[float, float, float]:
        return self.x / METRE, self.y / METRE, self.z / METRE


def orientation(x: float, y: float, z: float, w: float) -> int:
    """A unit quaternion in 32 bits (WORLD.md 1)."""
    parts = [x, y, z, w]
    largest = max(range(4), key=lambda index: abs(parts[index]))
    sign = math.copysign(1, parts[largest])
    raw = largest
    for index, part in enumerate(parts):
        if index != largest:
            code = math.floor(sign * part * math.sqrt(2) * 511 + 512.5)
            raw = raw << 10 | min(max(code, 1), 1023)
    return raw


def _read_orientation(r: Reader) -> int:
    raw = r.number("I")
    if sum(((raw >> shift & 1023) - 512) ** 2 for shift in (0, 10, 20)) > 392_765:
        raise Malformed("orientation")
    return raw


FACING = Codec(_read_orientation, U32.write)
POSITION = together(I32, I32, I32)
MOTION = together(I32, I32, I32, I16, I16, I16, FACING, U8, into=Motion)

_SINGLE_INTENTS = {
    0: ("create", U16, MOTION, optional(TEXT)),
    1: ("delete", VARINT),
    2: ("set", VARINT, U16, SCALAR),
    3: ("add", VARINT, U16, ZIGZAG),
    4: ("insert", VARINT, U16, SCALAR),
    5: ("remove", VARINT, U16, SCALAR),
    6: ("put", VARINT, U16, TEXT, SCALAR),
    7: ("remove key", VARINT, U16, TEXT),
    8: ("place", VARINT, MOTION),
    9: ("say", TEXT),
    11: ("pick up", VARINT),
    12: ("put down", VARINT, MOTION),
    13: ("give", VARINT, VARINT),
    14: ("trade", VARINT, list_of(VARINT), list_of(VARINT)),
    15: ("share", VARINT, VARINT),
    16: ("unshare", VARINT, VARINT),
    17: ("hand over", VARINT, VARINT),
}
INTENT = tagged(_SINGLE_INTENTS | {10: ("all", list_of(tagged(_SINGLE_INTENTS)))})

CLIENT_MESSAGE = tagged({
    1: ("enter", U16, FLAG, U64, U64),           # Interest, digests, session, resumption.
    2: ("intent", U32, INTENT),
    3: ("sightings", REST),
    4: ("look", POSITION, U16),
    5: ("ready",),
    6: ("ask", U32),
    7: ("seen intent", U32, U32, U8, INTENT),    # Number, tick, 256ths after it.
})

RULES = {
    0: "capability", 1: "unknown entity", 2: "unknown kind", 3: "unknown field", 4: "role",
    5: "ownership", 6: "reach", 7: "policy", 8: "type", 9: "range", 10: "text", 11: "elements",
    12: "bounds", 13: "no-go", 14: "rest", 15: "rate", 16: "quota", 17: "rights",
    18: "attachment", 19: "size", 20: "budget", 21: "whole", 22: "held", 32: "too old",
    33: "outbox",
}
NEAREST = tagged({0: ("nothing",), 1: ("value", SCALAR), 2: ("motion", MOTION), 3: ("later", U32)})

SERVER_MESSAGE = tagged({
    1: ("welcome", U64, U64, FLAG, REST),        # Entity, resumption, session known, description.
    2: ("accepted", U32, U64, to_end(together(VARINT, U16, FIELD))),
    3: ("durable", U32),
    4: ("refused", U32, U8, TEXT, NEAREST, U8),  # Number, rule, reason, nearest, part.
    5: ("heard", U64, TEXT, TEXT),
    6: ("device pose", REST),
    12: ("offered", U64, list_of(VARINT), list_of(VARINT)),
})


class Input(NamedTuple):
    """One steering input of frame 0x10."""
    sequence: int
    milliseconds: int
    velocity: tuple[int, int, int]
    orientation: int
    animation: int


INPUT = together(U32, U8, together(I16, I16, I16), FACING, U8, into=Input)
STEERING_BODY = to_end(INPUT)
CLAIM_BODY = together(U32, MOTION)


class TickFrame(NamedTuple):
    tick: int
    clock: int                   # The server's, in ms.
    judged: int | None = None    # The last input or claim.
    motion: Motion | None = None
    intent: int | None = None    # The newest whose effects the state has.


def _read_tick(r: Reader) -> TickFrame:
    tick, marks, clock = r.number("I"), r.number("B"), r.varint()
    if marks > 7:
        raise Malformed("tick marks")
    parts = [codec.read(r) if marks >> bit & 1 else None
             for bit, codec in enumerate((U32, MOTION, U32))]
    return TickFrame(tick, clock, *parts)


def _write_tick(frame: TickFrame) -> bytes:
    marks, out = 0, b""
    for bit, (codec, part) in enumerate(zip((U32, MOTION, U32), frame[2:])):
        if part is not None:
            marks, out = marks | 1 << bit, out + codec.write(part)
    return U32.write(frame.tick) + bytes([marks]) + VARINT.write(frame.clock) + out


TICK_FRAME = Codec(_read_tick, _write_tick)
