"""The way through the stages as a bar: stretches fill the drawing, and only wide ones carry a name below them."""

from datetime import date, timedelta
from types import SimpleNamespace

from lifecycle.charts import NAMED, WAY_WIDTH, way_chart

BEGIN = date(2024, 1, 1)


def steps(*lengths):
    found, day = [], BEGIN
    for days in lengths:
        found.append(SimpleNamespace(since=day, until=day + timedelta(days=days), days=days))
        day += timedelta(days=days)
    return found


def test_stretches_stand_side_by_side_and_fill_the_drawing():
    found = way_chart(steps(30, 90, 600))
    assert [part.x for part in found] == [0.0, *(round(p.x + p.width, 1) for p in found[:-1])]
    assert abs(sum(part.width for part in found) - WAY_WIDTH) < 1


def test_a_name_stands_only_where_it_does_not_reach_the_next_one():
    found = way_chart(steps(30, 90, 600))
    assert [part.named for part in found] == [part.width >= NAMED for part in found] == [False, True, True]
