"""Cell blocks (WORLD.md 5.1 to 5.6): pages told whole, told against a keyframe, and their digests.

Both directions, so that the vectors are held both ways; a client reads only.
"""
import struct
from typing import NamedTuple

from .coder import INTEGER, ROWS, Decoder, Encoder, Models
from .description import digest
from .fields import FIELD
from .messages import Motion
from .motion import (CIRCLE, cut, facing_step, guessed_facing, heading_step, is_mostly_x,
                     major_change, orientation_of, way_round, wrapped)
from .wire import U64, VARINT, Malformed, Reader, to_end, varint

BLOCK, SLOTS = 1056, 32
ROW = {name: Models.row(name) for name in ROWS}


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


class Grid:
    """The two numbers of a description that blocks are read by."""

    def __init__(self, cell_metres: int, hertz: int):
        self.shift, self.hertz = cell_metres.bit_length() - 1 + 10, hertz

    def keyframe_period(self) -> int:
        """Every how many ticks a page that changes gets a keyframe."""
        return next(2**n for n in range(32) if 2**n * 6 > self.hertz)

    # --- Members and keyframes (5.2) ---

    def _offsets(self, motion: Motion, cell: Cell) -> list[int]:
        return [wrapped(motion[axis] - (part << self.shift), 32) for axis, part in enumerate(cell)]

    def _place(self, offsets, cell: Cell) -> list[int]:
        return [wrapped((part << self.shift) + offset, 32) for part, offset in zip(cell, offsets)]

    def _read_members(self, d: Decoder, bits: int, cell: Cell, common: int, base=None) -> Members:
        members, before = {}, Before(base)
        for slot in slots(bits):
            if d.bit(Models.PLAIN):
                member = self._read_plain(d, cell)
            else:
                member = self._read_usual(d, cell, common, before)
            if not member.entity:
                raise Malformed("entity 0")
            before.number, members[slot] = member.entity & 0xFFFFFFFF, member
        return members

    def _read_usual(self, d: Decoder, cell: Cell, common: int, before) -> Member:
        replica = d.plain(32) if d.bit(Models.FOREIGN) else common
        number = before.number + d.integer(ROW["number"]) & 0xFFFFFFFF
        if d.bit(Models.OTHER_KIND):
            before.kind = d.plain(16)
        x, y = d.plain(self.shift), d.plain(self.shift)
        before.level += d.integer(ROW["level"])
        if not 0 <= before.level < 1 << self.shift:
            raise Malformed("level")
        moves = d.bit(Models.MOVES)
        velocity = [wrapped(d.integer(ROW[name]), 16) for name in ("speed", "speed", "climb")] \
            if moves else [0, 0, 0]
        facing = d.plain(32) if d.bit(Models.MEMBER_TILTS) else _read_facing(d, velocity)
        if d.bit(Models.MEMBER_ANIMATION_IS_ODD + moves):
            before.animations[moves] = d.plain(8)
        place = self._place((x, y, before.level), cell)
        return Member(replica << 32 | number, before.kind,
                      Motion(*place, *velocity, facing, before.animations[moves]))

    def _read_plain(self, d: Decoder, cell: Cell) -> Member:
        entity, kind = d.plain(32) << 32 | d.plain(32), d.plain(16)
        place = self._place([d.plain(self.shift) for _ in range(3)], cell)
        velocity = [wrapped(d.plain(16), 16) for _ in range(3)]
        return Member(entity, kind, Motion(*place, *velocity, d.plain(32), d.plain(8)))

    def _write_members(self, e: Encoder, members: Members, cell: Cell, common: int, plain=False,
                       base: Members | None = None):
        before = Before(base)
        for slot in sorted(members):
            e.bit(plain, Models.PLAIN)
            (self._write_plain if plain else self._write_usual)(
                e, members[slot], cell, common, before)
            before.number = members[slot].entity & 0xFFFFFFFF

    def _write_usual(self, e: Encoder, member: Member, cell: Cell, common: int, before):
        entity, kind, motion = member
        e.bit(entity >> 32 != common, Models.FOREIGN)
        if entity >> 32 != common:
            e.plain(entity >> 32, 32)
        e.integer(wrapped((entity & 0xFFFFFFFF) - before.number, 32), ROW["number"])
        e.bit(kind != before.kind, Models.OTHER_KIND)
        if kind != before.kind:
            e.plain(kind, 16)
        x, y, z = self._offsets(motion, cell)
        e.plain(x, self.shift)
        e.plain(y, self.shift)
        e.integer(z - before.level, ROW["level"])
        moves = any(motion[3:6])
        e.bit(moves, Models.MOVES)
        if moves:
            for part, name in zip(motion[3:6], ("speed", "speed", "climb")):
                e.integer(part, ROW[name])
        step, heading = facing_step(motion.orientation), heading_step(motion[3:6])
        e.bit(step is None, Models.MEMBER_TILTS)
        if step is None:
            e.plain(motion.orientation, 32)
        else:
            e.integer(way_round(step, heading or 0),
                      ROW["standing" if heading is None else "facing"])
        odd = motion.animation != before.animations[moves]
        e.bit(odd, Models.MEMBER_ANIMATION_IS_ODD + moves)
        if odd:
            e.plain(motion.animation, 8)
        before.kind, before.level, before.animations[moves] = kind, z, motion.animation

    def _write_plain(self, e: Encoder, member: Member, cell: Cell, common: int, before):
        entity, kind, motion = member
        e.plain(entity >> 32, 32)
        e.plain(entity & 0xFFFFFFFF, 32)
        e.plain(kind, 16)
        for offset in self._offsets(motion, cell):
            e.plain(offset, self.shift)
        for part in motion[3:6]:
            e.plain(part & 0xFFFF, 16)
        e.plain(motion.orientation, 32)
        e.plain(motion.animation, 8)

    def read_keyframe(self, body: bytes, tick: int) -> tuple[int, int, Cell, Members]:
        """Page, the keyframe's tick, cell, members."""
        r = Reader(body)
        page, age, cell, bits = r.varint(most=2**24 - 1), r.varint(), read_cell(r), read_map(r)
        common, d = r.number("I"), Decoder(Models(), r.take(r.left))
        members = self._read_members(d, bits, cell, common)
        d.end()
        return page, tick - age & 0xFFFFFFFF, cell, members

    def write_keyframe(self, page: int, age: int, cell: Cell, members: Members) -> bytes:
        head = varint(page) + varint(age) + U64.write(key_of(cell)) + varint(map_of(members))
        common = replica_of(members)
        head += struct.pack("<I", common)
        for plain in (False, True):
            e = Encoder(Models())
            self._write_members(e, members, cell, common, plain)
            coded = e.finish()
            if len(head + coded) <= BLOCK:
                break
        return head + coded

    # --- Changes (5.3) ---

    def predicted(self, motion: Motion, age: int) -> list[int]:
        """Where dead reckoning from a keyframe that is `age` ticks old has a body."""
        return [wrapped(motion[axis] + cut(motion[3 + axis] * 4 * age, self.hertz), 32)
                for axis in range(3)]

    def read_change(self, body: bytes, cell: Cell, base: Members) -> Change:
        """A change against the keyframe that `change_head` names, which had `base`."""
        r = Reader(body)
        _, head = r.varint(), r.varint(most=2**35 - 1)
        departed = _read_named(r) if head & 2 else 0
        arrived = _read_named(r) if head & 4 else 0
        if departed & ~map_of(base) or arrived & map_of(base) & ~departed:
            raise Malformed("slots")
        age, d = head >> 3, Decoder(Models(), r.take(r.left))
        gone = {base[slot].entity: _read_target(d, cell) for slot in slots(departed)}
        staying = map_of(base) & ~departed
        members, residuals = {}, Residuals(self.hertz, age)
        for slot in slots(staying):
            old = base[slot].motion
            motion = old._replace(**dict(zip("xyz", self.predicted(old, age))))
            if d.bit(moved_model(age, old)):
                motion = residuals.read(d, old, motion)
            members[slot] = base[slot]._replace(motion=motion)
        if arrived:
            members |= self._read_members(d, arrived, cell, replica_of(base), base)
        d.end()
        return Change(members, gone, head & 1 == 1)

    def write_change(self, page: int, age: int, cell: Cell, base: Members, change: Change) -> bytes:
        members, e = change.members, Encoder(Models())
        staying = {s for s in base if s in members and members[s].entity == base[s].entity}
        for slot in sorted(base.keys() - staying):
            _write_target(e, change.departed[base[slot].entity], cell)
        residuals = Residuals(self.hertz, age)
        for slot in sorted(staying):
            old, new = base[slot].motion, members[slot].motion
            guess = self.predicted(old, age)
            moved = new != Motion(*guess, *old[3:])
            e.bit(moved, moved_model(age, old))
            if moved:
                residuals.write(e, old, new, guess)
        arrived = {slot: members[slot] for slot in members.keys() - staying}
        if arrived:
            self._write_members(e, arrived, cell, replica_of(base), base=base)
        departed = map_of(base.keys() - staying)
        head = age << 3 | bool(arrived) << 2 | bool(departed) << 1 | change.is_keyframe
        maps = b"".join(varint(chosen) for chosen in (departed, map_of(arrived)) if chosen)
        return varint(page) + varint(head) + maps + e.finish()


