"""Holds protocol/vectors/world-*.json against WORLD.md; see check.py.

What a client reads and writes is said once, in python/cairn: its tables decode every vector, what
they read is compared with the vector's own words, and they encode it again to the same bytes.
"""
import itertools
import json
import pathlib
import struct

from cairn.blocks import (LEAVE_BODY, Grid, change_head, page_digest, read_properties,
                          write_properties)
from cairn.coder import Decoder, Encoder, Models
from cairn.description import DESCRIPTION, digest_bytes
from cairn.fields import CONTEXT, FIELD, SCALAR, Context, entity_words, join
from cairn.messages import (CLAIM_BODY, CLIENT_MESSAGE, IDENTITY, INPUT, INTENT, MOTION,
                            SERVER_MESSAGE, STEERING_BODY, TICK_FRAME, Motion)
from cairn.motion import cut
from cairn.wire import (I32, I64, TEXT, U8, U16, U32, U64, VARINT, ZIGZAG, Reader, list_of, optional,
                        tagged, together, varint)
from check_lattice import (field_words, join_lattices, parents, read_lattice, rights,
                           row_words, write_lattice)

FOLDER = pathlib.Path(__file__).parent / "vectors"
u8, u16, u32, u64 = U8.write, U16.write, U32.write, U64.write
text, zigzag = TEXT.write, ZIGZAG.write


def page_words(members):
    return "\n".join(
        f"{slot}: {entity_words(entity)} kind {kind} at {m.x} {m.y} {m.z} velocity {m.vx} {m.vy} "
        f"{m.vz} orientation {m.orientation} animation {m.animation}"
        for slot, (entity, kind, m) in sorted(members.items()))


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
    keyframes = {tick: members}
    for since, now in ((100, 107), (100, 120), (120, 123)):
        key = f"change of {since} at {now}"
        assert change_head(v.bytes(key), now) == (page, since), key
        change = grid.read_change(v.bytes(key), cell, keyframes[since])
        v.same(f"page at {now}", page_words(change.members))
        v.same(f"change at {now} is a keyframe", str(change.is_keyframe).lower())
        v.same(f"digest at {now}", varint(page) + u64(page_digest(cell, change.members)))
        v.same(key, grid.write_change(page, now - since, cell, keyframes[since], change))
        if change.is_keyframe:
            keyframes[now] = change.members
        if now == 107:
            v.same("departures at 107", "\n".join(
                f"{entity_words(raw)} to {' '.join(map(str, target))}" if target
                else f"{entity_words(raw)} deleted" for raw, target in change.departed.items()))
    page_told, told = read_properties(v.bytes("properties at 124"))
    v.same("properties at 124", write_properties(page_told, told))
    v.same("fields at 124", "\n".join(sorted(
        f"{entity_words(raw)} field {field} {field_words(state)}" for raw, field, state in told)))
    left = LEAVE_BODY.decode(v.bytes("leave"))
    assert page in left, "leave"
    v.same("leave", LEAVE_BODY.write(left))
    own = Motion(1, 2, 3)
    for key, facts in {
        "tick frame 124, 6200 ms, steering 77, intent 9": (124, 6200, 77, None, 9),
        "tick frame 124, 6200 ms": (124, 6200, None, None, None),
        "tick frame 124, 6200 ms, steering 77, own motion": (124, 6200, 77, own, None),
    }.items():
        frame = TICK_FRAME.decode(v.bytes(key))
        assert frame == facts, key
        v.same(key, TICK_FRAME.write(frame))
    assert v.bytes("tick frame 124, 6200 ms, steering 77, intent 9") == (
        u32(124) + u8(1 | 4) + varint(6200) + u32(77) + u32(9)), "tick frame"
    return v.count


def code(chances, symbols, data):
    """The bytes of symbols, and whether the vector's bytes are read as them."""
    e, d = Encoder(Models(chances)), Decoder(Models(chances), data)
    read = []
    for line in symbols:
        kind, value, *rest = line.split()
        if kind == "bit":
            e.bit(value == "1", 0)
            read.append(f"bit {int(d.bit(0))}")
        elif kind == "integer":
            e.integer(int(value), 1)
            read.append(f"integer {d.integer(1)}")
        else:
            e.plain(int(value), int(rest[1]))
            read.append(f"plain {d.plain(int(rest[1]))} in {rest[1]}")
    d.end()
    assert read == symbols, "coder"
    return e.finish()


