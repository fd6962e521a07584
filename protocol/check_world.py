"""Derives the bytes of protocol/vectors/world-*.json from WORLD.md alone; see check.py.

Whatever holds state is read into plain Python values, compared with the vector's own words, and
written again to the same bytes.
"""
import itertools
import json
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "vectors"


# --- Section 1: how values are written --------------------------------------------------------

def u8(value):
    return struct.pack("<B", value)


def u16(value):
    return struct.pack("<H", value)


def u32(value):
    return struct.pack("<I", value)


def u64(value):
    return struct.pack("<Q", value)


def varint(value):
    out = b""
    while value >= 0x80:
        out += u8(value & 0x7F | 0x80)
        value >>= 7
    return out + u8(value)


def zigzag(value):
    return varint((value << 1 ^ value >> 63) & 0xFFFFFFFFFFFFFFFF)


def text(value):
    return varint(len(value.encode())) + value.encode()


def wrapped(value, bits):
    """The signed number of so many bits that is equal to `value` modulo 2^bits."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def cut(numerator, denominator):
    """Division that cuts off towards zero."""
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data), "truncated"
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                assert value < 1 << 64 and (byte or not shift), "varint"
                return value
            shift += 7

    def zigzag(self):
        raw = self.varint()
        return raw >> 1 ^ -(raw & 1)

    def text(self):
        return self.take(self.varint()).decode()

    def flag(self):
        flag = self.number("B")
        assert flag <= 1, "flag"
        return flag == 1

    def end(self):
        assert self.at == len(self.data), "bytes are left over"


# Position, velocity, orientation, animation.
MOTION = "<iiihhhIB"


# --- Section 6: shared state ------------------------------------------------------------------

# A scalar is (rank, value, bytes on the wire): ranks order the types.

def read_scalar(r):
    start, tag = r.at, r.number("B")
    if tag <= 1:
        rank, value = 0, tag == 1
    elif tag == 2:
        rank, value = 1, r.zigzag()
    elif tag == 3:
        rank, value = 2, r.number("d")
        assert value == value and r.data[start + 1:r.at] != struct.pack("<d", -0.0), "real"
    elif tag == 4:
        rank, value = 3, r.text()
    elif tag == 5:
        rank, value = 4, r.varint()
    else:
        assert tag == 6, "scalar"
        rank, value = 5, r.take(r.varint())
    return rank, value.encode() if rank == 3 else value, r.data[start:r.at]


def scalar_words(scalar):
    rank, value, _ = scalar
    return {0: lambda: "true" if value else "false", 1: lambda: str(value), 2: lambda: str(value),
            3: lambda: f"'{value.decode()}'", 4: lambda: id_words(value),
            5: lambda: value.hex()}[rank]()


def id_words(raw):
    return f"{raw >> 32}.{raw & 0xFFFFFFFF}"


# A context is a set of (replica, counter); small enough here to be held dot by dot.

def read_context(r):
    dots, replica = set(), -1
    for _ in range(r.varint()):
        replica += r.varint() + 1
        counter = -1
        for _ in range(r.varint() + 1):
            first = counter + 2 + r.varint()
            counter = first + r.varint()
            assert counter < 1 << 32 and replica < 1 << 32, "context"
            dots |= {(replica, number) for number in range(first, counter + 1)}
    return dots


def write_context(dots):
    replicas = sorted({replica for replica, _ in dots})
    out, before = varint(len(replicas)), -1
    for replica in replicas:
        ranges = []
        for counter in sorted(c for r, c in dots if r == replica):
            if ranges and ranges[-1][1] + 1 == counter:
                ranges[-1][1] = counter
            else:
                ranges.append([counter, counter])
        out += varint(replica - before - 1) + varint(len(ranges) - 1)
        last = -1
        for first, end in ranges:
            out += varint(first - last - 2) + varint(end - first)
            last = end
        before = replica
    return out


# A field is (tag, state): 0 (time, replica, scalar), 1 {replica: (added, subtracted)},
# 2, 3 and 6 (context, {(label, dot): payload}), 4 and 5 integer, 7 {(replica, what): total} where
# what is "granted", "spent" or a receiver, 8 (time, replica, parent).

def read_register(r):
    time, replica = r.number("Q"), r.number("I")
    return time, replica, read_scalar(r)


def write_register(register):
    return u64(register[0]) + u32(register[1]) + register[2][2]


def read_field(r):
    tag = r.number("B")
    if tag == 0:
        return tag, read_register(r)
    if tag == 1:
        tallies = [(r.number("I"), r.varint(), r.varint()) for _ in range(r.varint())]
        assert tallies and tallies == sorted(tallies), "tallies"
        return tag, {replica: (added, taken) for replica, added, taken in tallies}
    if tag in (4, 5):
        return tag, r.zigzag()
    if tag == 7:
        return tag, read_accounts(r)
    if tag == 8:
        return tag, (r.number("Q"), r.number("I"), r.varint())
    assert tag in (2, 3, 6), "field"
    context, items = read_context(r), {}
    replicas = sorted({replica for replica, _ in context})
    for _ in range(r.varint()):
        dot = (replicas[r.varint()], r.varint())
        label = r.text().encode() if tag == 3 else read_scalar(r)
        assert dot in context and all((label, dot) > key for key in items), "items"
        items[label, dot] = read_register(r) if tag == 3 else None
    return tag, (context, items)


def read_accounts(r):
    totals, before = {}, -1
    for _ in range(r.varint()):
        replica, granted, spent = r.number("I"), r.varint(), r.varint()
        transfers = [(r.number("I"), r.varint()) for _ in range(r.varint())]
        assert replica > before and (granted or spent or transfers), "accounts"
        assert transfers == sorted(dict(transfers).items()), "transfers"
        assert all(amount and receiver != replica for receiver, amount in transfers), "transfers"
        totals[replica, "granted"], totals[replica, "spent"] = granted, spent
        totals |= {(replica, receiver): amount for receiver, amount in transfers}
        before = replica
    assert totals, "accounts"
    return totals


def write_accounts(totals):
    replicas = sorted({replica for replica, _ in totals})
    out = varint(len(replicas))
    for mine in replicas:
        transfers = sorted((what, totals[replica, what]) for replica, what in totals
                           if replica == mine and what not in ("granted", "spent"))
        out += u32(mine) + varint(totals[mine, "granted"]) + varint(totals[mine, "spent"])
        out += varint(len(transfers))
        out += b"".join(u32(receiver) + varint(amount) for receiver, amount in transfers)
    return out


def rights(totals, mine):
    sign = lambda replica, what: ((what == mine or what == "granted" and replica == mine)
                                  - (replica == mine and what != "granted"))
    return sum(total * sign(*key) for key, total in totals.items())


def write_field(field):
    tag, state = field
    if tag == 0:
        return u8(tag) + write_register(state)
    if tag == 1:
        return u8(tag) + varint(len(state)) + b"".join(
            u32(replica) + varint(state[replica][0]) + varint(state[replica][1])
            for replica in sorted(state))
    if tag in (4, 5):
        return u8(tag) + zigzag(state)
    if tag == 7:
        return u8(tag) + write_accounts(state)
    if tag == 8:
        return u8(tag) + u64(state[0]) + u32(state[1]) + varint(state[2])
    context, items = state
    replicas = sorted({replica for replica, _ in context})
    out = u8(tag) + write_context(context) + varint(len(items))
    for (label, dot), register in sorted(items.items(), key=lambda item: item[0]):
        out += varint(replicas.index(dot[0])) + varint(dot[1])
        out += varint(len(label)) + label + write_register(register) if tag == 3 else label[2]
    return out


def join_fields(mine, theirs):
    if mine[0] != theirs[0]:
        return max(mine, theirs, key=lambda field: field[0])
    tag, left, right = mine[0], mine[1], theirs[1]
    if tag in (0, 4, 8):
        return tag, max(left, right)
    if tag == 5:
        return tag, min(left, right)
    if tag == 7:
        return tag, {key: max(left.get(key, 0), right.get(key, 0)) for key in left | right}
    if tag == 1:
        zero = (0, 0)
        return tag, {replica: tuple(map(max, left.get(replica, zero), right.get(replica, zero)))
                     for replica in left.keys() | right.keys()}
    items = {}
    for key in left[1].keys() | right[1].keys():
        if key in left[1] and key in right[1]:
            items[key] = max(left[1][key], right[1][key]) if tag == 3 else None
        elif key in left[1] and key[1] not in right[0]:
            items[key] = left[1][key]
        elif key in right[1] and key[1] not in left[0]:
            items[key] = right[1][key]
    return tag, (left[0] | right[0], items)


def field_words(field):
    tag, state = field
    if tag == 0:
        return f"latest {scalar_words(state[2])}"
    if tag == 1:
        return f"counter {sum(added - taken for added, taken in state.values())}"
    if tag in (4, 5):
        return f"{'maximum' if tag == 4 else 'minimum'} {state}"
    if tag == 7:
        above = sum(total * {"granted": 1, "spent": -1}.get(what, 0)
                    for (_, what), total in state.items())
        return f"bounded {max(above, 0)} above"
    if tag == 8:
        return f"attached {id_words(state[2]) if state[2] else 'to nothing'}"
    labels = sorted({label for label, _ in state[1]})
    if tag in (2, 6):
        said = ", ".join(map(scalar_words, labels))
        return f"{'set' if tag == 2 else 'multi-value'} {said}"
    latest = {label: max(state[1][key] for key in state[1] if key[0] == label) for label in labels}
    return "map " + ", ".join(
        f"{label.decode()} = {scalar_words(latest[label][2])}" for label in labels)


# A lattice is (context, {id: [life or None, {number: field}]}), a life (created, kind, owner).

def read_lattice(data):
    r = Reader(data)
    context, rows, raw = read_context(r), {}, -1
    for _ in range(r.varint()):
        raw += r.varint() + 1
        head, life, fields, number = r.varint(), None, {}, -1
        assert head > 0, "an empty row"
        if head & 1:
            kind, owner, created = r.varint(), r.number("Q"), r.number("Q")
            life = (created, kind, owner)
        assert (life is not None) == ((raw >> 32, raw & 0xFFFFFFFF) in context), "life"
        for _ in range(head >> 1):
            number += r.varint() + 1
            fields[number] = read_field(r)
        rows[raw] = [life, fields]
    r.end()
    return context, rows


def write_lattice(lattice):
    context, rows = lattice
    out, before = write_context(context) + varint(len(rows)), -1
    for raw in sorted(rows):
        life, fields = rows[raw]
        out += varint(raw - before - 1) + varint(len(fields) << 1 | (life is not None))
        if life:
            out += varint(life[1]) + u64(life[2]) + u64(life[0])
        number = -1
        for field in sorted(fields):
            out += varint(field - number - 1) + write_field(fields[field])
            number = field
        before = raw
    return out


def join_lattices(left, right):
    rows = {}
    for raw in left[1].keys() | right[1].keys():
        dot = (raw >> 32, raw & 0xFFFFFFFF)
        sides = [side[1][raw] for side in (left, right) if raw in side[1]]
        if any(dot in side[0] and raw not in side[1] for side in (left, right)):
            continue
        fields = dict(sides[0][1])
        for number, field in (sides[1][1] if len(sides) > 1 else {}).items():
            fields[number] = join_fields(fields[number], field) if number in fields else field
        lives = [side[0] for side in sides if side[0]]
        rows[raw] = [max(lives) if lives else None, fields]
    return left[0] | right[0], rows


def row_words(raw, lattice):
    if raw not in lattice[1]:
        return f"{id_words(raw)} deleted"
    life, fields = lattice[1][raw]
    said = f"kind {life[1]} owner {life[2]} created {life[0]}" if life else "embryo"
    words = [f"field {number} {field_words(fields[number])}" for number in sorted(fields)]
    return f"{id_words(raw)} " + "; ".join([said] + words)


def parents(lattice, number):
    """{child: parent} of the attachments in a field that hold."""
    lives = {raw for raw, (life, _) in lattice[1].items() if life}
    standing = {raw: row[1][number][1] for raw, row in lattice[1].items()
                if number in row[1] and raw in lives and row[1][number][1][2] in lives}
    held = {}
    for raw, attachment in standing.items():
        way, here = [], raw
        while here in standing and here not in way:
            way.append(here)
            here = standing[here][2]
        # The way comes back to where it began exactly when that lies on a circle.
        if here != raw or attachment != max(standing[step] for step in way):
            held[raw] = attachment[2]
    return held


# --- Section 5.7: digests ---------------------------------------------------------------------

ALL = 0xFFFFFFFFFFFFFFFF


def mix64(value):
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & ALL
    value = (value ^ value >> 27) * 0x94D049BB133111EB & ALL
    return value ^ value >> 31


def digest(words, seed=0):
    value = mix64(seed ^ 0x636169726E)
    for word in words:
        turned = (value << 23 | value >> 41) & ALL
        value = mix64(turned ^ word) + 0x9E3779B97F4A7C15 & ALL
    return value


def digest_bytes(data, seed=0):
    whole = len(data) // 8 * 8
    words = [int.from_bytes(data[at:at + 8], "big") for at in range(0, whole, 8)]
    return digest([len(data), *words, int.from_bytes(data[whole:], "big")], seed)


# --- Section 5: pages and their blocks --------------------------------------------------------

IDENTITY = 3 << 30 | 512 << 20 | 512 << 10 | 512


def cell_of(raw):
    assert raw >> 63 == 0, "cell key"
    return tuple((raw >> shift & 0x1FFFFF) - 0x100000 for shift in (42, 21, 0))


def key_of(cell):
    return sum((part + 0x100000 & 0x1FFFFF) << shift for part, shift in zip(cell, (42, 21, 0)))


def slots(bits):
    return [slot for slot in range(32) if bits >> slot & 1]


def turn(old, new):
    difference = old ^ new
    return varint((difference << 2 | difference >> 30) & 0xFFFFFFFF)


def turned(old, rotated):
    assert rotated < 1 << 32, "turn"
    return old ^ (rotated >> 2 | rotated << 30 & 0xFFFFFFFF)


class Grid:
    def __init__(self, metres, hertz):
        self.shift, self.hertz = metres.bit_length() - 1 + 10, hertz

    # A member is (id, kind, [x, y, z, vx, vy, vz, orientation, animation]).

    def read_members(self, r, bits, cell):
        replica, kind, members = r.number("I"), 0, {}
        for slot in slots(bits):
            marks, number, foreign = r.number("B"), r.varint(), replica
            assert marks < 0x80 and number < 1 << 32, "member"
            if marks & 1:
                foreign = r.number("I")
            if marks & 2:
                kind = r.number("H")
            packed = int.from_bytes(r.take((3 * self.shift + 7) // 8), "little")
            assert packed >> 3 * self.shift == 0, "offsets"
            place = [wrapped((part << self.shift) + (packed >> self.shift * axis
                                                     & (1 << self.shift) - 1), 32)
                     for axis, part in enumerate(cell)]
            velocity = [r.number("h") if marks & 4 << axis else 0 for axis in range(3)]
            facing = turned(IDENTITY, r.varint()) if marks & 32 else IDENTITY
            animation = r.number("B") if marks & 64 else 0
            members[slot] = (foreign << 32 | number, kind, [*place, *velocity, facing, animation])
        return members

    def write_members(self, members, cell):
        order = sorted(members)
        replica, kind = members[order[0]][0] >> 32 if order else 0, 0
        out = u32(replica)
        for slot in order:
            identity, own, motion = members[slot]
            present = [identity >> 32 != replica, own != kind, *(v != 0 for v in motion[3:6]),
                       motion[6] != IDENTITY, motion[7] != 0]
            out += u8(sum(bit << at for at, bit in enumerate(present)))
            out += varint(identity & 0xFFFFFFFF)
            out += u32(identity >> 32) if present[0] else b""
            out += u16(own) if present[1] else b""
            packed = sum(motion[axis] - (part << self.shift) << self.shift * axis
                         for axis, part in enumerate(cell))
            out += packed.to_bytes((3 * self.shift + 7) // 8, "little")
            out += b"".join(struct.pack("<h", v) for v in motion[3:6] if v)
            out += turn(IDENTITY, motion[6]) if present[5] else b""
            out += u8(motion[7]) if present[6] else b""
            kind = own
        return out

    def predicted(self, motion, age):
        moved = [wrapped(motion[axis] + cut(motion[3 + axis] * 4 * age, self.hertz), 32)
                 for axis in range(3)]
        return moved + motion[3:]

    def read_keyframe(self, data, tick):
        r = Reader(data)
        page, age, cell, bits = r.varint(), r.varint(), cell_of(r.number("Q")), r.varint()
        members = self.read_members(r, bits, cell)
        r.end()
        return page, tick - age, cell, members

    def write_keyframe(self, page, age, cell, members):
        return (varint(page) + varint(age) + u64(key_of(cell))
                + varint(sum(1 << slot for slot in members)) + self.write_members(members, cell))

    def read_change(self, data, tick, keyframes):
        """Returns the page's number, members, departures, the keyframe's tick and the mark."""
        r = Reader(data)
        page, age, marks = r.varint(), r.varint(), r.number("B")
        assert marks < 16, "change"
        moved, departed, arrived = (r.varint() if marks & bit else 0 for bit in (2, 4, 8))
        cell, base = keyframes[tick - age]
        occupied = sum(1 << slot for slot in base)
        staying = occupied & ~departed
        assert departed & ~occupied | moved & ~staying | arrived & staying == 0, "slots"
        gone = {}
        for slot in slots(departed):
            code = r.number("B")
            if code < 27:
                step = (code // 9 - 1, code // 3 % 3 - 1, code % 3 - 1)
                gone[base[slot][0]] = tuple(part + by for part, by in zip(cell, step))
            elif code == 27:
                gone[base[slot][0]] = None
            else:
                assert code == 28, "departure"
                gone[base[slot][0]] = cell_of(r.number("Q"))
        members = {slot: (*base[slot][:2], self.predicted(base[slot][2], age))
                   for slot in slots(staying)}
        if arrived:
            members |= self.read_members(r, arrived, cell)
        for slot in slots(moved):
            read_residual(r, members[slot][2])
        r.end()
        return page, members, gone, tick - age, marks & 1 == 1

    def write_change(self, page, age, cell, base, members, gone, is_keyframe):
        departed = {s for s in base if s not in members or members[s][0] != base[s][0]}
        arrived = {s for s in members if s not in base or members[s][0] != base[s][0]}
        staying = sorted(base.keys() - departed)
        guesses = {slot: self.predicted(base[slot][2], age) for slot in staying}
        moved = [slot for slot in staying if guesses[slot] != members[slot][2]]
        marks, maps = int(is_keyframe), b""
        for bit, chosen in ((2, moved), (4, departed), (8, arrived)):
            if chosen:
                marks |= bit
                maps += varint(sum(1 << slot for slot in chosen))
        out = varint(page) + varint(age) + u8(marks) + maps
        for slot in sorted(departed):
            target = gone[base[slot][0]]
            step = target and [there - here for there, here in zip(target, cell)]
            if not target:
                out += u8(27)
            elif all(abs(by) <= 1 for by in step):
                out += u8((step[0] + 1) * 9 + (step[1] + 1) * 3 + step[2] + 1)
            else:
                out += u8(28) + u64(key_of(target))
        if arrived:
            out += self.write_members({slot: members[slot] for slot in arrived}, cell)
        return out + b"".join(write_residual(members[s][2], guesses[s]) for s in moved)


def read_residual(r, motion):
    marks = r.number("B")
    for at in range(6):
        if marks & 1 << at:
            motion[at] = wrapped(motion[at] + r.zigzag(), 32 if at < 3 else 16)
    if marks & 64:
        motion[6] = turned(motion[6], r.varint())
    if marks & 128:
        motion[7] = r.number("B")


def write_residual(motion, guess):
    marks, out = 0, b""
    for at in range(6):
        difference = wrapped(motion[at] - guess[at], 32 if at < 3 else 16)
        if difference:
            marks |= 1 << at
            out += zigzag(difference)
    if motion[6] != guess[6]:
        marks |= 64
        out += turn(guess[6], motion[6])
    if motion[7] != guess[7]:
        marks |= 128
        out += u8(motion[7])
    return u8(marks) + out


def page_digest(cell, members):
    words = [key_of(cell), sum(1 << slot for slot in members)]
    for slot in sorted(members):
        identity, kind, motion = members[slot]
        x, y, z = (value & 0xFFFFFFFF for value in motion[:3])
        vx, vy, vz = (value & 0xFFFF for value in motion[3:6])
        words += [identity, x << 32 | y, z << 32 | motion[6],
                  vx << 48 | vy << 32 | vz << 16 | kind, motion[7]]
    return digest(words)


def page_words(members):
    lines = []
    for slot in sorted(members):
        identity, kind, m = members[slot]
        lines.append(f"{slot}: {id_words(identity)} kind {kind} at {m[0]} {m[1]} {m[2]} velocity "
                     f"{m[3]} {m[4]} {m[5]} orientation {m[6]} animation {m[7]}")
    return "\n".join(lines)


def read_properties(data):
    r = Reader(data)
    page, replica, held = r.varint(), 0, []
    while r.at < len(data):
        number = r.varint()
        if number & 1:
            replica = r.number("I")
        held.append((replica << 32 | number >> 1, r.varint(), read_field(r)))
    return page, held


def write_properties(page, held):
    out, replica = varint(page), 0
    for identity, number, field in held:
        foreign = identity >> 32 != replica
        out += varint((identity & 0xFFFFFFFF) << 1 | foreign)
        replica = identity >> 32
        out += (u32(replica) if foreign else b"") + varint(number) + write_field(field)
    return out


# --- The vectors ------------------------------------------------------------------------------

class Comparison:
    def __init__(self, name):
        self.vector = json.loads((FOLDER / f"{name}.json").read_text())
        self.name, self.count = name, 0

    def bytes(self, key):
        return bytes.fromhex(self.vector[key])

    def same(self, key, mine):
        theirs = self.vector[key]
        mine = mine.hex() if isinstance(mine, bytes) else str(mine)
        assert mine == theirs, f"{self.name}: {key}\n  standard {mine}\n  vector   {theirs}"
        self.count += 1


def check_blocks():
    v = Comparison("world-blocks")
    grid = Grid(int(v.vector["cellMetres"]), int(v.vector["tickHertz"]))
    page, tick, cell, members = grid.read_keyframe(v.bytes("keyframe of 100 at 103"), 103)
    assert tick == 100, "keyframe tick"
    v.same("page at 100", page_words(members))
    v.same("keyframe of 100 at 103", grid.write_keyframe(page, 3, cell, members))
    keyframes = {tick: (cell, members)}
    for since, now in ((100, 107), (100, 120), (120, 123)):
        key = f"change of {since} at {now}"
        number, members, gone, base, is_keyframe = grid.read_change(v.bytes(key), now, keyframes)
        assert (number, base) == (page, since), key
        v.same(f"page at {now}", page_words(members))
        v.same(f"change at {now} is a keyframe", str(is_keyframe).lower())
        v.same(f"digest at {now}", varint(page) + u64(page_digest(cell, members)))
        v.same(key, grid.write_change(page, now - base, cell, keyframes[base][1], members, gone,
                                      is_keyframe))
        if is_keyframe:
            keyframes[now] = (cell, members)
        if now == 107:
            v.same("departures at 107", "\n".join(
                f"{id_words(raw)} to {' '.join(map(str, gone[raw]))}" if gone[raw]
                else f"{id_words(raw)} deleted" for raw in gone))
    number, held = read_properties(v.bytes("properties at 124"))
    v.same("properties at 124", write_properties(page, held))
    v.same("fields at 124", "\n".join(sorted(
        f"{id_words(raw)} field {field} {field_words(state)}" for raw, field, state in held)))
    leave = Reader(v.bytes("leave"))
    left = []
    while leave.at < len(leave.data):
        left.append(leave.varint())
    assert page in left, "leave"
    v.same("leave", b"".join(map(varint, left)))
    v.same("tick frame 124, 6200 ms, steering 77, intent 9",
           u32(124) + u8(1 | 4) + varint(6200) + u32(77) + u32(9))
    v.same("tick frame 124, 6200 ms", u32(124) + u8(0) + varint(6200))
    v.same("tick frame 124, 6200 ms, steering 77, own motion",
           u32(124) + u8(3) + varint(6200) + u32(77)
           + struct.pack(MOTION, 1, 2, 3, 0, 0, 0, IDENTITY, 0))
    return v.count


def check_lattice():
    v = Comparison("world-lattice")
    first, second = (read_lattice(v.bytes(key)) for key in ("first", "second"))
    base = read_lattice(v.bytes("base"))
    for key, lattice in (("base", base), ("first", first), ("second", second)):
        v.same(key, write_lattice(lattice))
    joined = join_lattices(first, second)
    v.same("joined", write_lattice(joined))
    v.same("joined", write_lattice(join_lattices(second, first)))
    for part in (base, first, second, joined):
        v.same("joined", write_lattice(join_lattices(joined, part)))
    v.same("digest of joined", digest_bytes(write_lattice(joined)))
    seen = sorted(joined[1].keys() | {replica << 32 | counter for replica, counter in joined[0]})
    v.same("joined in words", "\n".join(row_words(raw, joined) for raw in seen))
    context = {(0x01000001, counter) for counter in (1, 2, 3, 5, 9, 10)} | {(2**32 - 1, 2**32 - 1)}
    assert read_context(Reader(v.bytes("context"))) == context, "context"
    v.same("context", write_context(context))
    return v.count


def check_fields():
    v = Comparison("world-fields")
    base, first, second = (read_lattice(v.bytes(key)) for key in ("base", "first", "second"))
    for key, lattice in (("base", base), ("first", first), ("second", second)):
        v.same(key, write_lattice(lattice))
    joined = join_lattices(first, second)
    for part in (joined, base, first, second):
        v.same("joined", write_lattice(join_lattices(joined, part)))
    v.same("joined", write_lattice(join_lattices(second, first)))
    v.same("joined in words", "\n".join(row_words(raw, joined) for raw in sorted(joined[1])))
    held = parents(joined, 5)
    v.same("parents in joined", "\n".join(
        f"{id_words(raw)} on {id_words(held[raw]) if raw in held else 'nothing'}"
        for raw in sorted(joined[1])))
    counter = joined[1][min(joined[1])][1][4][1]
    v.same("rights in joined", "\n".join(
        f"{replica} may spend {rights(counter, replica)}"
        for replica in sorted({replica for replica, _ in counter})))
    return v.count


def check_joins():
    v = Comparison("world-joins")
    for kind in sorted({key.split(":")[0] for key in v.vector}):
        parts = {}
        for name in ("base", "one", "two", "three"):
            reader = Reader(v.bytes(f"{kind}: {name}"))
            parts[name] = read_field(reader)
            reader.end()
            v.same(f"{kind}: {name}", write_field(parts[name]))
        for order in itertools.permutations(parts.values()):
            joined = order[0]
            for part in order + order[::-1]:  # Late and twice, as they come.
                joined = join_fields(joined, part)
            v.same(f"{kind}: joined", write_field(joined))
        v.same(f"{kind}: joined in words", field_words(joined))
    return v.count


def check_messages():
    v = Comparison("world-messages")
    entity = 0x010000010000002A
    motion = struct.pack(MOTION, 1024, -2048, 3, 256, -1, 0, 0xE007FE00, 9)
    a, k, ident = b"\4" + text("a"), text("k"), varint(entity)
    refused = lambda number, rule, reason: u8(4) + u32(number) + u8(rule) + text(reason)
    five, six, single = varint(5), varint(6), u8(0)
    expected = {
        "client: enter, 96 m, with digests": u8(1) + u16(96) + u8(1) + u64(0) + u64(0),
        "client: enter, session 5, resumption 6": u8(1) + u16(0) + u8(0) + u64(5) + u64(6),
        "client: ask 70001": u8(6) + u32(70001),
        "client: intent 70000, say hi": u8(2) + u32(70000) + u8(9) + text("hi"),
        "client: sightings 0102": b"\3\1\2",
        "client: look at (1, -2, 3), 300 m": u8(4) + struct.pack("<iiiH", 1, -2, 3, 300),
        "client: ready": u8(5),
        "server: welcome with description aabb":
            u8(1) + u64(entity) + u64(0) + u8(1) + b"\xaa\xbb",
        "server: welcome back, session unknown, resumption 6, description aabb":
            u8(1) + u64(entity) + u64(6) + u8(0) + b"\xaa\xbb",
        "server: accepted 7, field 5 is latest true, field 6 maximum 9":
            u8(2) + u32(7) + u64(0)
            + ident + u16(5) + write_field((0, (7 << 16, 0x01000001, (1, True, u8(1)))))
            + ident + u16(6) + write_field((4, 9)),
        "server: accepted 5, created": u8(2) + u32(5) + u64(entity),
        "server: accepted 6": u8(2) + u32(6) + u64(0),
        "server: durable through 6": u8(3) + u32(6),
        "server: refused 7 by rate": refused(7, 15, "wait") + u8(0) + single,
        "server: refused 8 by range, nearest 10":
            refused(8, 9, "too much") + u8(1) + u8(2) + zigzag(10) + single,
        "server: refused 9 by bounds, nearest a motion":
            refused(9, 12, "outside") + u8(2) + motion + single,
        "server: refused 12 by budget, later": refused(12, 20, "wait") + u8(3) + u32(250) + single,
        "server: refused 13 by held, part 2": refused(13, 22, "carried") + u8(0) + u8(2),
        "server: offered": u8(12) + u64(entity) + varint(1) + ident + varint(0),
        "server: refused 10 by rights, nearest -2":
            refused(10, 17, "elsewhere") + u8(1) + u8(2) + zigzag(-2) + single,
        "server: refused 11 by attachment": refused(11, 18, "a circle") + u8(0) + single,
        "server: heard": u8(5) + u64(entity) + text("Zoë") + text("hello"),
        "server: devicePose 010203": b"\6\1\2\3",
        "intent: create": u8(0) + u16(4) + motion + u8(0),
        "intent: create Box": u8(0) + u16(4) + motion + u8(1) + text("Box"),
        "intent: delete": u8(1) + ident,
        "intent: set field 5 to true": u8(2) + ident + u16(5) + u8(1),
        "intent: add -3 to field 7": u8(3) + ident + u16(7) + zigzag(-3),
        "intent: hang on itself by field 10": u8(2) + ident + u16(10) + u8(5) + ident,
        "intent: take off by field 10": u8(2) + ident + u16(10) + u8(5) + u8(0),
        "intent: insert a into field 8": u8(4) + ident + u16(8) + a,
        "intent: remove a from field 8": u8(5) + ident + u16(8) + a,
        "intent: put k = v into field 9": u8(6) + ident + u16(9) + k + u8(4) + text("v"),
        "intent: remove k from field 9": u8(7) + ident + u16(9) + k,
        "intent: place": u8(8) + ident + motion,
        "intent: say": u8(9) + text("good day"),
        "intent: all: pick up, add -3 to field 7":
            u8(10) + varint(2) + u8(11) + ident + u8(3) + ident + u16(7) + zigzag(-3),
        "intent: pick up": u8(11) + ident,
        "intent: put down": u8(12) + ident + motion,
        "intent: give": u8(13) + ident + five,
        "intent: trade": u8(14) + five + varint(1) + ident + varint(1) + six,
        "intent: share with 300": u8(15) + ident + varint(300),
        "intent: unshare with 300": u8(16) + ident + varint(300),
        "intent: hand over to 300": u8(17) + ident + varint(300),
        "scalar: false": u8(0), "scalar: true": u8(1),
        "scalar: -1": u8(2) + zigzag(-1),
        "scalar: least integer": u8(2) + zigzag(-2**63),
        "scalar: 1.5": u8(3) + struct.pack("<d", 1.5),
        "scalar: text": u8(4) + text("né"), "scalar: entity": u8(5) + ident,
        "scalar: bytes 00ff": u8(6) + varint(2) + b"\0\xff",
        "frame: steering 7 for 50 ms":
            u32(7) + u8(50) + struct.pack("<hhhIB", 256, -256, 0, IDENTITY, 2),
        "frame: pose claim 8": u32(8) + motion,
    }
    assert expected.keys() == v.vector.keys(), "messages"
    for key, mine in expected.items():
        v.same(key, mine)
    return v.count


# --- Section 4.1: a step ----------------------------------------------------------------------

def step(motion, duration, wish, facing, animation, limit, lowest, highest):
    square = sum(part * part for part in wish)
    if square > limit * limit:
        speed = next(root for root in range(square) if root * root >= square)
        wish = [cut(part * limit, speed) for part in wish]
    places, velocity = [], []
    for axis in range(3):
        target = motion[axis] + cut(wish[axis] * duration, 250)
        target = max(lowest[axis], min(highest[axis], target))
        way = (target - motion[axis]) * 250
        least = -(-abs(way) // duration)
        places.append(target)
        velocity.append(max(-2**15, min(2**15 - 1, least if way > 0 else -least)))
    return struct.pack(MOTION, *places, *velocity, facing, animation)


def check_steps():
    v = Comparison("world-steps")
    for key in v.vector:
        r = Reader(v.bytes(key))
        start = struct.unpack(MOTION, r.take(23))
        _, duration, *wish, facing, animation = struct.unpack("<IBhhhIB", r.take(16))
        limit = r.number("i")
        end = step(start, duration, wish, facing, animation, limit, (-4096, -4096, -16),
                   (4096, 4096, 2048))
        v.same(key, r.data[:43] + end)
    return v.count


# --- Section 7: the world's description -------------------------------------------------------

class Copier(Reader):
    """Reads a value and writes it again, so that what was read must have been understood."""

    def __init__(self, data):
        super().__init__(data)
        self.out = b""

    def copy(self, form):
        value = self.number(form)
        self.out += struct.pack("<" + form, value)
        return value

    def copy_varint(self, write=varint):
        value = self.varint() if write is varint else self.zigzag()
        self.out += write(value)
        return value

    def copy_text(self):
        value = self.text()
        self.out += text(value)
        return value

    def copy_list(self, read):
        return [read() for _ in range(self.copy_varint())]

    def copy_scalar(self):
        scalar = read_scalar(self)
        self.out += scalar[2]
        return scalar_words(scalar)


def check_description():
    v = Comparison("world-description")
    r = Copier(v.bytes("description"))
    place = lambda: (r.copy("i"), r.copy("i"), r.copy("i"))
    version, name = r.copy("B"), r.copy_text()
    start = len(r.out)
    hertz, cell, lowest, highest = r.copy("B"), r.copy_varint(), place(), place()
    kinds = r.copy_list(
        lambda: (r.copy("H"), r.copy_text(), r.copy("B"), r.copy("d"), r.copy_text()))
    fields = r.copy_list(lambda: (
        r.copy("H"), r.copy("H"), r.copy_text(), r.copy("B"), r.copy("B"), r.copy("B"),
        (r.copy_varint(zigzag), r.copy_varint(zigzag)) if r.copy("B") else None,
        r.copy_varint(), r.copy_varint()))
    rules = r.out[start:]
    origin = [r.copy("d") for _ in range(3)] if r.copy("B") else None
    spawns, interest, reach = r.copy_list(place), r.copy_varint(), r.copy_varint()
    carried = r.copy_list(lambda: r.copy("H"))
    zones = r.copy_list(lambda: (r.copy_text(), r.copy("B"), r.copy("d"),
                                 r.copy_list(lambda: (r.copy("i"), r.copy("i")))))
    anchors = r.copy_list(lambda: (r.copy_text(), place(), r.copy("I"), r.copy("d")))
    personas = r.copy_list(lambda: (r.copy_text(), r.copy("B"), r.copy("H"), r.copy_text(),
                                    r.copy_list(r.copy_text)))
    objects = r.copy_list(lambda: (
        r.copy_text() if r.copy("B") else None, r.copy("H"), place(), r.copy("I"),
        r.copy_list(lambda: (r.copy("H"), r.copy_text(), r.copy_scalar()))))
    r.end()
    v.same("description", r.out)
    v.same("schemaHash", digest_bytes(rules, seed=1))
    assert (version, name, hertz, cell, interest) == (2, "Sample", 20, 16, 32)
    assert (reach, carried) == (4, [4])
    assert (lowest, highest) == ((-102400, -102400, -10240), (102400, 102400, 51200))
    assert kinds[0] == (1, "avatar", 0, 5.0, "@") and kinds[3] == (4, "thing", 3, 0.0, "")
    assert fields[1] == (3, 4, "level", 1, 0, 1, (-5, 10), 64, 32) and len(fields) == 15
    assert fields[13] == (15, 4, "fuel", 1, 7, 1, (-5, 25), 64, 32)
    # A bounded counter has a range; what a policy counts or compares are integers.
    for _, _, name, value, policy, _, limits, _, _ in fields:
        assert value == {1: 1, 4: 1, 5: 1, 7: 1, 8: 4}.get(policy, value), name
        assert limits or policy != 7, name
    assert fields[6] == (8, 4, "tags", 3, 2, 1, None, 8, 3)
    assert origin == [52.5, 13.4, 80] and spawns == [(0, 0, 0)]
    assert zones[0][:3] == ("pit", 0, 1.0) and zones[0][3][0] == (10240, 10240)
    assert anchors == [("post", (1024, 2048, 3072), IDENTITY, 0.1)]
    assert personas == [("Ada", 2, 3, "Hello.", ["One.", "Two."])]
    assert objects[0][0] == "Thing" and objects[0][4][5] == (9, "k", "'v'")
    assert objects[0][4][6:] == [(12, "", "40"), (15, "", "-3"), (16, "", "'Hook'")]
    assert [other[0] for other in objects].count("Hook") == 1
    return v.count


# --- Section 8: devices -----------------------------------------------------------------------

def check_devices():
    v = Comparison("world-devices")
    point = lambda *metres: b"".join(zigzag(round(part * 8192)) for part in metres)
    turning = lambda *parts: struct.pack("<4i", *(round(part * 2**30) for part in parts))
    sigma = lambda value: varint(-int(-value * 1e5 // 1))
    v.same("report", varint(300) + varint(2)
           + varint(2) + point(1.5, -2.25, 0.125) + point(0, 1, -0.5) + sigma(0.02)
           + struct.pack("<q", 5_000_000_000) + u8(0)
           + varint(1023) + point(-100, 0, 3) + point(0, 0, 0) + sigma(0.000001)
           + struct.pack("<q", -1) + u8(1) + turning(0, 0, 0.6, -0.8) + sigma(0.01))
    v.same("placed", u8(1) + varint(300) + varint(7) + point(10, -20.5, 0.25)
           + turning(0, 0, 0.8, 0.6) + sigma(0.04) + sigma(0.015) + u8(1) + u8(4) + u8(5)
           + struct.pack("<q", 6_000_000_000))
    v.same("searching", u8(2) + varint(301) + u8(3))
    return v.count


def check_world():
    return (check_blocks() + check_lattice() + check_fields() + check_joins() + check_messages()
            + check_steps() + check_description() + check_devices())
