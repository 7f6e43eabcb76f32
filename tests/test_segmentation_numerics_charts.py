"""Pictures: readable ticks, axes no outlier can spoil, nobody lost between points and cells, geometry that adds up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.charts import bars, plane
from segmentation.charts import pyramid as pyramids
from segmentation.charts import quadrant as quadrants
from segmentation.numerics import axes, pyramid, quadrant


def population(n, seed=1):
    """Skewed scores, codes and keys of `n` customers."""
    rng = np.random.default_rng(seed)
    x = rng.lognormal(0, 0.8, n) - 1.4
    y = 0.4 * x + rng.normal(size=n)
    return [f"c{k}" for k in range(n)], x, y, quadrant.assign(x, y), quadrant.mean_cuts(x, y)


def area(points):
    """Area of an SVG polygon."""
    p = np.array([[float(v) for v in pair.split(",")] for pair in points.split()])
    x, y = p.T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


# Axes


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9), st.integers(2, 12))
@settings(max_examples=200, deadline=None)
def test_ticks_are_multiples_of_one_two_or_five(low, span, most):
    got = axes.ticks(low, low + span, most)
    digits = f"{got.step:.10e}"
    assert digits[0] in "125" and set(digits[2:12]) == {"0"}
    assert 1 <= len(got.values) <= most
    slack = 1e-6 * span
    for value in got.values:
        assert low - slack <= value <= low + span + slack
        assert abs(value / got.step - round(value / got.step)) < 1e-6 * max(1, abs(value / got.step))
        assert float(f"{value:.{got.decimals}f}") == value


def test_ticks_print_without_waste():
    assert axes.ticks(0, 1375) == axes.Ticks((0.0, 500.0, 1000.0), 500.0, 0)
    assert axes.ticks(-0.7, 1.3) == axes.Ticks((-0.5, 0.0, 0.5, 1.0), 0.5, 1)
    assert axes.ticks(0, 0.3, 7).values == (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
    for bad in ((1, 1), (2, 1), (0, np.inf), (np.nan, 1)):
        with pytest.raises(ValueError, match="axis"):
            axes.ticks(*bad)


def test_limits_hold_everything_close_and_fence_off_what_is_not():
    assert axes.limits([0.0, 10.0], pad=0) == (0.0, 10.0)
    rng = np.random.default_rng(2)
    for n in (12, 21, 793):
        values = np.append(rng.normal(size=n), 4000.0)
        low, high = axes.limits(values)
        assert high < 20 and low > -20 and ((values >= low) & (values <= high)).sum() >= n - n // 20 - 1
    assert axes.limits([5.0, 5.0]) == pytest.approx((-0.4, 10.4))
    assert axes.limits([]) == pytest.approx((-1.08, 1.08)) and axes.limits([np.nan, 3.0])[1] > 3
    low, high = axes.limits([0.0, 1.0], [10.0])
    assert low < 0 and (high - 10) / (high - low) > 0.1  # a cut beyond the data still has two sides


@given(st.floats(-100, 100), st.floats(0.01, 100), st.floats(0, 1), st.integers(1, 80))
@settings(max_examples=150, deadline=None)
def test_cells_never_straddle_the_cut(low, span, share, cells):
    high = low + span
    cut = min(high, low + share * span)
    edges = axes.aligned_edges(low, high, cut, cells)
    assert (edges == cut).any() and edges[0] <= low + 1e-6 * span and edges[-1] >= high - 1e-6 * span
    assert 0.9 * cells <= len(edges) - 1 <= cells + 1


def test_aligned_edges_need_the_cut_inside():
    with pytest.raises(ValueError, match="cut"):
        axes.aligned_edges(0, 1, 2, 5)


# Quadrants


@pytest.mark.parametrize("frame", [plane.WIDE, plane.NARROW])
@pytest.mark.parametrize(("n", "mode"), [(0, "EMPTY"), (21, "MARKS"), (793, "PATHS"), (3001, "CELLS"), (9000, "CELLS")])
def test_nobody_is_lost_in_any_mode(frame, n, mode):
    keys, x, y, code, cuts = population(n)
    got = quadrants.quadrant_chart(keys, x, y, code, cuts, frame)
    assert (got.mode, got.scored, got.unscored) == (mode, n, 0)
    want = {q: int((code == q).sum()) for q in ("HH", "HL", "LH", "LL")}
    assert {c.quadrant: c.count for c in got.corners} == want
    if mode == "CELLS":
        assert sum(c.count for c in got.cells) == n
        assert {q: sum(c.count for c in got.cells if c.quadrant == q) for q in want} == want
        assert sum(s.low <= c.count <= s.high for c in got.cells for s in got.legend if s.shade == c.shade) == len(
            got.cells
        )
    else:
        assert {g.quadrant: g.count for g in got.groups} == want
        assert sum(len(g.marks) or g.path.count("M") for g in got.groups) == n
    for place in (*got.cells, *(m for g in got.groups for m in g.marks)):
        assert frame.x0 <= place.x <= frame.x1 and frame.y0 <= place.y <= frame.y1


def test_marks_stand_on_their_side_of_the_mean_lines():
    keys, x, y, code, cuts = population(60)
    got = quadrants.quadrant_chart(keys, x, y, code, cuts)
    for group in got.groups:
        for mark in group.marks:
            assert (mark.x >= got.cut_x) == (group.quadrant[0] == "H")
            assert (mark.y <= got.cut_y) == (group.quadrant[1] == "H")  # SVG counts downwards
    assert {m.key for g in got.groups for m in g.marks} == set(keys)


def test_outliers_are_held_at_the_edge_and_counted():
    keys, x, y, code, _ = population(50)
    x[0], x[1] = 1e6, np.nan
    code = quadrant.assign(x, y, (0, 0))
    got = quadrants.quadrant_chart(keys, x, y, code, (0.0, 0.0))
    assert got.unscored == 1 and got.clamped >= 1 and got.x_axis.high < 100
    far = next(m for g in got.groups for m in g.marks if m.key == "c0")
    assert far.clamped and far.x == plane.WIDE.x1 and far.current == 1e6


def test_cells_link_by_half_open_ranges_that_hold_exactly_their_customers():
    keys, x, y, code, cuts = population(4000)
    got = quadrants.quadrant_chart(keys, x, y, code, cuts)
    open_ends = {-np.inf: 0}
    for cell in got.cells:
        inside = np.ones(x.size, dtype=bool)
        for values, low, high in ((x, cell.current_from, cell.current_to), (y, cell.potential_from, cell.potential_to)):
            inside &= values >= (-np.inf if low is None else low)
            inside &= values < (np.inf if high is None else high)
            open_ends[-np.inf] += low is None or high is None
        assert inside.sum() == cell.count and set(code[inside]) == {cell.quadrant}
    assert open_ends[-np.inf] > 0 and {c.shade for c in got.cells} <= set(range(1, 8))


def test_stored_density_draws_the_same_way():
    _, x, y, code, _ = population(5000)
    edges = (axes.aligned_edges(-2, 6, 0.0, 40), axes.aligned_edges(-4, 4, 0.0, 30))
    counts = {q: int((code == q).sum()) for q in ("HH", "HL", "LH", "LL")}
    got = quadrants.density_chart(quadrant.density(x, y, edges), (0.0, 0.0), counts, unscored=3)
    assert (got.scored, got.unscored, got.mode) == (5000, 3, "CELLS") and got.clamped > 0
    assert any(t.value == 0 and t.at == got.cut_x for t in got.x_axis.ticks)


# The pyramid


def test_pyramid_areas_are_shares_and_bars_are_widths():
    got = pyramids.pyramid_chart(
        {"HIGH": 200, "ORDINARY": 300, "LOW": 500},
        {"HIGH": 75.0, "ORDINARY": 20.0, "LOW": 5.0},
        {"KEY": 50, "MAIN": 150, "DISCREDITED": 20, "POOR": 80},
    )
    whole = sum(area(s.points) for r in got.rows for s in r.slices)
    for row in got.rows:
        assert sum(s.count for s in row.slices) == row.count
        assert sum(area(s.points) for s in row.slices) / whole == pytest.approx(row.count / 1000, abs=2e-3)
        for piece in row.slices:
            assert area(piece.points) / whole == pytest.approx(piece.count / 1000, abs=2e-3)
        assert row.profit_bar.width / got.rows[0].profit_bar.width == pytest.approx(row.profit / 75, abs=2e-3)
    assert [s.sublevel for r in got.rows for s in r.slices] == ["KEY", "MAIN", "", "", "DISCREDITED", "POOR"]
    assert [r.count_bar.share for r in got.rows] == [0.2, 0.3, 0.5] and got.total == 1000 and not got.stacked


@pytest.mark.parametrize("frame", [pyramids.PYRAMID_WIDE, pyramids.PYRAMID_NARROW])
@pytest.mark.parametrize("profits", [(-5.0, 1.0, 1.0), (3.0, 2.0, -1.0), (0.0, 0.0, 0.0), (90.0, 8.0, 2.0)])
@pytest.mark.parametrize("counts", [(5, 6, 10), (0, 0, 0), (1, 0, 0), (1, 4, 95), (99, 1, 0)])
def test_every_pyramid_stays_in_its_frame(frame, profits, counts):
    codes = pyramid.CODES
    got = pyramids.pyramid_chart(
        dict(zip(codes, counts, strict=True)), dict(zip(codes, profits, strict=True)), {"KEY": 1}, frame
    )
    assert got.stacked == (frame.width < 520) and got.total == sum(counts)
    for row in got.rows:
        assert sum(s.count for s in row.slices) == row.count
        assert frame.y0 <= row.top < row.bottom <= frame.y1
        for bar in (row.count_bar, row.profit_bar):
            assert frame.x0 <= bar.x <= bar.end <= frame.x1 and row.top <= bar.y <= row.bottom - bar.height
            assert (bar.share is not None and bar.share < 0) == (bar.x < got.zero)
        for piece in row.slices:
            for pair in piece.points.split():
                px, py = map(float, pair.split(","))
                assert frame.x0 - 0.1 <= px <= frame.x1 + 0.1 and frame.y0 - 0.1 <= py <= frame.y1 + 0.1
    if sum(profits) <= 0:
        assert all(r.profit_bar.share is None for r in got.rows)


def test_pareto_picture():
    curve = pyramid.pareto([80.0, 5, 5, 5, 5])
    got = pyramids.pareto_chart(curve)
    frame = plane.WIDE
    assert got.path.startswith(f"M{frame.x0:.1f} {frame.y1:.1f}L") and got.area.endswith("Z")
    assert got.mark_x == pytest.approx(frame.x0 + 0.2 * (frame.x1 - frame.x0), abs=0.1)
    assert got.mark_y == pytest.approx(frame.y1 - 0.8 * (frame.y1 - frame.y0), abs=0.1)
    assert [(line.share, line.met) for line in got.lines] == [(0.7, True), (0.8, True)]
    assert [t.value for t in got.x_axis.ticks] == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    losing = pyramids.pareto_chart(pyramid.pareto([60.0, 60, -20]))
    assert losing.y_axis.high == pytest.approx(1.2)
    empty = pyramids.pareto_chart(pyramid.pareto([]))
    assert empty.mark_x is None and not any(line.met for line in empty.lines)


# Bars and movement


def test_contributions_are_sorted_by_effect_and_meet_at_zero():
    got = bars.contribution_bars({"a": 0.1, "b": -0.4, "c": float("nan"), "d": 0.3, "e": None, "f": 0.0})
    assert [r.code for r in got] == ["b", "d", "a", "f", "c", "e"]
    b, d, a, f, c, e = got
    assert b.x == 0 and b.x + b.width == pytest.approx(b.zero, abs=0.11)
    assert d.x == a.x == d.zero and d.width == pytest.approx(3 * a.width, abs=0.2)
    assert f.width == 0 and c.points is None and e.points is None and c.width == 0
    assert all(0 <= r.x <= r.x + r.width <= 100.1 for r in got)


def test_contributions_of_nothing():
    (got,) = bars.contribution_bars({"a": None})
    assert (got.points, got.width, got.zero) == (None, 0, 50)
    assert bars.contribution_bars({}) == ()


def test_cells_or_points_on_request():
    keys, x, y, codes, cuts = population(500)
    assert quadrants.quadrant_chart(keys, x, y, codes, cuts).mode == "PATHS"
    dense = quadrants.quadrant_chart(keys, x, y, codes, cuts, density=True)
    assert dense.mode == "CELLS" and sum(c.count for c in dense.cells) == 500
    assert 0 < min(c.opacity for c in dense.cells) < max(c.opacity for c in dense.cells) == 1
    many = population(4000)
    assert quadrants.quadrant_chart(*many, density=False).mode == "PATHS"
    assert quadrants.quadrant_chart(*population(10_001), density=False).mode == "CELLS"


def test_cell_edges_have_two_digits_and_heat_has_five_steps():
    steps = np.diff(axes.aligned_edges(-1.234, 5.4321, 0.0, 37))
    assert steps == pytest.approx(0.19)  # 0.1802 rounded up to two digits
    assert [plane.heat(shade) for shade in range(8)] == [0, 1, 2, 3, 3, 4, 5, 5]


def test_movement_shades_only_the_movers():
    before = pd.Series(["LL"] * 500 + ["HH"] * 10 + ["HL"] * 3, dtype=object)
    after = pd.Series(["LL"] * 490 + ["HL"] * 10 + ["LH"] * 10 + ["LH"] * 2 + ["UNSCORED"], dtype=object)
    rows = bars.movement_rows(quadrant.movement(before, after).matrix)
    cell = {(m.before, m.after): m for row in rows for m in row}
    assert len(cell) == 25 and sum(m.count for m in cell.values()) == 513
    assert cell["LL", "LL"].shade == 0 and cell["LL", "HL"].shade == plane.SHADES
    assert 0 < cell["HL", "LH"].shade < plane.SHADES and cell["HH", "LL"].shade == 0
    changes = {k: cell[k].change for k in [("LL", "HL"), ("HH", "LH"), ("HL", "LH"), ("LL", "LL"), ("HL", "UNSCORED")]}
    assert list(changes.values()) == ["UP", "DOWN", "ACROSS", "SAME", "ACROSS"]
    levels = quadrant.movement(pd.Series(["LOW", "HIGH"]), pd.Series(["HIGH", "ORDINARY"]), pyramid.CODES)
    assert [m.change for row in bars.movement_rows(levels.matrix) for m in row if m.count] == ["DOWN", "UP"]
