"""The full session against a real server: what the standard promises a client, seen with its eyes.

    python3 session.py ADDRESS --cipher chacha20 < token

Wants a server with worlds/plaza.yaml in which bots walk about. Prints a line for everything that
holds, and stops with status 1 at the first that does not. scripts/checks/python-client runs it.
"""
import argparse
import math
import random
import sys
import time

from cairn.client import Client
from cairn.fields import entity_words
from cairn.handshake import AES_256_GCM, CHACHA20_POLY1305, Refused
from cairn.messages import METRE, Motion

CIPHERS = {"aes": (3, AES_256_GCM), "chacha20": (1, CHACHA20_POLY1305)}


class LossyClient(Client):
    """A client whose network loses one datagram in ten, and brings one in twenty twice, both ways."""
    chance = random.Random(7)

    def _transmit(self, datagram: bytes) -> None:
        for _ in range(self._copies()):
            super()._transmit(datagram)

    def _arrivals(self, until: float) -> list[bytes]:
        came = super()._arrivals(until)
        return [datagram for datagram in came for _ in range(self._copies())]

    def _copies(self) -> int:
        drawn = self.chance.random()
        return 0 if drawn < 0.1 else 2 if drawn < 0.15 else 1


def holds(what: str, condition) -> None:
    if not condition:
        print(f"does not hold: {what}")
        sys.exit(1)
    print(f"holds: {what}")


def distance(a: Motion, b: Motion) -> float:
    return math.dist(a.metres, b.metres)


def kind_number(client: Client, name: str) -> int:
    return next(kind.number for kind in client.world.description.rules.kinds if kind.name == name)


def the_body_walks(client: Client) -> None:
    world, own = client.world, client.entity
    client.run(5, until=lambda: world.motion(own))
    start = world.motion(own)
    holds("the own body is in a cell block", start)
    inward = math.atan2(-start.y, -start.x)
    client.walk(3 * math.cos(inward), 3 * math.sin(inward))
    client.run(2)
    client.walk(0, 0)
    client.run(0.5)
    way = distance(start, world.motion(own))
    holds(f"2 s at 3 m/s are 6 m, seen in cell blocks ({way:.2f} m)", 5 < way < 7)
    holds("nearly every step was judged",
          world.newest.judged >= client.inputs[-1].sequence - 8)


def somebody_else_walks(client: Client) -> None:
    world, places = client.world, {}
    roles = {kind.number: kind.role for kind in world.description.rules.kinds}

    def walkers() -> list[int]:
        seen = [m for m in world.entities() if roles.get(m.kind) == 0 and m.entity != client.entity]
        for member in seen:
            places.setdefault(member.entity, member.motion)
        return [m.entity for m in seen if distance(places[m.entity], m.motion) > 1]

    client.run(20, until=walkers)
    holds("another body is seen to walk", walkers())


def goes_to(client: Client, x: float, y: float, within: float) -> None:
    """Walks to a place in metres, as fast as the kind of the own body may."""
    world, until = client.world, time.monotonic() + 30
    top = world.description.kind(world.members[client.entity].kind).speed
    while time.monotonic() < until:
        here = world.motion(client.entity).metres
        if math.hypot(x - here[0], y - here[1]) < within:
            break
        angle = math.atan2(y - here[1], x - here[0])
        client.walk(top * math.cos(angle), top * math.sin(angle))
        client.run(0.2)
    client.walk(0, 0)


def an_edit_comes_back(client: Client) -> None:
    world = client.world
    goes_to(client, 0, 0, within=12)
    fountain = next((m for m in world.entities() if m.kind == kind_number(client, "fountain")), None)
    holds("the fountain is in view from beside it", fountain)
    coins = world.description.field(fountain.kind, "coins").number
    before = world.value(fountain.entity, "coins") or 0
    joined = world.joined
    number = client.edit("add", fountain.entity, coins, 3)
    holds("an addition is accepted", client.answer(number)[0] == "accepted")
    client.run(5, until=lambda: world.joined > joined and client.durable >= number)
    holds("it comes back in a property block", world.joined > joined)
    holds("the counter went up by 3 at least", world.value(fountain.entity, "coins") >= before + 3)
    holds("it is on disk", client.durable >= number)
    seats = world.description.field(kind_number(client, "bench"), "seats").number
    bench = next(m for m in world.entities() if m.kind == kind_number(client, "bench"))
    refused = client.answer(client.edit("set", bench.entity, seats, 3))
    holds("what only the server writes is refused by rule 5", refused[0] == "refused" and refused[2] == 5)


