"""The picture of who went where: nodes then and now, and ribbons between them, each split by its cause."""

from dataclasses import dataclass

from segmentation.charts.plane import Frame, px

WIDE = Frame(720, 400, left=176, right=176, top=26, bottom=8)
NARROW = Frame(360, 400, left=100, right=100, top=26, bottom=8)
NODE, GAP, LEAST = 12, 14, 1.0  # px: width of a node, between nodes, and of the thinnest ribbon


@dataclass(frozen=True)
class Node:
    """A place on one side: `code` ("" = not there), its count, its bar, and whether it stands on the left."""

    code: str
    count: int
    x: float
    y: float
    height: float
    left: bool


@dataclass(frozen=True)
class Ribbon:
    """Customers of one cause who went from `was` to `now`, as a closed path; `stays`: they did not move."""

    was: str
    now: str
    cause: str
    count: int
    path: str
    stays: bool


@dataclass(frozen=True)
class Sankey:
    """Nodes and ribbons; those who stay come first, so that movers are drawn over them."""

    frame: Frame
    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    narrow: bool


def sankey(flows, codes, frame=WIDE):
    """The Sankey of `flows` ((was, now, cause) -> count); `codes` in order from top to bottom, "" for outside last."""
    order = [*codes, ""]
    flows = {key: n for key, n in flows.items() if n > 0}
    sides = [{code: sum(n for key, n in flows.items() if key[side] == code) for code in order} for side in (0, 1)]
    scale = _scale(sides, frame)
    left, right = (_stacked(side, order, scale, frame) for side in sides)
    nodes = [
        Node(code, side[code], px(x), px(y), px(max(LEAST, side[code] * scale)), x == frame.x0)
        for side, tops, x in ((sides[0], left, frame.x0), (sides[1], right, frame.x1 - NODE))
        for code, y in tops.items()
    ]
    return Sankey(frame, tuple(nodes), _ribbons(flows, order, left, right, scale, frame), frame.width < 520)


def _scale(sides, frame):
    """px per customer, so that the fuller side with its gaps fits."""
    room = frame.y1 - frame.y0
    gaps = max(sum(1 for n in side.values() if n) for side in sides) - 1
    most = max(sum(side.values()) for side in sides)
    return (room - max(0, gaps) * GAP) / most if most else 0.0


def _stacked(side, order, scale, frame):
    """Where each node of a side begins."""
    tops, y = {}, frame.y0
    for code in order:
        if side[code]:
            tops[code] = y
            y += max(LEAST, side[code] * scale) + GAP
    return tops


def _ribbons(flows, order, left, right, scale, frame):
    """Paths between the nodes: on each side in the order of the other, so that few cross."""
    place = {code: k for k, code in enumerate(order)}
    x0, x1 = frame.x0 + NODE, frame.x1 - NODE
    starts, ends, placed = dict(left), dict(right), {}
    for key in sorted(flows, key=lambda k: (place[k[0]], place[k[1]], k[2])):
        placed[key] = starts[key[0]]
        starts[key[0]] += flows[key] * scale
    found = []
    for key in sorted(flows, key=lambda k: (place[k[1]], place[k[0]], k[2])):
        was, now, cause = key
        height = max(LEAST, flows[key] * scale)
        path = _path(x0, placed[key], x1, ends[now], height)
        ends[now] += flows[key] * scale
        found.append(Ribbon(was, now, cause, flows[key], path, was == now))
    return tuple(sorted(found, key=lambda ribbon: not ribbon.stays))


def _path(x0, y0, x1, y1, height):
    middle = px((x0 + x1) / 2)
    x0, x1, top, foot, late, end = (px(v) for v in (x0, x1, y0, y0 + height, y1, y1 + height))
    return f"M{x0} {top}C{middle} {top} {middle} {late} {x1} {late}V{end}C{middle} {end} {middle} {foot} {x0} {foot}Z"
