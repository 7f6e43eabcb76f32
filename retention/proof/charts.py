"""Geometry of the forest plot: one row for each effect, its interval as a line over the line of no effect."""

from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 720, 24, 24, 52, 10, 40


@dataclass(frozen=True)
class Row:
    """One playbook: where its interval and its difference lie, and the box that grows with the customers behind it."""

    proof: object
    y: float  # of the words
    line: float  # of the interval
    low: float
    high: float
    point: float
    box: float  # half a side

    @property
    def css(self):
        """Colour by what the interval says: for, against, or nothing yet."""
        return {1: "c-good", -1: "c-bad"}.get(self.proof.effect.sign, "c-quiet")


@dataclass(frozen=True)
class Forest:
    """The picture; ticks are (value, x), zero is the x of no effect."""

    width: int
    height: float
    floor: float
    zero: float
    left: float
    right: float
    rows: tuple
    ticks: tuple


def forest(proofs):
    """The forest of those with an effect, all of one unit; None where there is none."""
    shown = [proof for proof in proofs if proof.effect is not None]
    if not shown:
        return None
    step = _step(max(abs(end) for proof in shown for end in (proof.effect.low, proof.effect.high)))
    low, high = _ends([proof.effect for proof in shown], step)
    left, right = float(LEFT), float(WIDTH - RIGHT)

    def x(value):
        return round(left + (value - low) / (high - low) * (right - left), 1)

    most = max(proof.effect.treated + proof.effect.held for proof in shown)
    rows = []
    for number, proof in enumerate(shown):
        found, y = proof.effect, TOP + number * ROW
        box = 3 + 4 * ((found.treated + found.held) / most) ** 0.5
        rows.append(Row(proof, y + 12.0, y + 30.0, x(found.low), x(found.high), x(found.difference), round(box, 1)))
    floor = TOP + len(shown) * ROW
    count = round((high - low) / step)
    ticks = tuple((round(low + part * step, 10), x(low + part * step)) for part in range(count + 1))
    return Forest(WIDTH, floor + BOTTOM, float(floor), x(0.0), left, right, tuple(rows), ticks)


def _step(top):
    """A round distance between ticks, about three of them to the farthest end."""
    if top <= 0:
        return 1.0
    size = 10.0 ** floor(log10(top / 3))
    return next(size * part for part in (1, 2, 2.5, 5, 10) if size * part >= top / 3 * (1 - 1e-9))


def _ends(effects, step):
    """The first and last tick: around every interval, and around zero."""
    lowest, highest = min(0.0, *(e.low for e in effects)), max(0.0, *(e.high for e in effects))
    low, high = step * floor(lowest / step + 1e-9), step * ceil(highest / step - 1e-9)
    return (low, high) if high > low else (-step, step)