def check_coder():
    v = Comparison("world-coder")
    lines = {name: v.vector[f"symbols, {name}"].splitlines() for name in ("nothing", "few", "many")}
    lines["300 zeros"] = ["bit 0"] * 300
    lines["extremes"] = [f"integer {n}" for n in (0, 1, -1, 2**32 - 1, 1 - 2**32)]
    for name, symbols in lines.items():
        v.same(f"bytes, {name}", code(v.bytes("chances"), symbols, v.bytes(f"bytes, {name}")))
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
    created = {replica << 32 | counter for replica, held in joined[0].ranges
               for first, last in held for counter in range(first, last + 1)}
    v.same("joined in words",
           "\n".join(row_words(raw, joined) for raw in sorted(joined[1].keys() | created)))
    context = Context.of({0x01000001: [(1, 3), (5, 5), (9, 10)],
                          2**32 - 1: [(2**32 - 1, 2**32 - 1)]})
    assert CONTEXT.decode(v.bytes("context")) == context, "context"
    v.same("context", CONTEXT.write(context))
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
        f"{entity_words(raw)} on {entity_words(held[raw]) if raw in held else 'nothing'}"
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
            parts[name] = FIELD.decode(v.bytes(f"{kind}: {name}"))
            v.same(f"{kind}: {name}", FIELD.write(parts[name]))
        for order in itertools.permutations(parts.values()):
            joined = order[0]
            for part in order + order[::-1]:  # Late and twice, as they come.
                joined = join(joined, part)
            v.same(f"{kind}: joined", FIELD.write(joined))
        v.same(f"{kind}: joined in words", field_words(joined))
    return v.count