class Before:
    """What a member is told against: the one before it, at first those of the keyframe."""

    def __init__(self, base: Members | None = None):
        self.number = self.kind = self.level = 0
        self.animations = [0, 0]
        if base:
            first = base[min(base)]
            self.number, self.kind = first.entity & 0xFFFFFFFF, first.kind
            for slot in sorted(base):
                motion = base[slot].motion
                self.animations[any(motion[3:6])] = motion[7]


def replica_of(members: Members) -> int:
    return members[min(members)].entity >> 32 if members else 0


def _read_facing(d: Decoder, velocity) -> int:
    heading = heading_step(velocity)
    turn = d.integer(ROW["standing" if heading is None else "facing"])
    return orientation_of(((heading or 0) + turn) % CIRCLE)


def change_head(body: bytes, tick: int) -> tuple[int, int]:
    """Page and the tick of the keyframe that a change is told against."""
    r = Reader(body)
    return r.varint(most=2**24 - 1), tick - (r.varint(most=2**35 - 1) >> 3) & 0xFFFFFFFF


def moved_model(age: int, old: Motion) -> int:
    return Models.MOVED + (age > 1) + (age > 3) + (age > 7) + 4 * any(old[3:6])


def _read_named(r: Reader) -> int:
    bits = read_map(r)
    if not bits:
        raise Malformed("an empty map")
    return bits


