"""Lengths of stay and the ribbons between two nights: a slow second implementation, published numbers, geometry."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.charts import sankey
from segmentation.numerics import dwell

DAYS = [0, 30, 61, 91, 200]


def slow(places, days):
    """Every stay of every customer by walking night after night."""
    found = []
    for row in places:
        begin = 0
        for night in range(1, len(days) + 1):
            if night == len(days) or row[night] != row[begin]:
                ended = night < len(days)
                if row[begin] != -1:
                    last = days[night] if ended else days[-1]
                    found.append((row[begin], last - days[begin], ended, begin > 0))
                begin = night
    return found


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(st.integers(-1, 2), min_size=n, max_size=n), max_size=6)))
def test_stays_agree_with_walking(rows):
    nights = len(rows[0]) if rows else 1
    got = dwell.stays(np.array(rows, dtype="int8").reshape(len(rows), nights), DAYS[:nights])
    listed = list(zip(*(getattr(got, f).tolist() for f in ("place", "days", "ended", "fresh")), strict=True))
    assert listed == slow(rows, DAYS[:nights])


def test_what_a_place_tells():
    rows = np.array([[0, 0, 0, 0, 0], [1, 0, 0, 1, 1], [1, 1, 0, 0, 0], [-1, -1, -1, -1, 0]])
    zero, one = dwell.dwell(dwell.stays(rows, DAYS), 2)
    assert (zero.now, zero.so_far, zero.oldest, zero.began, zero.over) == (3, 139, 1, 3, 1)
    assert zero.lengths == (1, 0, 1, 1, 0) and one.lengths == (0, 0, 1, 0, 0)
    assert one.now == 1 and one.median is None and (one.began, one.over) == (1, 0)


def test_the_median_of_remission_in_leukaemia():
    """6-mercaptopurine and placebo of Freireich et al. 1963: Kaplan-Meier medians of 23 and 8 weeks."""
    drug = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    ended = [True] * 9 + [False] * 12
    assert dwell.median(np.array(drug), np.array(ended)) == 23
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert dwell.median(np.array(placebo), np.ones(21, dtype=bool)) == 8
    assert dwell.median(np.array([5, 9]), np.zeros(2, dtype=bool)) is None
    assert dwell.median(np.zeros(0), np.zeros(0)) is None


FLOWS = {
    ("A", "A", "behaviour"): 60,
    ("A", "B", "behaviour"): 10,
    ("A", "B", "weights"): 5,
    ("", "B", "behaviour"): 8,
    ("B", "", "both"): 1,
    ("C", "C", "behaviour"): 0,
}


@pytest.mark.parametrize("frame", [sankey.WIDE, sankey.NARROW])
def test_ribbons_fill_their_nodes_and_stay_inside(frame):
    chart = sankey.sankey(FLOWS, ["A", "B", "C"], frame)
    left = {node.code: node for node in chart.nodes if node.left}
    right = {node.code: node for node in chart.nodes if not node.left}
    assert {code: node.count for code, node in left.items()} == {"A": 75, "B": 1, "": 8}
    assert {code: node.count for code, node in right.items()} == {"A": 60, "B": 23, "": 1}
    for nodes in (left, right):
        assert all(one.y + one.height < two.y for one, two in pairwise(nodes.values()))
        assert all(frame.y0 <= node.y and node.y + node.height <= frame.y1 + 0.1 for node in nodes.values())
    assert chart.ribbons[0].stays and sum(ribbon.count for ribbon in chart.ribbons) == 84
    for ribbon in chart.ribbons:
        numbers = [float(n) for n in re.findall(r"[\d.]+", ribbon.path)]
        node = left[ribbon.was]
        assert node.y - 0.1 <= numbers[1] <= node.y + node.height and len(numbers) == 15


def test_nobody_is_no_picture():
    assert sankey.sankey({}, ["A"]).nodes == () and sankey.sankey({("A", "A", "x"): 0}, ["A"]).ribbons == ()
