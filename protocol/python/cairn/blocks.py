"""Cell blocks (WORLD.md 5.1 to 5.6): pages told whole, told against a keyframe, and their digests.

Both directions, so that the vectors are held both ways; a client reads only.
"""
import struct
from typing import NamedTuple

from .description import digest
from .fields import FIELD
from .messages import IDENTITY, Motion
from .wire import U64, VARINT, Malformed, ZIGZAG, Reader, to_end, varint

BLOCK, SLOTS = 1056, 32


class Member(NamedTuple):
    entity: int
    kind: int
    motion: Motion


Cell = tuple[int, int, int]
Members = dict[int, Member]      # By slot.


class Change(NamedTuple):
    members: Members
    departed: dict[int, Cell | None]     # Where each went; None is deleted.
    is_keyframe: bool


def wrapped(value: int, bits: int) -> int:
    """The signed number of so many bits that is equal to `value` modulo 2^bits."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def cut(numerator: int, denominator: int) -> int:
    """Division that cuts off towards zero."""
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


def read_cell(r: Reader) -> Cell:
    key = r.number("Q")
    if key >> 63:
        raise Malformed("cell key")
    return tuple((key >> shift & 0x1FFFFF) - 0x100000 for shift in (42, 21, 0))


def key_of(cell: Cell) -> int:
    return sum((part + 0x100000 & 0x1FFFFF) << shift for part, shift in zip(cell, (42, 21, 0)))


def slots(bits: int) -> list[int]:
    return [slot for slot in range(SLOTS) if bits >> slot & 1]


def map_of(chosen) -> int:
    return sum(1 << slot for slot in chosen)


def read_map(r: Reader) -> int:
    return r.varint(most=2**32 - 1)


def turn(old: int, new: int) -> bytes:
    difference = old ^ new
    return varint((difference << 2 | difference >> 30) & 0xFFFFFFFF)


def read_turn(r: Reader, old: int) -> int:
    rotated = r.varint(most=2**32 - 1)
    return old ^ (rotated >> 2 | rotated << 30 & 0xFFFFFFFF)


class Grid:
    """The two numbers of a description that blocks are read by."""

    def __init__(self, cell_metres: int, hertz: int):
        self.shift, self.hertz = cell_metres.bit_length() - 1 + 10, hertz

    # --- Members and keyframes (5.2) ---

    def read_members(self, r: Reader, bits: int, cell: Cell) -> Members:
        common, kind, members = r.number("I"), 0, {}
        for slot in slots(bits):
            marks, number = r.number("B"), r.varint(most=2**32 - 1)
            replica = r.number("I") if marks & 1 else common
            if marks & 0x80 or (replica, number) == (0, 0):
                raise Malformed("member")
            kind = r.number("H") if marks & 2 else kind
            place = self._read_place(r, cell)
            velocity = [r.number("h") if marks & 4 << axis else 0 for axis in range(3)]
            facing = read_turn(r, IDENTITY) if marks & 0x20 else IDENTITY
            animation = r.number("B") if marks & 0x40 else 0
            members[slot] = Member(replica << 32 | number, kind,
                                   Motion(*place, *velocity, facing, animation))
        return members

    def _read_place(self, r: Reader, cell: Cell) -> list[int]:
        packed = int.from_bytes(r.take((3 * self.shift + 7) // 8), "little")
        if packed >> 3 * self.shift:
            raise Malformed("place")
        mask = (1 << self.shift) - 1
        return [wrapped((part << self.shift) + (packed >> self.shift * axis & mask), 32)
                for axis, part in enumerate(cell)]

    def write_members(self, members: Members, cell: Cell) -> bytes:
        order = sorted(members)
        replica, kind = members[order[0]].entity >> 32 if order else 0, 0
        out = struct.pack("<I", replica)
        for slot in order:
            entity, own, motion = members[slot]
            velocity = motion[3:6]
            present = [entity >> 32 != replica, own != kind, *map(bool, velocity),
                       motion.orientation != IDENTITY, motion.animation != 0]
            out += bytes([map_of(at for at, bit in enumerate(present) if bit)])
            out += varint(entity & 0xFFFFFFFF)
            out += struct.pack("<I", entity >> 32) if present[0] else b""
            out += struct.pack("<H", own) if present[1] else b""
            packed = sum(motion[axis] - (part << self.shift) << self.shift * axis
                         for axis, part in enumerate(cell))
            out += packed.to_bytes((3 * self.shift + 7) // 8, "little")
            out += b"".join(struct.pack("<h", part) for part in velocity if part)
            out += turn(IDENTITY, motion.orientation) if present[5] else b""
            out += bytes([motion.animation]) if present[6] else b""
            kind = own
        return out

    def read_keyframe(self, body: bytes, tick: int) -> tuple[int, int, Cell, Members]:
        """Page, the keyframe's tick, cell, members."""
        r = Reader(body)
        page, age, cell, bits = r.varint(most=2**24 - 1), r.varint(), read_cell(r), read_map(r)
        members = self.read_members(r, bits, cell)
        r.end()
        return page, tick - age & 0xFFFFFFFF, cell, members

    def write_keyframe(self, page: int, age: int, cell: Cell, members: Members) -> bytes:
        return (varint(page) + varint(age) + U64.write(key_of(cell)) + varint(map_of(members))
                + self.write_members(members, cell))

    # --- Changes (5.3) ---

    def predicted(self, motion: Motion, age: int) -> Motion:
        """Dead reckoning from a keyframe that is `age` ticks old."""
        moved = [wrapped(motion[axis] + cut(motion[3 + axis] * 4 * age, self.hertz), 32)
                 for axis in range(3)]
        return Motion(*moved, *motion[3:])

    def read_change(self, body: bytes, cell: Cell, base: Members) -> Change:
        """A change against the keyframe that `change_head` names, which had `base`."""
        r = Reader(body)
        _, age, marks = r.varint(), r.varint(), r.number("B")
        if marks > 15:
            raise Malformed("change marks")
        moved, departed, arrived = (_read_named(r) if marks & bit else 0 for bit in (2, 4, 8))
        occupied = map_of(base)
        staying = occupied & ~departed
        if departed & ~occupied or moved & ~staying or arrived & staying:
            raise Malformed("slots")
        gone = {base[slot].entity: _read_target(r, cell) for slot in slots(departed)}
        members = {slot: base[slot]._replace(motion=self.predicted(base[slot].motion, age))
                   for slot in slots(staying)}
        if arrived:
            members |= self.read_members(r, arrived, cell)
        for slot in slots(moved):
            motion = read_residual(r, members[slot].motion)
            members[slot] = members[slot]._replace(motion=motion)
        r.end()
        return Change(members, gone, marks & 1 == 1)

    def write_change(self, page: int, age: int, cell: Cell, base: Members, change: Change) -> bytes:
        members = change.members
        same = {s for s in base if s in members and members[s].entity == base[s].entity}
        guesses = {slot: self.predicted(base[slot].motion, age) for slot in same}
        moved = [slot for slot in same if guesses[slot] != members[slot].motion]
        marks, maps = int(change.is_keyframe), b""
        for bit, chosen in ((2, moved), (4, base.keys() - same), (8, members.keys() - same)):
            if chosen:
                marks, maps = marks | bit, maps + varint(map_of(chosen))
        out = varint(page) + varint(age) + bytes([marks]) + maps
        for slot in sorted(base.keys() - same):
            out += _write_target(change.departed[base[slot].entity], cell)
        if members.keys() - same:
            out += self.write_members({s: members[s] for s in members.keys() - same}, cell)
        return out + b"".join(write_residual(members[s].motion, guesses[s]) for s in sorted(moved))


