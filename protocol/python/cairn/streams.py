"""Reliable messages in fragments (STANDARD.md 6.2): cut up, sent again when lost, put in order."""
from .wire import FRAGMENT, VARINT, Malformed, Reader, frame, varint

STREAMS, MESSAGE, AHEAD, PIECE = 4, 262_144, 128, 1000
ENDS = 0x80


class Outgoing:
    """Fragments that wait for a packet, and those in packets whose fate is not known."""

    def __init__(self):
        self.waiting = [[] for _ in range(STREAMS)]   # Sequences, first to go first.
        self.pieces = [{} for _ in range(STREAMS)]    # Sequence: (piece, ends the message).
        self.next = [0] * STREAMS

    def send(self, message: bytes, stream: int = 0) -> None:
        if len(message) > MESSAGE:
            raise ValueError("the message is too long")
        cuts = range(0, max(len(message), 1), PIECE)
        for at in cuts:
            self.pieces[stream][self.next[stream]] = message[at:at + PIECE], at == cuts[-1]
            self.waiting[stream].append(self.next[stream])
            self.next[stream] += 1

    def fill(self, room: int) -> tuple[bytes, list[tuple[int, int]]]:
        """Frames of at most `room` bytes, and which fragments they are: the packet's cargo."""
        out, cargo = b"", []
        for stream, waiting in enumerate(self.waiting):
            while waiting and waiting[0] < min(self.pieces[stream]) + AHEAD:
                piece, ends = self.pieces[stream][waiting[0]]
                body = bytes([stream | (ENDS if ends else 0)]) + varint(waiting[0]) + piece
                if len(out) + len(body) + 4 > room:
                    return out, cargo
                out += frame(FRAGMENT, body)
                cargo.append((stream, waiting.pop(0)))
        return out, cargo

    def arrived(self, cargo: list[tuple[int, int]]) -> None:
        for stream, sequence in cargo:
            self.pieces[stream].pop(sequence, None)
            if sequence in self.waiting[stream]:
                self.waiting[stream].remove(sequence)

    def lost(self, cargo: list[tuple[int, int]]) -> None:
        for stream, sequence in cargo:
            if sequence in self.pieces[stream] and sequence not in self.waiting[stream]:
                self.waiting[stream] = sorted([*self.waiting[stream], sequence])


class Incoming:
    """Fragments that came, until those before them have come too."""

    def __init__(self):
        self.next = [0] * STREAMS
        self.early = [{} for _ in range(STREAMS)]
        self.begun = [b""] * STREAMS

    def receive(self, body: bytes) -> list[tuple[int, bytes]]:
        """Returns the messages that are whole now, each with its stream."""
        r = Reader(body)
        head, sequence, piece = r.number("B"), VARINT.read(r), r.rest()
        stream = head & 0x0F
        if stream >= STREAMS or head & 0x70:
            raise Malformed("stream fragment")
        if sequence < self.next[stream] or sequence in self.early[stream]:
            return []
        if sequence >= self.next[stream] + AHEAD:
            raise Malformed("a fragment too far ahead")
        self.early[stream][sequence] = piece, head & ENDS
        return [(stream, message) for message in self._whole(stream)]

    def _whole(self, stream: int) -> list[bytes]:
        messages = []
        while self.next[stream] in self.early[stream]:
            piece, ends = self.early[stream].pop(self.next[stream])
            self.next[stream] += 1
            self.begun[stream] += piece
            if len(self.begun[stream]) > MESSAGE:
                raise Malformed("a message too long")
            if ends:
                messages.append(self.begun[stream])
                self.begun[stream] = b""
        return messages
