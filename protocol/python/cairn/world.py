"""What a client rebuilds from blocks (WORLD.md 5.7): pages, who is where, their fields; and the
comparison of each page with the digest that the server sent of it.
"""
import math
from dataclasses import dataclass, field

from .blocks import (LEAVE_BODY, Cell, Grid, Member, Members, change_head, page_digest,
                     read_properties)
from .description import Description
from .fields import BOUNDED, entity_words, join, value_of
from .messages import TICK_FRAME, Motion, TickFrame
from .wire import (CHANGE, KEYFRAME, LEAVE, PAGE_DIGEST, PROPERTIES, TICK, U64, VARINT, Reader)

PAGES, ENTITIES, KEYFRAMES, FIELDS = 2048, 32_768, 6, 42
OLDEST_SECONDS, LIMBO_SECONDS = 5, 0.3
NAME, HOLDER = 1, 65_535


def newer(a: int, b: int) -> bool:
    return 0 < (a - b) % 2**32 < 2**31


@dataclass
class Page:
    """`members` is the page at `tick`; `heard` is the newest packet that had a block of it."""
    cell: Cell
    heard: int
    tick: int | None = None
    members: Members = field(default_factory=dict)
    keyframes: dict[int, Members] = field(default_factory=dict)


@dataclass
class Place:
    """The newest evidence of where an entity is. In limbo it is seen until that tick."""
    page: int
    tick: int
    limbo: int | None = None


