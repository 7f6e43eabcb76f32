"""Windows of indicators: what the book offers for a figure, its dates on a night, and where they are told."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_site import nightly
from customers import publish as days
from customers.frames import read_book
from customers.models import Transaction
from segmentation.models.measures import LABELS, WINDOWS, windows_of
from segmentation.numerics import measures
from segmentation.selectors import windows

DAY = date(2025, 6, 30)


class TestMeasures:
    def test_twins_are_mutual_and_of_the_same_unit(self):
        for measure, (_label, unit, window) in LABELS.items():
            twins = windows_of(measure)
            assert (window, measure) in twins and window in WINDOWS
            for other, twin in twins:
                assert windows_of(twin) == twins and LABELS[twin][1:] == (unit, other)
            assert len({other for other, _twin in twins}) == len(twins)

    def test_what_has_two_and_what_has_one(self):
        assert windows_of("gross_profit_12m") == [("all", "gross_profit"), ("12m", "gross_profit_12m")]
        assert windows_of("unit_profit")[1] == ("12m", "unit_profit_12m")
        assert windows_of("complaints_90d") == [("90d", "complaints_90d")]
        assert windows_of("clv") == [("", "clv")] and windows_of("nothing") == []

    def test_the_same_figure_over_all_history_and_over_the_year(self):
        known = pd.DataFrame({
            "amount": [300.0, 0.0], "amount_12m": [100.0, 0.0], "orders": [3, 0], "orders_12m": [2, 0],
            "quantity": [30.0, 0.0], "quantity_12m": [20.0, 0.0], "gross_profit": [60.0, 0.0],
            "profit_12m": [50.0, 0.0], "costed_u": [3_000_000, 0], "costed_12m_u": [1_000_000, 0],
            "categories": [5.0, 0.0], "categories_12m": [1.0, 0.0],
        })  # fmt: skip
        expected = {
            "amount_per_order": 100, "amount_per_order_12m": 50, "quantity_per_order": 10, "quantity_per_order_12m": 10,
            "unit_profit": 2, "unit_profit_12m": 2.5, "gross_margin": 0.2, "gross_margin_12m": 0.5,
            "relative_margin": 1, "relative_margin_12m": 1,
        }  # fmt: skip
        for name, value in expected.items():
            assert measures.MEASURES[name](known)[0] == pytest.approx(value), name
            assert np.isnan(measures.MEASURES[name](known)[1]), name
        assert measures.MEASURES["category_level"](known)[0] > measures.MEASURES["category_level_12m"](known)[0]


@pytest.mark.django_db
class TestDates:
    @pytest.fixture
    def night(self, make_customer):
        for i, day in enumerate([date(2023, 2, 1), date(2025, 3, 1)]):
            Transaction.objects.create(
                customer=make_customer(f"W{i}"), date=day, amount=100 + i, cost=50, quantity=1 + i
            )
        days.refresh_days()
        return nightly.run_night(as_of=DAY)

    def test_the_year_ends_with_the_night_and_all_history_begins_with_the_first_order(self, night):
        first = windows.first_day(night)
        year, whole = windows.window("amount_12m", night, first), windows.window("amount", night, first)
        assert (year.since, year.until) == (date(2024, 7, 1), DAY) and (year.until - year.since).days == 364
        assert (whole.since, whole.until) == (date(2023, 2, 1), DAY) and [code for code, _ in whole.others] == ["12m"]
        now, quarter = windows.window("clv", night, first), windows.window("complaints_90d", night, first)
        assert (now.since, now.until, now.others) == (None, DAY, ()) and quarter.since == date(2025, 4, 2)
        assert windows.window("", night, first) is None and windows.window("amount", None).until is None

    def test_an_order_of_the_first_day_counts_and_one_of_the_day_before_does_not(self, night, make_customer):
        since = windows.window("amount_12m", night).since
        edge = make_customer("EDGE")
        Transaction.objects.create(customer=edge, date=since, amount=7, cost=1, quantity=1)
        Transaction.objects.create(customer=edge, date=since.replace(month=6, day=30), amount=5, cost=1, quantity=1)
        days.refresh_days()
        known = read_book(DAY).customers
        assert measures.MEASURES["amount_12m"](known[known["customer_id"] == edge.pk])[0] == 7

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_the_tree_and_the_method_page_tell_them(self, night, client_for, cast, language):
        client = client_for(cast.owner, language)
        rows = client.get("/segmentation/trees/").context["rows"]
        seen = {row.node.indicator.code: row.window for row in rows if row.leaf}
        assert seen["gross_profit"].since == date(2023, 2, 1) and seen["gross_profit"].others
        told = {window.code: names for window, names in client.get("/method/").context["windows"]}
        assert sum(len(names) for names in told.values()) == 15 and {"all", "12m"} <= set(told)

    def test_before_the_first_night_windows_have_no_dates(self, client_for, cast):
        rows = client_for(cast.owner).get("/segmentation/trees/").context["rows"]
        assert {row.window.until for row in rows if row.window} == {None}
        assert client_for(cast.owner).get("/method/").context["windows"] == []