def change_head(body: bytes, tick: int) -> tuple[int, int]:
    """Page and the tick of the keyframe that a change is told against."""
    r = Reader(body)
    return r.varint(most=2**24 - 1), tick - r.varint() & 0xFFFFFFFF


def _read_named(r: Reader) -> int:
    bits = read_map(r)
    if not bits:
        raise Malformed("an empty map")
    return bits


def _read_target(r: Reader, cell: Cell) -> Cell | None:
    code = r.number("B")
    if code < 27:
        step = (code // 9 - 1, code // 3 % 3 - 1, code % 3 - 1)
        return tuple(part + by for part, by in zip(cell, step))
    if code > 28:
        raise Malformed("departure")
    return read_cell(r) if code == 28 else None


def _write_target(target: Cell | None, cell: Cell) -> bytes:
    if target is None:
        return b"\x1b"
    x, y, z = (there - here for there, here in zip(target, cell))
    if max(abs(x), abs(y), abs(z)) <= 1:
        return bytes([(x + 1) * 9 + (y + 1) * 3 + z + 1])
    return b"\x1c" + U64.write(key_of(target))


def read_residual(r: Reader, guess: Motion) -> Motion:
    marks, motion = r.number("B"), list(guess)
    for at in range(6):
        if marks & 1 << at:
            motion[at] = wrapped(motion[at] + ZIGZAG.read(r), 32 if at < 3 else 16)
    if marks & 0x40:
        motion[6] = read_turn(r, motion[6])
    if marks & 0x80:
        motion[7] = r.number("B")
    return Motion(*motion)


def write_residual(motion: Motion, guess: Motion) -> bytes:
    marks, out = 0, b""
    for at in range(6):
        difference = wrapped(motion[at] - guess[at], 32 if at < 3 else 16)
        if difference:
            marks, out = marks | 1 << at, out + ZIGZAG.write(difference)
    if motion.orientation != guess.orientation:
        marks, out = marks | 0x40, out + turn(guess.orientation, motion.orientation)
    if motion.animation != guess.animation:
        marks, out = marks | 0x80, out + bytes([motion.animation])
    return bytes([marks]) + out


# --- Digests, properties and leaves (5.4 to 5.6) ------------------------------------------------

def page_digest(cell: Cell, members: Members) -> int:
    words = [key_of(cell), map_of(members)]
    for slot in sorted(members):
        entity, kind, motion = members[slot]
        x, y, z = (value & 0xFFFFFFFF for value in motion[:3])
        vx, vy, vz = (value & 0xFFFF for value in motion[3:6])
        words += [entity, x << 32 | y, z << 32 | motion.orientation,
                  vx << 48 | vy << 32 | vz << 16 | kind, motion.animation]
    return digest(words)


def read_properties(body: bytes) -> tuple[int, list[tuple[int, int, tuple]]]:
    """Page, and (entity, number of the field, its state or a part of it) as told."""
    r = Reader(body)
    page, replica, told = r.varint(most=2**24 - 1), 0, []
    while r.left:
        head = r.varint(most=2**33 - 1)
        replica = r.number("I") if head & 1 else replica
        entity = replica << 32 | head >> 1
        if not entity:
            raise Malformed("entity 0")
        told.append((entity, r.varint(most=0xFFFF), FIELD.read(r)))
    return page, told


def write_properties(page: int, told: list) -> bytes:
    out, replica = varint(page), 0
    for entity, number, field in told:
        foreign = entity >> 32 != replica
        replica = entity >> 32
        out += varint((entity & 0xFFFFFFFF) << 1 | foreign)
        out += (struct.pack("<I", replica) if foreign else b"") + varint(number) + FIELD.write(field)
    return out


LEAVE_BODY = to_end(VARINT)