def _read_target(d: Decoder, cell: Cell) -> Cell | None:
    code = d.plain(5)
    if code < 27:
        step = (code // 9 - 1, code // 3 % 3 - 1, code % 3 - 1)
        return tuple(part + by for part, by in zip(cell, step))
    if code > 28:
        raise Malformed("departure")
    return read_cell(Reader(U64.write(d.plain(32) << 32 | d.plain(32)))) if code == 28 else None


def _write_target(e: Encoder, target: Cell | None, cell: Cell):
    if target is None:
        return e.plain(27, 5)
    x, y, z = (there - here for there, here in zip(target, cell))
    if max(abs(x), abs(y), abs(z)) <= 1:
        return e.plain((x + 1) * 9 + (y + 1) * 3 + z + 1, 5)
    e.plain(28, 5)
    e.plain(key_of(target) >> 32, 32)
    e.plain(key_of(target) & 0xFFFFFFFF, 32)


class Residuals:
    """The residuals of one change block (5.10)."""

    def __init__(self, hertz: int, age: int):
        self.hertz, self.age, self.usual = hertz, age, [0] * 4

    def _way(self, velocity, half_ticks: int) -> list[int]:
        return [wrapped(cut(part * 2 * half_ticks, self.hertz), 32) for part in velocity]

    def _unit(self) -> int:
        return max(1, self.hertz // 4)

    def read(self, d: Decoder, old: Motion, guess: Motion) -> Motion:
        moving = any(old[3:6])
        velocity = list(old[3:6])
        if d.bit(Models.VELOCITY_CHANGES + moving):
            velocity = self._read_velocity(d, old[3:6], moving)
        way = self._read_way(d, old[3:6], velocity)
        place = [wrapped(at + by, 32) for at, by in zip(guess[:3], way)]
        facing = self._read_facing(d, old, velocity)
        kind, animation = moving + 2 * any(velocity), old.animation
        if d.bit(Models.ANIMATION_CHANGES + kind):
            odd = d.bit(Models.ANIMATION_IS_ODD + kind)
            animation = self.usual[kind] = d.plain(8) if odd else self.usual[kind]
        return Motion(*place, *velocity, facing, animation)

    def _read_velocity(self, d: Decoder, old, moving: bool) -> list[int]:
        if moving and d.bit(Models.STOPS):
            return [0, 0, 0]
        unit = self._unit()
        if unit > 1 and not d.bit(Models.WHOLE_STEPS + moving):
            unit = 1
        new = list(old)
        if not moving:
            for axis in (0, 1):
                new[axis] = wrapped(old[axis] + d.integer(ROW["started"]) * unit, 16)
        else:
            major, minor = (0, 1) if is_mostly_x(old) else (1, 0)
            new[minor] = wrapped(old[minor] + d.integer(ROW["minor"]) * unit, 16)
            steps = d.integer(ROW["major"]) + cut(major_change(old, new[minor]), unit)
            new[major] = wrapped(old[major] + steps * unit, 16)
        new[2] = wrapped(old[2] + d.integer(ROW["rise"]) * unit, 16)
        return new

    def _read_way(self, d: Decoder, old, new) -> list[int]:
        changes = list(old) != list(new)
        if not changes and not d.bit(Models.PLACE_IS_OFF):
            return [0, 0, 0]
        velocity = [b - a for a, b in zip(old, new)] if changes else list(old)
        if any(velocity) and d.bit(Models.AT_ONCE + changes):
            ticks = d.integer(ROW["onset"]) + self.age // 2 if changes \
                else d.integer(ROW["lateness"])
            return self._way(velocity, 2 * ticks)
        way = self._way(velocity, self.age if changes else 0)
        major, minor = (0, 1) if is_mostly_x(velocity) else (1, 0)
        way[major] = wrapped(way[major] + d.integer(along(way[major])), 32)
        across = cut(way[major] * velocity[minor], velocity[major]) if velocity[major] else 0
        way[minor] = across + d.integer(ROW["across"])
        way[2] += d.integer(ROW["height"])
        return way

    def _read_facing(self, d: Decoder, old: Motion, velocity) -> int:
        guess = guessed_facing(old, velocity)
        if guess and not d.bit(Models.TILTS):
            turn = d.integer(ROW["following" if guess[1] else "turning"])
            return orientation_of((guess[0] + turn) % CIRCLE)
        bits = old.orientation >> 30 if d.bit(Models.SAME_LARGEST) else d.plain(2)
        for shift in (20, 10, 0):
            part = (old.orientation >> shift & 1023) + d.integer(ROW["component"])
            bits = bits << 10 | part & 1023
        return bits

    def write(self, e: Encoder, old: Motion, new: Motion, guess: list[int]):
        moving, changes = any(old[3:6]), old[3:6] != new[3:6]
        e.bit(changes, Models.VELOCITY_CHANGES + moving)
        if changes:
            self._write_velocity(e, old[3:6], new[3:6], moving)
        way = [wrapped(b - a, 32) for a, b in zip(guess, new[:3])]
        self._write_way(e, old[3:6], new[3:6], way)
        self._write_facing(e, old, new)
        kind = moving + 2 * any(new[3:6])
        e.bit(new.animation != old.animation, Models.ANIMATION_CHANGES + kind)
        if new.animation != old.animation:
            odd = new.animation != self.usual[kind]
            e.bit(odd, Models.ANIMATION_IS_ODD + kind)
            if odd:
                e.plain(new.animation, 8)
            self.usual[kind] = new.animation

    def _write_velocity(self, e: Encoder, old, new, moving: bool):
        if moving:
            e.bit(not any(new), Models.STOPS)
            if not any(new):
                return
        change, unit = [b - a for a, b in zip(old, new)], self._unit()
        if unit > 1:
            whole = not any(part % unit for part in change)
            e.bit(whole, Models.WHOLE_STEPS + moving)
            unit = unit if whole else 1
        if not moving:
            e.integer(cut(change[0], unit), ROW["started"])
            e.integer(cut(change[1], unit), ROW["started"])
        else:
            major, minor = (0, 1) if is_mostly_x(old) else (1, 0)
            e.integer(cut(change[minor], unit), ROW["minor"])
            guess = cut(major_change(old, new[minor]), unit)
            e.integer(cut(change[major], unit) - guess, ROW["major"])
        e.integer(cut(change[2], unit), ROW["rise"])

    def _write_way(self, e: Encoder, old, new, way: list[int]):
        changes = tuple(old) != tuple(new)
        if not changes:
            e.bit(any(way), Models.PLACE_IS_OFF)
            if not any(way):
                return
        velocity = [b - a for a, b in zip(old, new)] if changes else list(old)
        if any(velocity):
            product = sum(a * b for a, b in zip(velocity, way)) * self.hertz
            square = 4 * sum(part * part for part in velocity)
            ticks = cut(product + (square // 2 if product >= 0 else -(square // 2)), square)
            once = abs(ticks) <= 1 << 20 and self._way(velocity, 2 * ticks) == way
            e.bit(once, Models.AT_ONCE + changes)
            if once:
                return e.integer(ticks - self.age // 2 if changes else ticks,
                                 ROW["onset" if changes else "lateness"])
        guess = self._way(velocity, self.age if changes else 0)
        major, minor = (0, 1) if is_mostly_x(velocity) else (1, 0)
        e.integer(wrapped(way[major] - guess[major], 32), along(guess[major]))
        across = cut(way[major] * velocity[minor], velocity[major]) if velocity[major] else 0
        e.integer(wrapped(way[minor] - across, 32), ROW["across"])
        e.integer(wrapped(way[2] - guess[2], 32), ROW["height"])

    def _write_facing(self, e: Encoder, old: Motion, new: Motion):
        guess, step = guessed_facing(old, new[3:6]), facing_step(new.orientation)
        if guess:
            e.bit(step is None, Models.TILTS)
            if step is not None:
                return e.integer(way_round(step, guess[0]),
                                 ROW["following" if guess[1] else "turning"])
        same = new.orientation >> 30 == old.orientation >> 30
        e.bit(same, Models.SAME_LARGEST)
        if not same:
            e.plain(new.orientation >> 30, 2)
        for shift in (20, 10, 0):
            e.integer((new.orientation >> shift & 1023) - (old.orientation >> shift & 1023),
                      ROW["component"])


def along(distance: int) -> int:
    return ROW["along0"] + INTEGER * max(0, min(3, abs(distance).bit_length() - 2))


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