def check_messages():
    v = Comparison("world-messages")
    entity = 0x010000010000002A
    motion = MOTION.write((1024, -2048, 3, 256, -1, 0, 0xE007FE00, 9))
    a, k, ident = b"\4" + text("a"), text("k"), varint(entity)
    refused = lambda number, rule, reason: u8(4) + u32(number) + u8(rule) + text(reason)
    five, six, single = varint(5), varint(6), u8(0)
    expected = {
        "client: enter, 96 m, with digests": u8(1) + u16(96) + u8(1) + u64(0) + u64(0),
        "client: enter, session 5, resumption 6": u8(1) + u16(0) + u8(0) + u64(5) + u64(6),
        "client: ask 70001": u8(6) + u32(70001),
        "client: intent 70000, say hi": u8(2) + u32(70000) + u8(9) + text("hi"),
        "client: seen intent 70002, tick 124 and a half, pick up":
            u8(7) + u32(70002) + u32(124) + u8(128) + u8(11) + ident,
        "client: sightings 0102": b"\3\1\2",
        "client: look at (1, -2, 3), 300 m": u8(4) + struct.pack("<iiiH", 1, -2, 3, 300),
        "client: ready": u8(5),
        "server: welcome with description aabb":
            u8(1) + u64(entity) + u64(0) + u8(1) + b"\xaa\xbb",
        "server: welcome back, session unknown, resumption 6, description aabb":
            u8(1) + u64(entity) + u64(6) + u8(0) + b"\xaa\xbb",
        "server: accepted 7, field 5 is latest true, field 6 maximum 9":
            u8(2) + u32(7) + u64(0)
            + ident + u16(5) + b"\0" + u64(7 << 16) + u32(0x01000001) + u8(1)
            + ident + u16(6) + b"\4" + zigzag(9),
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
    codecs = {"client": CLIENT_MESSAGE, "server": SERVER_MESSAGE, "intent": INTENT,
              "scalar": SCALAR, "frame: steering": STEERING_BODY, "frame: pose": CLAIM_BODY}
    for key, mine in expected.items():
        v.same(key, mine)
        codec = next(codec for name, codec in codecs.items() if key.startswith(name))
        v.same(key, codec.write(codec.decode(mine)))
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
    return Motion(*places, *velocity, facing, animation)


def check_steps():
    v = Comparison("world-steps")
    for key in v.vector:
        r = Reader(v.bytes(key))
        start, wish, limit = MOTION.read(r), INPUT.read(r), r.number("i")
        end = step(start, wish.milliseconds, wish.velocity, wish.orientation, wish.animation,
                   limit, (-4096, -4096, -16), (4096, 4096, 2048))
        v.same(key, MOTION.write(start) + INPUT.write(wish) + struct.pack("<i", limit)
               + MOTION.write(end))
    return v.count


# --- Section 7: the world's description -------------------------------------------------------

def check_description():
    v = Comparison("world-description")
    world = DESCRIPTION.decode(v.bytes("description"))
    v.same("description", DESCRIPTION.write(world))
    v.same("schemaHash", world.schema_hash)
    rules = world.rules
    assert (world.version, world.name, rules.hertz, rules.cell_metres) == (2, "Sample", 20, 16)
    assert (world.interest_metres, world.reach_metres, world.carried) == (32, 4, [4])
    assert rules.bounds == ((-102400, -102400, -10240), (102400, 102400, 51200))
    assert rules.kinds[0] == (1, "avatar", 0, 5.0, "@") and rules.kinds[3] == (4, "thing", 3, 0, "")
    assert rules.fields[1] == (3, 4, "level", 1, 0, 1, (-5, 10), 64, 32) and len(rules.fields) == 15
    assert rules.fields[13] == (15, 4, "fuel", 1, 7, 1, (-5, 25), 64, 32)
    # A bounded counter has a range; what a policy counts or compares are integers.
    for field in rules.fields:
        assert field.type == {1: 1, 4: 1, 5: 1, 7: 1, 8: 4}.get(field.policy, field.type), field
        assert field.range or field.policy != 7, field
    assert rules.fields[6] == (8, 4, "tags", 3, 2, 1, None, 8, 3)
    assert world.origin == (52.5, 13.4, 80) and world.spawns == [(0, 0, 0)]
    assert world.zones[0][:3] == ("pit", 0, 1.0) and world.zones[0][3][0] == (10240, 10240)
    assert world.anchors == [("post", (1024, 2048, 3072), IDENTITY, 0.1)]
    assert world.personas == [("Ada", 2, 3, "Hello.", ["One.", "Two."])]
    name, _, _, _, values = world.objects[0]
    said = [(number, key, str(value)) for number, key, value in values]
    assert name == "Thing" and said[5] == (9, "k", "'v'")
    assert said[6:] == [(12, "", "40"), (15, "", "-3"), (16, "", "'Hook'")]
    assert [other[0] for other in world.objects].count("Hook") == 1
    return v.count


# --- Section 8: devices -----------------------------------------------------------------------

POINT = together(*[ZIGZAG] * 3)
ROTATION = together(*[I32] * 4)
SIGHTING = together(VARINT, POINT, POINT, VARINT, I64, optional(together(ROTATION, VARINT)))
REPORT = together(VARINT, list_of(SIGHTING))
STATUS = tagged({
    1: ("placed", VARINT, VARINT, POINT, ROTATION, VARINT, VARINT, U8, U8, U8, I64),
    2: ("searching", VARINT, U8),
})


def check_devices():
    v = Comparison("world-devices")
    point = lambda *metres: tuple(round(part * 8192) for part in metres)
    turning = lambda *parts: tuple(round(part * 2**30) for part in parts)
    sigma = lambda value: -int(-value * 1e5 // 1)
    for key, codec, meant in (
        ("report", REPORT, (300, [
            (2, point(1.5, -2.25, 0.125), point(0, 1, -0.5), sigma(0.02), 5_000_000_000, None),
            (1023, point(-100, 0, 3), point(0, 0, 0), sigma(0.000001), -1,
             (turning(0, 0, 0.6, -0.8), sigma(0.01))),
        ])),
        ("placed", STATUS, ("placed", 300, 7, point(10, -20.5, 0.25), turning(0, 0, 0.8, 0.6),
                            sigma(0.04), sigma(0.015), 1, 4, 5, 6_000_000_000)),
        ("searching", STATUS, ("searching", 301, 3)),
    ):
        v.same(key, codec.write(meant))
        assert codec.decode(v.bytes(key)) == meant, key
    return v.count


def check_world():
    return (check_coder() + check_blocks() + check_lattice() + check_fields() + check_joins() + check_messages()
            + check_steps() + check_description() + check_devices())
