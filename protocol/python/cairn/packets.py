"""Sealed packets (STANDARD.md 5) and their acknowledgements (6.1).

Sealer and Opener are the two directions of one connection. Received remembers which numbers came;
Sent waits for the other end's word on each packet, and says what was lost.
"""
import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from .wire import VARINT, Malformed, Reader, kdf, to_end, varint

AEADS = {0: ChaCha20Poly1305, 1: AESGCM}
CLIENT_PACKET, SERVER_PACKET, ODD_PHASE = 0x02, 0x84, 0x40
REPLAY_WINDOW, MOST_RUNS = 1024, 32
TAG = 16
KEY_PACKETS, KEY_SECONDS, MOST_KEY_PACKETS = 2**22, 600.0, 2**23


def nonce(number: int) -> bytes:
    return struct.pack("<QI", number, 0)


def next_key(key: bytes) -> bytes:
    return kdf(key, 9)


class Sealer:
    """What this end sends. `head` is what stands between the type and the number."""

    def __init__(self, cipher: int, key: bytes, kind: int, head: bytes = b"",
                 packets: int = KEY_PACKETS, seconds: float = KEY_SECONDS, now: float = 0.0):
        """`packets` and `seconds` are when to change keys; less than the standard's is allowed."""
        self.aead, self.key, self.kind, self.head = AEADS[cipher], key, kind, head
        self.packets, self.seconds, self.since = packets, seconds, now
        self.number = self.phase = self.first = 0

    def change_key(self, largest_acknowledged: int, now: float) -> None:
        """Goes on to the next phase when it is time and the other end has this one's key (5.1)."""
        is_due = self.number - self.first >= self.packets or now - self.since >= self.seconds
        if is_due and largest_acknowledged >= self.first:
            self.advance()
            self.since = now

    def advance(self) -> None:
        self.key, self.phase, self.first = next_key(self.key), self.phase + 1, self.number

    def seal(self, frames: bytes) -> tuple[int, bytes]:
        """Returns the packet's number and its datagram."""
        if self.number - self.first >= MOST_KEY_PACKETS:
            raise KeyExhausted
        number, self.number = self.number, self.number + 1
        header = (bytes([self.kind | (ODD_PHASE if self.phase & 1 else 0)]) + self.head
                  + struct.pack("<I", number & 0xFFFFFFFF))
        return number, header + self.aead(self.key).encrypt(nonce(number), frames, header)


class KeyExhausted(Exception):
    """The other end never showed that it has this phase's key."""


class Opener:
    """What the other end sends: opens each packet once, whichever key phase it belongs to (5.1)."""

    def __init__(self, cipher: int, key: bytes, kind: int, head: bytes = b""):
        self.aead, self.kind, self.head = AEADS[cipher], kind, head
        self.keys = {0: key, 1: next_key(key)}
        self.phase, self.first, self.previous_until = 0, 0, 0.0
        self.received = Received()

    def open(self, datagram: bytes, now: float, probe_timeout: float = 1.0) -> bytes | None:
        """The frames, or nothing where the packet is not genuine or came before."""
        size = 1 + len(self.head) + 4
        if (len(datagram) < size + TAG or datagram[0] & ~ODD_PHASE != self.kind
                or datagram[1:size - 4] != self.head):
            return None
        number = self._whole_number(struct.unpack_from("<I", datagram, size - 4)[0])
        if number < 0 or not self.received.is_fresh(number):
            return None
        phase = self._phase_of(number, odd=datagram[0] & ODD_PHASE != 0, now=now)
        if phase is None:
            return None
        try:
            frames = self.aead(self.keys[phase]).decrypt(nonce(number), datagram[size:],
                                                         datagram[:size])
        except InvalidTag:
            return None
        if phase > self.phase:
            self._begin_phase(number, now + 3 * probe_timeout)
        self.first = min(self.first, number) if phase == self.phase else self.first
        self.received.record(number, now)
        return frames

    def _whole_number(self, low: int) -> int:
        """The number with these low 32 bits that is nearest to the next one expected."""
        expected = self.received.largest + 1
        return expected + (low - expected + 2**31 - 1) % 2**32 - (2**31 - 1)

    def _phase_of(self, number: int, odd: bool, now: float) -> int | None:
        if odd == (self.phase & 1 == 1):
            return self.phase
        if number < self.first:
            return self.phase - 1 if self.phase and now < self.previous_until else None
        if number > self.received.largest and self.received.acknowledged >= self.first:
            return self.phase + 1
        return None

    def _begin_phase(self, first: int, previous_until: float) -> None:
        self.phase, self.first, self.previous_until = self.phase + 1, first, previous_until
        self.keys.pop(self.phase - 2, None)
        self.keys[self.phase + 1] = next_key(self.keys[self.phase])


