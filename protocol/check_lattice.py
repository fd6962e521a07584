"""The lattice of WORLD.md 6.6, which journals and nodes keep, and what its words in the vectors mean."""
from cairn.fields import CONTEXT, FIELD, entity_words, join, value_of
from cairn.wire import U64, Codec, varint

NAMES = {0: "latest", 1: "counter", 2: "set", 3: "map", 4: "maximum", 5: "minimum",
         6: "multi-value", 7: "bounded", 8: "attached"}


# A lattice is (context, {id: [life or None, {number: field}]}), a life (created, kind, owner).

def read_row(r):
    head, life, fields, number = r.varint(), None, {}, -1
    assert head > 0, "an empty row"
    if head & 1:
        kind, owner, created = r.varint(), r.number("Q"), r.number("Q")
        life = (created, kind, owner)
    for _ in range(head >> 1):
        number += r.varint() + 1
        fields[number] = FIELD.read(r)
    return [life, fields]


def write_row(row):
    life, fields = row
    out, number = varint(len(fields) << 1 | (life is not None)), -1
    if life:
        out += varint(life[1]) + U64.write(life[2]) + U64.write(life[0])
    for field in sorted(fields):
        out += varint(field - number - 1) + FIELD.write(fields[field])
        number = field
    return out


def _read_lattice(r):
    context, rows, raw = CONTEXT.read(r), {}, -1
    for _ in range(r.varint()):
        raw += r.varint() + 1
        rows[raw] = read_row(r)
        assert (rows[raw][0] is not None) == (dot_of(raw) in context), "life"
    return context, rows


def write_lattice(lattice):
    context, rows = lattice
    out, before = CONTEXT.write(context) + varint(len(rows)), -1
    for raw in sorted(rows):
        out += varint(raw - before - 1) + write_row(rows[raw])
        before = raw
    return out


LATTICE = Codec(_read_lattice, write_lattice)
read_lattice = LATTICE.decode


def dot_of(raw):
    return raw >> 32, raw & 0xFFFFFFFF


def join_lattices(left, right):
    rows = {}
    for raw in left[1].keys() | right[1].keys():
        sides = [side[1][raw] for side in (left, right) if raw in side[1]]
        if any(dot_of(raw) in side[0] and raw not in side[1] for side in (left, right)):
            continue
        fields = dict(sides[0][1])
        for number, field in (sides[1][1] if len(sides) > 1 else {}).items():
            fields[number] = join(fields[number], field) if number in fields else field
        lives = [side[0] for side in sides if side[0]]
        rows[raw] = [max(lives) if lives else None, fields]
    return left[0].union(right[0]), rows


def field_words(field):
    tag, state = field
    value = value_of(field)
    if tag == 0:
        said = str(state.value)
    elif tag == 7:
        said = f"{value} above"
    elif tag == 8:
        said = entity_words(value) if value else "to nothing"
    elif tag in (2, 6):
        said = ", ".join(map(str, sorted({label for label, _ in state.items})))
    elif tag == 3:
        latest = {}
        for (label, _), register in state.items.items():
            latest[label] = max(latest.get(label, register), register)
        said = ", ".join(f"{label} = {latest[label].value}" for label in sorted(latest))
    else:
        said = str(value)
    return f"{NAMES[tag]} {said}"


def row_words(raw, lattice):
    if raw not in lattice[1]:
        return f"{entity_words(raw)} deleted"
    life, fields = lattice[1][raw]
    said = f"kind {life[1]} owner {life[2]} created {life[0]}" if life else "embryo"
    words = [f"field {number} {field_words(fields[number])}" for number in sorted(fields)]
    return f"{entity_words(raw)} " + "; ".join([said] + words)


def rights(totals, mine):
    sign = lambda replica, what: ((what == mine or what == "granted" and replica == mine)
                                  - (replica == mine and what != "granted"))
    return sum(total * sign(*key) for key, total in totals.items())


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
