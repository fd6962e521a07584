"""What makes residuals small (WORLD.md 5.10): headings and what follows from a new velocity."""
from math import isqrt

from .messages import Motion

CIRCLE = 2046
UPRIGHT_W, UPRIGHT_Z = 0xE0080000, 0xA0080000


def wrapped(value: int, bits: int) -> int:
    """The signed number of so many bits that is equal to `value` modulo 2^bits."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def cut(numerator: int, denominator: int) -> int:
    """Division that cuts off towards zero."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator >= 0) == (denominator >= 0) else -quotient


def facing_step(orientation: int) -> int | None:
    """The step of an orientation about the vertical; None for another."""
    part = (orientation & 1023) - 512
    if part == -512:
        return None
    if orientation & ~1023 == UPRIGHT_W:
        return part % CIRCLE
    return 1023 - part if orientation & ~1023 == UPRIGHT_Z else None


def orientation_of(step: int) -> int:
    if step <= 511 or step >= CIRCLE - 511:
        return UPRIGHT_W | 512 + (step if step <= 511 else step - CIRCLE)
    return UPRIGHT_Z | 512 + 1023 - step


def heading_step(velocity) -> int | None:
    """The step of the direction of a velocity; None for one that goes nowhere but up or down."""
    x, y = velocity[:2]
    if not x and not y:
        return None
    length = isqrt(x * x + y * y << 16)
    share = 4 * 511 * 511 * (length - (abs(x) << 8)) // length
    part = (isqrt(max(0, share)) + 1) // 2
    if x >= 0:
        return -part % CIRCLE if y < 0 else part
    return 1023 - (-part if y < 0 else part)


def way_round(step: int, other: int) -> int:
    """From `other` to `step` the short way round."""
    difference = step - other
    if difference < -1023:
        return difference + CIRCLE
    return difference - CIRCLE if difference >= 1023 else difference


def guessed_facing(old: Motion, velocity) -> tuple[int, bool] | None:
    """Where a body should look, and whether that is where it goes; None when it was tilted."""
    was = facing_step(old.orientation)
    if was is None:
        return None
    heading, former = heading_step(velocity), heading_step(old[3:6])
    if tuple(velocity) == tuple(old[3:6]) or heading is None:
        return was, False
    if former is not None and abs(way_round(was, former)) > 16:
        return was, False
    return heading, True


def major_change(old, across: int) -> int:
    """How the larger horizontal component changes of who keeps the speed."""
    square = old[0] * old[0] + old[1] * old[1] - across * across
    root, major = isqrt(max(0, square)), old[0] if is_mostly_x(old) else old[1]
    return (-root if major < 0 else root) - major


def is_mostly_x(vector) -> bool:
    return abs(vector[0]) >= abs(vector[1])