class Received:
    """Which packet numbers came; at most REPLAY_WINDOW of them are remembered."""

    def __init__(self):
        self.largest, self.largest_at, self.numbers, self.owes = -1, 0.0, set(), False
        self.acknowledged = -1      # The largest number that this end has acknowledged.

    def is_fresh(self, number: int) -> bool:
        return number > self.largest - REPLAY_WINDOW and number not in self.numbers

    def record(self, number: int, now: float) -> None:
        self.numbers.add(number)
        if number > self.largest:
            self.largest, self.largest_at = number, now
            self.numbers = {n for n in self.numbers if n > number - REPLAY_WINDOW}

    def acknowledgement(self, now: float) -> bytes:
        """The body of a frame that says what came, newest first."""
        runs = []
        for number in sorted(self.numbers, reverse=True):
            if runs and runs[-1][0] == number + 1:
                runs[-1][0] = number
            elif len(runs) < MOST_RUNS:
                runs.append([number, number])
            else:
                break
        delay = min(max(0, int((now - self.largest_at) * 1e6)), 2**32)
        out = Acknowledgement(delay, [range(first, last + 1) for first, last in runs]).write()
        self.owes, self.acknowledged = False, self.largest
        return out


class Acknowledgement(NamedTuple):
    delay: int                 # Microseconds.
    runs: list[range]          # Newest first.

    @property
    def largest(self) -> int:
        return self.runs[0][-1]

    def write(self) -> bytes:
        out = varint(self.largest) + varint(self.delay) + varint(len(self.runs[0]) - 1)
        for above, run in zip(self.runs, self.runs[1:]):
            out += varint(above.start - run[-1] - 2) + varint(len(run) - 1)
        return out


def read_acknowledgement(body: bytes) -> Acknowledgement:
    r = Reader(body)
    largest, delay, run = r.varint(), r.varint(most=2**32), r.varint()
    pairs = to_end(VARINT).read(r)
    if len(pairs) % 2 or len(pairs) // 2 >= MOST_RUNS:
        raise Malformed("acknowledgement")
    runs = [range(largest - run, largest + 1)]
    for gap, run in zip(pairs[::2], pairs[1::2]):
        last = runs[-1].start - gap - 2
        runs.append(range(last - run, last + 1))
    if runs[-1].start < 0:
        raise Malformed("acknowledgement below zero")
    return Acknowledgement(delay, runs)


class Sent:
    """Packets under way, each with whatever its sender wants back when its fate is known."""

    def __init__(self):
        self.flight: dict[int, tuple[float, object]] = {}
        self.largest_acknowledged = -1
        self.round_trip, self.variation, self.newest_at, self.probes = 0.1, 0.05, 0.0, 0

    def record(self, number: int, now: float, cargo: object) -> None:
        self.flight[number], self.newest_at = (now, cargo), now

    @property
    def probe_timeout(self) -> float:
        return self.round_trip + max(4 * self.variation, 0.001) + 0.025

    @property
    def probe_at(self) -> float:
        """When a silence calls for a probe (RFC 9002, section 6.2)."""
        return self.newest_at + min(self.probe_timeout * 2**self.probes, 2.0)

    def acknowledge(self, body: bytes, now: float, next_number: int) -> tuple[list, list]:
        """Returns the cargo that arrived and the cargo that is lost."""
        acknowledgement = read_acknowledgement(body)
        if acknowledgement.largest >= next_number:
            raise Malformed("acknowledged what was never sent")
        if acknowledgement.largest in self.flight:
            self._sample(now - self.flight[acknowledgement.largest][0]
                         - acknowledgement.delay / 1e6)
        named = [n for n in self.flight if any(n in run for run in acknowledgement.runs)]
        arrived = [self.flight.pop(number)[1] for number in named]
        self.probes = 0 if arrived else self.probes
        self.largest_acknowledged = max(self.largest_acknowledged, acknowledgement.largest)
        return arrived, self.lost(now)

    def lost(self, now: float) -> list:
        """The cargo of what is overtaken by three numbers, or by 9/8 of a round trip."""
        gone = [n for n, (at, _) in self.flight.items() if n < self.largest_acknowledged and (
            n + 3 <= self.largest_acknowledged or at + self.round_trip * 9 / 8 <= now)]
        return [self.flight.pop(number)[1] for number in gone]

    def probed(self, now: float) -> list:
        """What to send again after a silence; it may have arrived."""
        self.probes, self.newest_at = min(self.probes + 1, 6), now
        return [cargo for _, cargo in self.flight.values()]

    def _sample(self, sample: float) -> None:
        sample = max(sample, 0.0)
        self.variation += (abs(self.round_trip - sample) - self.variation) / 4
        self.round_trip += (sample - self.round_trip) / 8