def a_thing_lives(client: Client) -> None:
    world, own = client.world, client.world.motion(client.entity)
    place = Motion(own.x + METRE, own.y, own.z)
    bench = kind_number(client, "bench")
    answer = client.answer(client.edit("create", bench, place, "A bench of Python's"))
    holds("a bench is created", answer[0] == "accepted" and answer[2])
    entity = answer[2]
    client.run(5, until=lambda: world.motion(entity) and world.fields.get(entity))
    holds("it stands where it was put", world.motion(entity)[:3] == place[:3])
    carving = world.description.field(bench, "carving").number
    client.answer(client.edit("set", entity, carving, "π"))
    client.run(5, until=lambda: world.value(entity, "carving") == "π")
    holds("its carving is read back", world.value(entity, "carving") == "π")
    holds(f"{entity_words(entity)} is deleted",
          client.answer(client.edit("delete", entity))[0] == "accepted")
    client.run(5, until=lambda: not world.motion(entity))
    holds("and gone from the cell blocks", not world.motion(entity))


def speech_is_heard(client: Client) -> None:
    client.say("Good day from the standard.")
    client.run(5, until=lambda: ("Py", "Good day from the standard.") in client.heard)
    holds("what is said is heard", ("Py", "Good day from the standard.") in client.heard)


def the_address_changes(client: Client) -> None:
    before = client.world.newest.tick
    client.rebind()
    client.run(3)
    after = client.world.newest.tick
    holds(f"ticks go on from another port ({after - before} in 3 s)",
          after - before > client.world.grid.hertz)
    holds("the counter of intents too", client.answer(client.say("Moved."))[0] == "accepted")


def hashes_are_equal(client: Client) -> None:
    world = client.world
    client.run(10, until=lambda: world.equal >= 300)
    holds(f"{world.equal} pages are what the server's digests say", world.equal >= 300)
    holds("no page is another", world.different == 0)
    holds("nothing failed to decode", world.malformed == 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("address")
    parser.add_argument("--cipher", choices=CIPHERS, required=True)
    parser.add_argument("--lossy", action="store_true", help="over a network that loses a tenth")
    given = parser.parse_args()
    kind = LossyClient if given.lossy else Client
    token, (offered, expected) = sys.stdin.readline(), CIPHERS[given.cipher]
    try:
        kind(given.address, token, ciphers=offered, versions=(2, 9)).join()
        holds("a client of the future is told that there is no common version", False)
    except Refused as refusal:
        holds("a client of the future is told that there is no common version",
              str(refusal) == "no common version")
    with kind(given.address, token, ciphers=offered, key_packets=50) as client:
        client.join()
        holds("the world is described", client.world.description.name == "Plaza")
        if client.cipher != expected:
            print("note: the server's machine has no AES; this session is ChaCha20-Poly1305 too")
        for part in (the_body_walks, somebody_else_walks, an_edit_comes_back, a_thing_lives,
                     speech_is_heard, the_address_changes):
            part(client)
        try:
            kind(given.address, token, ciphers=offered).join()
            holds("the token is refused while its connection lasts", False)
        except Refused as refusal:
            holds("the token is refused while its connection lasts",
                  str(refusal) == "already connected")
        hashes_are_equal(client)
        for _ in range(20):     # The newest key may be so new that no answer to it has come.
            if client.sent.largest_acknowledged >= client.sealer.first:
                break
            client.run(0.1)
        holds(f"the client's key has changed {client.sealer.phase} times, and nothing was lost of it",
              client.sealer.phase >= 3 and client.sent.largest_acknowledged >= client.sealer.first)
    if given.lossy:
        return      # The goodbye may be lost, and then the token is in use for 10 s more.
    time.sleep(0.3)
    with Client(given.address, token, ciphers=offered) as again:
        again.join()
        holds("after a clean close the same token joins again", again.world.description)


if __name__ == "__main__":
    main()
