"""Shared state (WORLD.md 6): scalars, contexts, and the nine field types with their one join.

A field is (tag, state). Equal states are equal Python values and equal bytes.
"""
import struct
from typing import NamedTuple

from .wire import (BYTES, TEXT, U32, U64, VARINT, ZIGZAG, Codec, Malformed, Reader, list_of,
                   together, varint)

(LATEST, COUNTER, SET, MAP, MAXIMUM, MINIMUM, MULTI_VALUE, BOUNDED, ATTACHMENT) = range(9)
POLICIES = ("latest", "counter", "set", "map", "maximum", "minimum", "multi-value", "bounded",
            "attachment")
BOOLEAN, INTEGER, REAL, WORDS, ENTITY, OCTETS = range(6)
LONGEST_SCALAR = 4096


# --- Scalars (6.1) ------------------------------------------------------------------------------

class Scalar(NamedTuple):
    """A value with its type's rank: tuples of these are in the standard's order."""
    rank: int
    value: bool | int | float | str | bytes

    def __str__(self) -> str:
        if self.rank == ENTITY:
            return entity_words(self.value)
        if self.rank == OCTETS:
            return self.value.hex()
        return f"'{self.value}'" if self.rank == WORDS else str(self.value).lower()


def scalar(value) -> Scalar:
    """A scalar from a Python value; entities are written Scalar(ENTITY, id)."""
    if isinstance(value, Scalar):
        return value
    for rank, kind in enumerate((bool, int, float, str)):
        if isinstance(value, kind):
            return Scalar(rank, value)
    return Scalar(OCTETS, bytes(value))


def _read_real(r: Reader) -> float:
    value = r.number("d")
    if value != value or r.data[r.at - 8:r.at] == bytes(7) + b"\x80":
        raise Malformed("real")
    return value


REAL_NUMBER = Codec(_read_real, lambda value: struct.pack("<d", value))

_BODIES = {INTEGER: ZIGZAG, REAL: REAL_NUMBER, WORDS: TEXT, ENTITY: VARINT, OCTETS: BYTES}


def _read_scalar(r: Reader) -> Scalar:
    tag = r.number("B")
    if tag <= 1:
        return Scalar(BOOLEAN, tag == 1)
    if tag > 6:
        raise Malformed("scalar")
    value = _BODIES[tag - 1].read(r)
    if tag in (4, 6) and len(value.encode() if tag == 4 else value) > LONGEST_SCALAR:
        raise Malformed("a scalar too long")
    return Scalar(tag - 1, value)


def _write_scalar(value) -> bytes:
    rank, value = scalar(value)
    if rank == BOOLEAN:
        return bytes([value])
    return bytes([rank + 1]) + _BODIES[rank].write(value)


SCALAR = Codec(_read_scalar, _write_scalar)


def entity_words(raw: int) -> str:
    """An entity for people: replica and number."""
    return f"{raw >> 32}.{raw & 0xFFFFFFFF}"


# --- Contexts (6.2) -----------------------------------------------------------------------------

class Context(NamedTuple):
    """A set of dots: per replica, ascending, ranges (first, last) that never touch."""
    ranges: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]

    def __contains__(self, dot) -> bool:
        return any(replica == dot[0] and any(first <= dot[1] <= last for first, last in held)
                   for replica, held in self.ranges)

    @classmethod
    def of(cls, ranges: dict[int, list[tuple[int, int]]]) -> "Context":
        """From any ranges, which may touch and overlap."""
        joined = []
        for replica in sorted(ranges):
            held = []
            for first, last in sorted(ranges[replica]):
                if held and first <= held[-1][1] + 1:
                    held[-1] = held[-1][0], max(held[-1][1], last)
                else:
                    held.append((first, last))
            if held:
                joined.append((replica, tuple(held)))
        return cls(tuple(joined))

    @property
    def replicas(self) -> list[int]:
        return [replica for replica, _ in self.ranges]

    def union(self, other: "Context") -> "Context":
        ranges: dict[int, list] = {}
        for replica, held in self.ranges + other.ranges:
            ranges.setdefault(replica, []).extend(held)
        return Context.of(ranges)


def _read_context(r: Reader) -> Context:
    ranges, replica = [], -1
    for _ in range(r.varint()):
        replica += r.varint() + 1
        held, last = [], -1
        for _ in range(r.varint() + 1):
            first = last + 2 + r.varint()
            last = first + r.varint()
            held.append((first, last))
            if last >= 2**32 or replica >= 2**32:
                raise Malformed("context")
        ranges.append((replica, tuple(held)))
    return Context(tuple(ranges))


def _write_context(context: Context) -> bytes:
    out, before = varint(len(context.ranges)), -1
    for replica, held in context.ranges:
        out += varint(replica - before - 1) + varint(len(held) - 1)
        before, end = replica, -1
        for first, last in held:
            out += varint(first - end - 2) + varint(last - first)
            end = last
    return out


CONTEXT = Codec(_read_context, _write_context)


# --- Field types (6.3 and 6.4) ------------------------------------------------------------------

class Register(NamedTuple):
    """Registers and attachments; the larger tuple wins."""
    time: int
    replica: int
    value: Scalar | int


class Dotted(NamedTuple):
    """Sets, maps and multi-value registers: {(label, dot): None, or a map's register}."""
    context: Context
    items: dict


REGISTER = together(U64, U32, SCALAR, into=Register)
HANG = together(U64, U32, VARINT, into=Register)


def ascending(keys: list, what: str) -> None:
    if any(left >= right for left, right in zip(keys, keys[1:])):
        raise Malformed(f"{what} out of order")


