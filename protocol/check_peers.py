"""Derives every byte of the vectors of PEERS.md from that document and WORLD.md alone."""
import json
import pathlib

from cairn.description import ALL, digest, digest_bytes, mix64
from cairn.fields import CONTEXT
from cairn.wire import REST, U8, U16, U32, U64, VARINT, list_of, to_end, together, varint
from check_lattice import LATTICE, read_lattice, write_lattice, write_row

u8, u16, u32, u64 = U8.write, U16.write, U32.write, U64.write

FILE = pathlib.Path(__file__).parent / "vectors" / "peers.json"


BODIES = {
    1: together(VARINT, VARINT, LATTICE),
    2: together(VARINT, list_of(U64)),
    3: together(U64, *[U64] * 256),
    4: together(U64, U64, CONTEXT),
    5: to_end(together(U8, U64, U64, list_of(together(U64, U64)))),
    6: LATTICE,
    7: together(VARINT, REST),
    8: together(U32, U64, U16, VARINT),
}


def again(message):
    """A message read, and written again."""
    assert U64.decode(message[-8:]) == digest_bytes(message[:-8]), "envelope digest"
    codec = BODIES[message[1]]
    return envelope(message[1], codec.write(codec.decode(message[20:-8])))


def envelope(kind, body):
    content = (u8(1) + u8(kind) + u8(2) + u8(1) + u32(3) + u32(9) + u64(0x1122334455667788)
               + body)
    return content + u64(digest_bytes(content))


def context_digest(context):
    return digest(replica << 32 | end for replica, held in context.ranges
                  for ends in held for end in ends)


def acknowledged(sequences):
    through = 0
    while through + 1 in sequences:
        through += 1
    bits = sum(1 << sequence - through - 1 for sequence in sequences if sequence > through)
    words = []
    while bits:
        words.append(bits & ALL)
        bits >>= 64
    return varint(through) + varint(len(words)) + b"".join(map(u64, words))


def check_peers():
    stored = json.loads(FILE.read_text())
    data = bytes.fromhex(stored["lattice"])
    context, rows = lattice = read_lattice(data)
    assert write_lattice(lattice) == data, "lattice"
    buckets, entries = [0] * 256, {}
    for raw in sorted(rows):
        bucket, state = mix64(raw) % 256, digest_bytes(write_row(rows[raw]))
        buckets[bucket] = buckets[bucket] + mix64(mix64(raw) ^ state) & ALL
        entries.setdefault(bucket, []).append((raw, state))
    lists = b"".join(
        u8(bucket) + u64(0) + u64(ALL) + varint(len(held))
        + b"".join(u64(raw) + u64(state) for raw, state in held)
        for bucket, held in sorted(entries.items()))
    assert CONTEXT.decode(CONTEXT.write(context)) == context, "context"
    first = min(rows)
    expected = {
        "lattice": data,
        "delta 300 from 298": envelope(1, varint(300) + varint(2) + data),
        "acknowledgement 1 2 3 5 70": envelope(2, acknowledged({1, 2, 3, 5, 70})),
        "summary": envelope(3, u64(context_digest(context)) + b"".join(map(u64, buckets))),
        "stretch": envelope(4, u64(0) + u64(ALL) + CONTEXT.write(context)),
        "lists": envelope(5, lists),
        "repair": envelope(6, data),
        "motions tick 400": envelope(7, varint(400) + b"\1\2\3"),
        "ask 6: 77 of field 8": envelope(8, u32(6) + u64(first) + u16(8) + varint(77)),
    }
    assert stored.keys() == expected.keys(), "peers"
    for name, message in expected.items():
        assert stored[name] == message.hex(), f"peers: {name}"
        assert name == "lattice" or again(message) == message, f"peers: {name}, again"
    return len(expected)
