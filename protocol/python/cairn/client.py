"""A whole client: a socket, one connection, one world.

    with Client("127.0.0.1:7777", token) as client:
        client.join()
        client.walk(1.5, 0)
        client.run(seconds=2)
        print(client.world.words(client.entity))

Nothing happens between calls of `run`: call it often, with the seconds that there are.
"""
import select
import socket
import struct
import time

from . import wire
from .description import read_description
from .fields import scalar
from .handshake import Handshake, Token
from .messages import CLIENT_MESSAGE, IDENTITY, SERVER_MESSAGE, SPEED, STEERING_BODY, Input
from .packets import (CLIENT_PACKET, KEY_PACKETS, SERVER_PACKET, TAG, KeyExhausted, Opener, Sealer,
                      Sent)
from .streams import Incoming, Outgoing
from .wire import Malformed, frame
from .world import World

DATAGRAM, HEADER = 1200, 13
IDLE_SECONDS, JOIN_SECONDS = 60.0, 10.0
UNDER_WAY = 32
NORMAL, VIOLATION = 0, 2
CLOSE_CODES = ("normal", "idle", "protocol violation", "overrun", "key exhausted", "shutdown",
               "removed", "refused", "unreachable")


class Closed(Exception):
    """The connection is over, and why."""


class Client:
    def __init__(self, address: str, token: str, ciphers: int = 3, versions: tuple = (1, 1),
                 digests: bool = True, key_packets: int = KEY_PACKETS):
        """`key_packets` is after how many packets to change keys, at most the standard's."""
        host, _, port = address.rpartition(":")
        family, _, _, _, self.server = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0]
        self.family = family
        self.token, self.ciphers, self.versions = Token.from_text(token), ciphers, versions
        self.digests, self.key_packets = digests, key_packets
        self.socket = None
        self.world: World | None = None
        self.entity = 0
        self.answers: dict[int, tuple] = {}       # By the intent's number: accepted or refused.
        self.durable, self.heard, self.ended = 0, [], None
        self.round_trip = self.clock_offset = None
        self.packets = 0
        self.rebind()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def rebind(self) -> None:
        """Goes on from another address, as when a NAT forgets us or a phone leaves its Wi-Fi."""
        if self.socket:
            self.socket.close()
        self.socket = socket.socket(self.family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.connect(self.server)
        self.socket.setblocking(False)

    # --- Joining (STANDARD.md 4, WORLD.md 2) ---

    def join(self, seconds: float = JOIN_SECONDS) -> None:
        """Returns when the world's description is here. Raises Refused, Closed or TimeoutError."""
        until = time.monotonic() + seconds
        handshake, joined = Handshake(
            self.token, time.monotonic(), self.ciphers, self.versions), None
        while joined is None:
            now = time.monotonic()
            if now >= until:
                raise TimeoutError("nobody answers")
            hello = handshake.poll(now)
            if hello:
                self._transmit(hello)
            for datagram in self._arrivals(until=min(until, handshake.due)):
                joined = joined or handshake.handle(datagram, time.monotonic())
        self._connect(joined)
        self._tell("enter", 0, self.digests, 0, 0)
        self.run(until=lambda: self.world is not None, seconds=until - time.monotonic())
        if self.world is None:
            raise TimeoutError("the server does not say what world it is")

    def _connect(self, joined) -> None:
        connection = struct.pack("<Q", joined.connection)
        self.cipher = joined.cipher
        self.sealer = Sealer(joined.cipher, joined.client_key, CLIENT_PACKET, connection,
                             packets=self.key_packets, now=time.monotonic())
        self.opener = Opener(joined.cipher, joined.server_key, SERVER_PACKET)
        self.sent, self.outgoing, self.incoming = Sent(), Outgoing(), Incoming()
        self.heard_at = self.next_ping = time.monotonic()
        self.next_step, self.step = time.monotonic(), 0.05
        self.inputs, self.wish, self.facing, self.animation = [], (0, 0, 0), IDENTITY, 0
        self.next_intent, self.due_frames, self.pongs = 1, [], 0

    # --- What a game asks ---

    def walk(self, east: float, north: float, up: float = 0, animation: int = 1) -> None:
        """Wishes a velocity in m/s, until told otherwise."""
        self.wish = tuple(round(part * SPEED) for part in (east, north, up))
        self.animation = animation if any(self.wish) else 0

    def edit(self, name: str, *parts) -> int:
        """Sends an intent of WORLD.md 3.3, as in `edit("add", statue, field, 1)`. Returns its
        number, under which `answers` will have what became of it."""
        if name in ("set", "insert", "remove", "put"):
            parts = (*parts[:-1], scalar(parts[-1]))
        number, self.next_intent = self.next_intent, self.next_intent + 1
        self._tell("intent", number, (name, *parts))
        return number

    def say(self, text: str) -> int:
        return self.edit("say", text)

    def answer(self, number: int, seconds: float = 5.0) -> tuple:
        """Waits for what became of an intent."""
        self.run(seconds, until=lambda: number in self.answers)
        return self.answers.get(number, ("unanswered", number))

    def close(self, code: int = NORMAL, text: str = "") -> None:
        """Says goodbye, once."""
        if self.socket and self.ended is None and hasattr(self, "sealer"):
            body = struct.pack("<H", code) + wire.TEXT.write(text)
            self._transmit(self.sealer.seal(frame(wire.CLOSE, body))[1])
            self.ended = CLOSE_CODES[code]
        if self.socket:
            self.socket.close()
            self.socket = None

    def run(self, seconds: float, until=lambda: False) -> None:
        """Lives for so long, or until something holds. Raises Closed."""
        deadline = time.monotonic() + seconds
        while not until():
            now = time.monotonic()
            if now >= deadline:
                return
            for datagram in self._arrivals(until=min(deadline, self.next_step)):
                self._handle(datagram, time.monotonic())
            now = time.monotonic()
            if now >= self.heard_at + IDLE_SECONDS:
                self.ended = "idle"
                raise Closed(self.ended)
            if now >= self.next_step:
                self.next_step = max(self.next_step + self.step, now)
                try:
                    self._send(now)
                except KeyExhausted:
                    self.ended = "key exhausted"
                    raise Closed(self.ended) from None

    # --- Receiving ---

    def _arrivals(self, until: float) -> list[bytes]:
        """Waits for datagrams, and takes those that are there."""
        select.select([self.socket], [], [], max(0.0, until - time.monotonic()))
        datagrams = []
        try:
            while len(datagrams) < 64:
                datagrams.append(self.socket.recv(65_536))
        except (BlockingIOError, ConnectionRefusedError):
            pass
        return datagrams

    def _handle(self, datagram: bytes, now: float) -> None:
        payload = self.opener.open(datagram, now, self.sent.probe_timeout)
        if payload is None:
            return
        self.heard_at, self.packets = now, self.packets + 1
        if self.world:
            self.world.begin_packet()
        try:
            for kind, body in wire.frames(payload):
                if kind not in wire.SILENT:
                    self.opener.received.owes = True
                self._frame(kind, body, now)
        except Malformed as error:
            self.close(VIOLATION, str(error))
            raise Closed(str(error)) from None

    def _frame(self, kind: int, body: bytes, now: float) -> None:
        if kind == wire.ACKNOWLEDGEMENT:
            arrived, lost = self.sent.acknowledge(body, now, self.sealer.number)
            for cargo in arrived:
                self.outgoing.arrived(cargo)
            for cargo in lost:
                self.outgoing.lost(cargo)
        elif kind in (wire.ORDERED, wire.UNORDERED):
            for lane, message in self.incoming.receive(kind, body):
                if (kind, lane) == (wire.ORDERED, 0):
                    self._message(message)
        elif kind == wire.PING:
            clock = time.monotonic_ns()
            self.due_frames.append((wire.PONG, body[:8] + struct.pack("<QQ", clock, clock)))
        elif kind == wire.PONG:
            self._pong(body)
        elif kind == wire.PATH_CHALLENGE:
            self.due_frames.append((wire.PATH_RESPONSE, body))
        elif kind == wire.CLOSE:
            code = min(int.from_bytes(body[:2], "little"), len(CLOSE_CODES) - 1)
            self.ended = CLOSE_CODES[code]
            raise Closed(f"{self.ended} {body[3:].decode(errors='replace')}".strip())
        elif kind >= wire.TICK and self.world:
            try:
                self.world.receive(kind, body)
            except Malformed:
                self.world.malformed += 1

    def _pong(self, body: bytes) -> None:
        t0, t1, t2 = wire.together(wire.U64, wire.U64, wire.U64).decode(body)
        t3 = time.monotonic_ns()
        trip = (t3 - t0) - (t2 - t1)
        if self.round_trip is None or trip / 1e9 <= self.round_trip or self.pongs % 8 == 0:
            self.round_trip, self.clock_offset = trip / 1e9, ((t1 - t0) + (t2 - t3)) / 2e9
        self.pongs += 1

    def _message(self, message: bytes) -> None:
        try:
            said = SERVER_MESSAGE.decode(message)
        except Malformed:
            return          # A client passes over what it does not understand.
        match said:
            case ("welcome", entity, _, _, description):
                self.entity, self.world = entity, World(read_description(description))
                self.step = 1 / self.world.description.rules.hertz
                self._tell("ready")
            case ("accepted", number, _, effects):
                self.answers[number] = said
                for entity, field, state in effects:
                    if self.world and entity in self.world.fields:
                        self.world.join(entity, field, state)
            case ("refused", number, *_):
                self.answers[number] = said
            case ("durable", number):
                self.durable = number
            case ("heard", _, name, text):
                self.heard.append((name, text))

    # --- Sending ---

    def _tell(self, *message) -> None:
        self.outgoing.send(CLIENT_MESSAGE.write(message))

    def _send(self, now: float) -> None:
        """One packet a step, and more while messages wait and room is under way."""
        self.sealer.change_key(self.sent.largest_acknowledged, now)
        for cargo in self.sent.lost(now):
            self.outgoing.lost(cargo)
        frames = b""
        if self.sent.flight and now >= self.sent.probe_at:
            for cargo in self.sent.probed(now):
                self.outgoing.lost(cargo)
            frames += self._ping()
        elif now >= self.next_ping:
            frames += self._ping()
            self.next_ping = now + (0.1 if self.pongs < 8 else 1.0)
        if self.world and self.entity:
            frames += self._steering()
        while True:
            if self.opener.received.owes:
                frames = frame(wire.ACKNOWLEDGEMENT,
                               self.opener.received.acknowledgement(now)) + frames
            while self.due_frames:
                frames += frame(*self.due_frames.pop(0))
            messages, cargo = self.outgoing.fill(DATAGRAM - HEADER - TAG - len(frames))
            if not frames + messages:
                return
            number, datagram = self.sealer.seal(frames + messages)
            if any(kind not in wire.SILENT for kind, _ in wire.frames(frames + messages)):
                self.sent.record(number, now, cargo)
            self._transmit(datagram)
            if not cargo or len(self.sent.flight) >= UNDER_WAY:
                return
            frames = b""

    def _ping(self) -> bytes:
        return frame(wire.PING, struct.pack("<Q", time.monotonic_ns()))

    def _steering(self) -> bytes:
        """This step's input and the two before it, should their packets be lost."""
        sequence = self.inputs[-1].sequence + 1 if self.inputs else 1
        self.inputs.append(Input(sequence, round(self.step * 1000), self.wish, self.facing,
                                 self.animation))
        self.inputs = self.inputs[-3:]
        return frame(wire.STEERING, STEERING_BODY.write(self.inputs))

    def _transmit(self, datagram: bytes) -> None:
        try:
            self.socket.send(datagram)
        except (BlockingIOError, ConnectionRefusedError):
            pass            # As if the network had lost it.