def _read_counter(r: Reader) -> dict:
    tallies = list_of(together(U32, VARINT, VARINT)).read(r)
    ascending([tally[0] for tally in tallies], "tallies")
    if not tallies or any(tally[1:] == (0, 0) for tally in tallies):
        raise Malformed("tallies")
    return {replica: (added, taken) for replica, added, taken in tallies}


def _write_counter(state: dict) -> bytes:
    return list_of(together(U32, VARINT, VARINT)).write(
        [(replica, *state[replica]) for replica in sorted(state)])


_ACCOUNTS = list_of(together(U32, VARINT, VARINT, list_of(together(U32, VARINT))))


def _read_accounts(r: Reader) -> dict:
    """{(replica, "granted", "spent" or a receiver): total}"""
    totals, accounts = {}, _ACCOUNTS.read(r)
    ascending([account[0] for account in accounts], "accounts")
    for replica, granted, spent, transfers in accounts:
        ascending([transfer[0] for transfer in transfers], "transfers")
        if any(receiver == replica or not amount for receiver, amount in transfers):
            raise Malformed("transfers")
        if not (granted or spent or transfers):
            raise Malformed("accounts")
        totals[replica, "granted"], totals[replica, "spent"] = granted, spent
        totals |= {(replica, receiver): amount for receiver, amount in transfers}
    if not totals:
        raise Malformed("accounts")
    return totals


def _write_accounts(totals: dict) -> bytes:
    return _ACCOUNTS.write([
        (mine, totals.get((mine, "granted"), 0), totals.get((mine, "spent"), 0),
         sorted((what, totals[replica, what]) for replica, what in totals
                if replica == mine and what not in ("granted", "spent")))
        for mine in sorted({replica for replica, _ in totals})])


def _dotted(label: Codec, content: Codec | None) -> Codec:
    def read(r: Reader) -> Dotted:
        context, items, keys = _read_context(r), {}, []
        replicas = context.replicas
        for _ in range(r.varint()):
            index, counter = r.varint(), r.varint()
            if index >= len(replicas) or (replicas[index], counter) not in context:
                raise Malformed("a dot outside its context")
            keys.append((label.read(r), (replicas[index], counter)))
            items[keys[-1]] = content.read(r) if content else None
        ascending(keys, "items")
        if not replicas:
            raise Malformed("an empty context")
        return Dotted(context, items)

    def write(state: Dotted) -> bytes:
        out, replicas = _write_context(state.context) + varint(len(state.items)), state.context.replicas
        for (name, dot), held in sorted(state.items.items(), key=lambda item: item[0]):
            out += varint(replicas.index(dot[0])) + varint(dot[1]) + label.write(name)
            out += content.write(held) if content else b""
        return out

    return Codec(read, write)


_STATES = {
    LATEST: REGISTER, COUNTER: Codec(_read_counter, _write_counter), SET: _dotted(SCALAR, None),
    MAP: _dotted(TEXT, REGISTER), MAXIMUM: ZIGZAG, MINIMUM: ZIGZAG,
    MULTI_VALUE: _dotted(SCALAR, None), BOUNDED: Codec(_read_accounts, _write_accounts),
    ATTACHMENT: HANG,
}


def _read_field(r: Reader) -> tuple:
    tag = r.number("B")
    if tag not in _STATES:
        raise Malformed("field type")
    return tag, _STATES[tag].read(r)


FIELD = Codec(_read_field, lambda field: bytes([field[0]]) + _STATES[field[0]].write(field[1]))


# --- Joining and reading ------------------------------------------------------------------------

def join(mine: tuple, theirs: tuple) -> tuple:
    """The one state that is both: commutative, associative, idempotent."""
    if mine[0] != theirs[0]:
        return max(mine, theirs, key=lambda field: field[0])
    tag, left, right = mine[0], mine[1], theirs[1]
    if tag in (LATEST, MAXIMUM, ATTACHMENT):
        return tag, max(left, right)
    if tag == MINIMUM:
        return tag, min(left, right)
    if tag == BOUNDED:
        return tag, {key: max(left.get(key, 0), right.get(key, 0)) for key in left | right}
    if tag == COUNTER:
        none = (0, 0)
        return tag, {replica: tuple(map(max, left.get(replica, none), right.get(replica, none)))
                     for replica in left | right}
    return tag, _join_dotted(left, right)


def _join_dotted(left: Dotted, right: Dotted) -> Dotted:
    items = {}
    for key in left.items | right.items:
        if key in left.items and key in right.items:
            held = (left.items[key], right.items[key])
            items[key] = None if held[0] is None else max(held)
        elif key in left.items and key[1] not in right.context:
            items[key] = left.items[key]
        elif key in right.items and key[1] not in left.context:
            items[key] = right.items[key]
    return Dotted(left.context.union(right.context), items)


def value_of(field: tuple):
    """What a field says, as a plain Python value; of a bounded counter, how far it is above its
    least."""
    tag, state = field
    if tag == LATEST:
        return state.value.value
    if tag == COUNTER:
        total = sum(added - taken for added, taken in state.values())
        return max(-2**63, min(2**63 - 1, total))
    if tag in (MAXIMUM, MINIMUM):
        return state
    if tag == BOUNDED:
        sign = {"granted": 1, "spent": -1}
        return max(0, min(2**63 - 1, sum(total * sign.get(what, 0)
                                         for (_, what), total in state.items())))
    if tag == ATTACHMENT:
        return state.value
    if tag == MAP:
        latest: dict = {}
        for (label, _), register in state.items.items():
            latest[label] = max(latest.get(label, register), register)
        return {label: latest[label].value.value for label in sorted(latest)}
    return [label.value for label in sorted({label for label, _ in state.items})]