class World:
    def __init__(self, description: Description):
        self.description = description
        self.grid = Grid(description.rules.cell_metres, description.rules.hertz)
        self.newest: TickFrame | None = None
        self.pages: dict[int, Page] = {}
        self.left: dict[int, int] = {}
        self.places: dict[int, Place] = {}
        self.members: dict[int, Member] = {}
        self.fields: dict[int, dict[int, tuple]] = {}
        self.equal = self.different = self.blocks = self.joined = self.malformed = 0
        self.tick: int | None = None     # Of the packet being read.

    # --- Reading ---

    def begin_packet(self) -> None:
        self.tick = None

    def receive(self, kind: int, body: bytes) -> None:
        """Takes a frame from 0x20 up, in its packet's order."""
        if kind == TICK:
            self._tick(TICK_FRAME.decode(body))
        elif self.tick is None:
            return
        elif kind == KEYFRAME:
            self._keyframe(body)
        elif kind == CHANGE:
            self._change(body)
        elif kind == PROPERTIES:
            self._properties(body)
        elif kind == PAGE_DIGEST:
            self._digest(body)
        elif kind == LEAVE:
            for page in LEAVE_BODY.decode(body):
                self._leave(page)

    def _tick(self, frame: TickFrame) -> None:
        self.tick = frame.tick
        if self.newest is None or newer(frame.tick, self.newest.tick):
            self.newest = frame
            self._end_limbo()
        elif newer(self.newest.tick, frame.tick + OLDEST_SECONDS * self.grid.hertz):
            self.tick = None

    def _keyframe(self, body: bytes) -> None:
        number, tick, cell, members = self.grid.read_keyframe(body, self.tick)
        page = self.pages.get(number)
        if page is None or page.cell != cell:
            since = page.heard if page else self.left.get(number)
            if (since is not None and not newer(self.tick, since)) or len(self.pages) >= PAGES:
                return
            if page:
                self._forget(number)
            page = self.pages[number] = Page(cell, heard=self.tick)
        self._note(page)
        self._keep(number, page, tick, members)
        self._advance(number, page, tick, members, {})

    def _change(self, body: bytes) -> None:
        number, base_tick = change_head(body, self.tick)
        page = self.pages.get(number)
        if page is None or base_tick not in page.keyframes:
            return
        change = self.grid.read_change(body, page.cell, page.keyframes[base_tick])
        self._note(page)
        if change.is_keyframe:
            self._keep(number, page, self.tick, change.members)
        self._advance(number, page, self.tick, change.members, change.departed)

    def _note(self, page: Page) -> None:
        self.blocks += 1
        if newer(self.tick, page.heard):
            page.heard = self.tick

    def _keep(self, number: int, page: Page, tick: int, members: Members) -> None:
        """Six of each kind: those of long periods, and the others."""
        page.keyframes[tick] = members
        long_period = 4 * self.grid.keyframe_period()
        kind = lambda at: (at + number) % 2**32 % long_period == 0
        alike = [at for at in page.keyframes if kind(at) == kind(tick)]
        if len(alike) > KEYFRAMES:
            del page.keyframes[next(t for t in alike if not any(newer(t, at) for at in alike))]

    def _advance(self, number: int, page: Page, tick: int, members: Members,
                 departed: dict[int, Cell | None]) -> None:
        """A page only goes forward."""
        if page.tick is not None and not newer(tick, page.tick):
            return
        before, page.tick, page.members = page.members, tick, members
        here = {member.entity for member in members.values()}
        for member in members.values():
            place = self.places.get(member.entity)
            if place is None or place.page == number or newer(tick, place.tick):
                if place or len(self.places) < ENTITIES:
                    self.places[member.entity] = Place(number, tick)
                    self.members[member.entity] = member
        for member in before.values():
            place = self.places.get(member.entity)
            if member.entity in here or place is None or place.page != number:
                continue
            if member.entity in departed and departed[member.entity] is None:
                self._drop(member.entity, deleted=True)
            elif place.limbo is None:
                place.limbo = tick + math.ceil(LIMBO_SECONDS * self.grid.hertz) & 0xFFFFFFFF

    def _properties(self, body: bytes) -> None:
        number, told = read_properties(body)
        page = self.pages.get(number)
        if page is None or page.tick is None:
            return
        self._note(page)
        members = {member.entity for member in page.members.values()}
        for entity, number_of_field, state in told:
            if entity in members or newer(self.tick, page.tick):
                self.join(entity, number_of_field, state)
                self.joined += 1

    def join(self, entity: int, number: int, state: tuple) -> None:
        if entity not in self.fields and len(self.fields) >= ENTITIES:
            return
        held = self.fields.setdefault(entity, {})
        if number in held:
            held[number] = join(held[number], state)
        elif len(held) < FIELDS:
            held[number] = state

    def _digest(self, body: bytes) -> None:
        r = Reader(body)
        number, theirs = VARINT.read(r), U64.read(r)
        r.end()
        page = self.pages.get(number)
        if page is None or page.tick != self.tick:
            return
        if page_digest(page.cell, page.members) == theirs:
            self.equal += 1
        else:
            self.different += 1

    # --- Forgetting ---

    def _leave(self, number: int) -> None:
        page = self.pages.get(number)
        if page is None or not newer(page.heard, self.tick):
            if number not in self.left or newer(self.tick, self.left[number]):
                self.left[number] = self.tick
            self._forget(number)

    def _forget(self, number: int) -> None:
        page = self.pages.pop(number, None)
        for entity in [e for e, place in self.places.items() if place.page == number and page]:
            self._drop(entity)

    def _drop(self, entity: int, deleted: bool = False) -> None:
        self.places.pop(entity, None)
        self.members.pop(entity, None)
        if deleted:
            self.fields.pop(entity, None)

    def _end_limbo(self) -> None:
        for entity, place in list(self.places.items()):
            if place.limbo is not None and newer(self.newest.tick, place.limbo):
                self._drop(entity)

    # --- Asking ---

    def entities(self) -> list[Member]:
        """Whoever is seen, ascending."""
        return [self.members[entity] for entity in sorted(self.members)]

    def motion(self, entity: int) -> Motion | None:
        member = self.members.get(entity)
        return member and member.motion

    def value(self, entity: int, name: str):
        """What a field of an entity says, by the field's name; None where nothing was told."""
        member = self.members[entity]
        number = NAME if name == "name" else self.description.field(member.kind, name).number
        held = self.fields.get(entity, {}).get(number)
        if held is None:
            return None
        value = value_of(held)
        least = self.description.field(member.kind, name).range if number != NAME else None
        return value + least[0] if held[0] == BOUNDED and least else value

    def words(self, entity: int) -> str:
        """An entity as people read it."""
        member = self.members[entity]
        kind = self.description.kind(member.kind)
        x, y, z = member.motion.metres
        said = [f"{kind.name if kind else member.kind} {entity_words(entity)}",
                f"at {x:.2f} {y:.2f} {z:.2f}"]
        if self.fields.get(entity, {}).get(NAME):
            said.insert(1, repr(self.value(entity, "name")))
        for info in self.description.rules.fields:
            if info.kind == member.kind and info.number in self.fields.get(entity, {}):
                if info.number > NAME:
                    said.append(f"{info.name} {self.value(entity, info.name)!r}")
        return "  ".join(said)
