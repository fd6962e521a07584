"""Reliable messages (STANDARD.md 6.2): cut into chunks, sent again when lost, delivered once."""
from .wire import ORDERED, VARINT, Malformed, Reader, frame, varint

LANES, MESSAGE, CHUNK = 4, 262_144, 128
WINDOW, AHEAD, OVERHEAD = 524_288, 512, 64
PART = 0x80


def chunks(length: int) -> int:
    return max(1, -(-length // CHUNK))


class Outgoing:
    """Messages on ordered streams: chunks that wait, and those in packets whose fate is not known."""

    def __init__(self):
        self.messages = [{} for _ in range(LANES)]   # Number: bytes, until acknowledged in order.
        self.waiting = [{} for _ in range(LANES)]    # Number: chunks to send.
        self.missing = [{} for _ in range(LANES)]    # Number: chunks not acknowledged.
        self.next = [0] * LANES

    def send(self, message: bytes, stream: int = 0) -> None:
        if len(message) > MESSAGE:
            raise ValueError("the message is too long")
        number, self.next[stream] = self.next[stream], self.next[stream] + 1
        self.messages[stream][number] = message
        self.waiting[stream][number] = set(range(chunks(len(message))))
        self.missing[stream][number] = set(self.waiting[stream][number])

    def _sendable(self, stream: int) -> list[int]:
        """Numbers with something to send, as many as the window takes."""
        numbers, cost = [], 0
        for number, message in self.messages[stream].items():
            cost += len(message) + OVERHEAD
            if cost > WINDOW // LANES and numbers or number >= min(self.messages[stream]) + AHEAD:
                break
            if self.waiting[stream][number]:
                numbers.append(number)
        return numbers

    def fill(self, room: int) -> tuple[bytes, list[tuple[int, int, set[int]]]]:
        """Frames of at most `room` bytes, and which chunks they carry: the packet's cargo."""
        out, cargo = b"", []
        for stream in range(LANES):
            for number in self._sendable(stream):
                while self.waiting[stream][number]:
                    piece, run = self._cut(stream, number, room - len(out) - 4)
                    if not run:
                        return out, cargo
                    out += frame(ORDERED, piece)
                    cargo.append((stream, number, run))
                    self.waiting[stream][number] -= run
        return out, cargo

    def _cut(self, stream: int, number: int, room: int) -> tuple[bytes, set[int]]:
        message, waiting = self.messages[stream][number], self.waiting[stream][number]
        body = bytes([stream]) + varint(number) + message
        if len(waiting) == chunks(len(message)) and len(body) <= room:
            return body, set(waiting)
        first = end = min(waiting)
        head = bytes([stream | PART]) + varint(number) + varint(len(message)) + varint(first)
        while end in waiting and len(head) + len(message[first * CHUNK:(end + 1) * CHUNK]) <= room:
            end += 1
        return head + message[first * CHUNK:end * CHUNK], set(range(first, end))

    def arrived(self, cargo: list[tuple[int, int, set[int]]]) -> None:
        for stream, number, run in cargo:
            if number in self.messages[stream]:
                self.missing[stream][number] -= run
                self.waiting[stream][number] -= run
            while self.messages[stream]:
                oldest = min(self.messages[stream])
                if self.missing[stream][oldest]:
                    break
                for table in (self.messages, self.waiting, self.missing):
                    del table[stream][oldest]

    def lost(self, cargo: list[tuple[int, int, set[int]]]) -> None:
        for stream, number, run in cargo:
            if number in self.messages[stream]:
                self.waiting[stream][number] |= run & self.missing[stream][number]


class Incoming:
    """Messages that came in part, and ordered ones until those before them have come too."""

    def __init__(self):
        self.lanes = {}   # Frame type and lane: a Lane.

    def receive(self, kind: int, body: bytes) -> list[tuple[int, bytes]]:
        """Returns the messages to deliver now, each with its lane."""
        r = Reader(body)
        head, number = r.number("B"), VARINT.read(r)
        lane = head & 0x0F
        if lane >= LANES or head & 0x70:
            raise Malformed("message head")
        length, first = (VARINT.read(r), VARINT.read(r)) if head & PART else (r.left, 0)
        if length > MESSAGE or head & PART and not (length and r.left):
            raise Malformed("length")
        into = self.lanes.setdefault((kind, lane), Lane(kind == ORDERED))
        return [(lane, message) for message in into.receive(number, length, first, r.rest())]


class Lane:
    def __init__(self, ordered: bool):
        self.ordered, self.next = ordered, 0
        self.begun = {}     # Number: its length and its chunks that came.
        self.done = set()   # Numbers delivered out of order.

    def receive(self, number: int, length: int, first: int, piece: bytes) -> list[bytes]:
        if number < self.next or number in self.done:
            return []
        if number >= self.next + AHEAD:
            raise Malformed("a message too far ahead")
        known, parts = self.begun.setdefault(number, (length, {}))
        end = first * CHUNK + len(piece)
        if known != length or end > length or end < length and len(piece) % CHUNK:
            raise Malformed("part")
        for index in range(chunks(len(piece))):
            parts.setdefault(first + index, piece[index * CHUNK:(index + 1) * CHUNK])
        return self._whole(number)

    def _is_whole(self, number: int) -> bool:
        return number in self.begun and len(self.begun[number][1]) == chunks(self.begun[number][0])

    def _take(self, number: int) -> bytes:
        parts = self.begun.pop(number)[1]
        return b"".join(parts[index] for index in sorted(parts))

    def _whole(self, number: int) -> list[bytes]:
        messages = []
        if self.ordered:
            while self._is_whole(self.next):
                messages.append(self._take(self.next))
                self.next += 1
        elif self._is_whole(number):
            messages.append(self._take(number))
            self.done.add(number)
            while self.next in self.done:
                self.done.remove(self.next)
                self.next += 1
        return messages
