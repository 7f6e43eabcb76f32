"""The retention KPIs from rows to page: figures by hand, every mark leads to its customers, who sees what, weights."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import html5lib
import numpy as np
import pytest
from django.urls import reverse

from customers.models import (
    Case,
    Contract,
    Interaction,
    PurchaseDay,
    Referral,
    Standing,
    SurveyResponse,
)
from retention import tasks
from retention.kpis import figures, frames, selectors, services
from retention.kpis.charts import funnel_chart
from retention.kpis.periods import NAMES, period_of
from retention.kpis.sets import KpiSet, weights
from retention.models import CarePolicy, KpiMeasure, Loss, RetentionKPI
from tests.standings import AS_OF, make_night, stand

pytestmark = [pytest.mark.django_db, pytest.mark.both]
PAGE, LIST = "/retention/kpis/", "/customers/"


def ago(days):
    return AS_OF - timedelta(days=days)


def moment(day):
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)  # noon in the site's zone


def bought(customer, *days, amount=100, profit=40, costed=None):
    for day in days:
        PurchaseDay.objects.create(
            customer=customer, date=day, lines=1, orders=1, bought=True, quantity=1, amount=amount,
            gross_profit=profit, costed_amount=amount if costed is None else costed, service_cost=0,
        )  # fmt: skip


@pytest.fixture
def night():
    return make_night()


@pytest.fixture
def world(night, cast, make_customer):
    """Six customers whose figures can be worked out by hand; the last three have other owners."""
    made = {}
    rows = {
        "loyal": (cast.owner, {"category_demand": 1000, "tier": "FRIEND"}, {"gap_days": 30.0, "clv": 500.0}),
        "gone": (cast.owner, {"category_demand": 400}, {"gap_days": 30.0, "clv": 100.0, "stage": "DECLINE"}),
        "bound": (cast.owner, {}, {"gap_days": 30.0, "clv": None, "level": "HIGH"}),
        "fresh": (cast.owner, {}, {"gap_days": None, "clv": None, "quadrant": "UNSCORED", "level": ""}),
        "mate": (cast.teammate, {}, {"gap_days": 30.0}),
        "south": (cast.stranger, {}, {"gap_days": 30.0}),
        "free": (None, {}, {"gap_days": 30.0}),
    }
    for code, (owner, fields, standing) in rows.items():
        made[code] = make_customer(code, owner=owner, **{"tier": "ACQUAINTANCE"} | fields)
        stand(night, made[code], **standing)
    bought(made["loyal"], ago(700), ago(500), ago(200), ago(100), ago(10))
    bought(made["gone"], ago(600), ago(400))
    bought(made["bound"], ago(600), costed=0, profit=0)
    Contract.objects.create(customer=made["bound"], number="R1", start=ago(600), end=AS_OF + timedelta(days=90))
    bought(made["fresh"], ago(20))
    for code in ("mate", "south", "free"):
        bought(made[code], ago(450), ago(50))
    return made


def measured_of(night, code="12m"):
    return selectors.measured(night, code)


def whole(night, customers=None, code="12m"):
    measured = measured_of(night, code)
    ids = [row.pk for row in customers] if customers else measured.ids
    return figures.group(measured, np.searchsorted(measured.ids, sorted(ids)), weights())


def test_periods_are_equal_and_cut_into_months():
    year = period_of("12m", date(2026, 3, 5))
    assert year.edges[:2] == (date(2026, 3, 5), date(2025, 3, 5)) and {year.days(k) for k in range(3)} == {365}
    months = year.months()
    assert months[0] == (date(2025, 3, 5), date(2025, 3, 31)) and months[-1] == (date(2026, 2, 28), date(2026, 3, 5))
    assert len(months) == 13 and all(a[1] == b[0] for a, b in pairwise(months))
    quarter = period_of("quarter", date(2026, 3, 5))
    assert quarter.edges == (date(2025, 12, 31), date(2025, 9, 30), date(2025, 6, 30), date(2025, 3, 31))
    assert period_of("quarter", date(2026, 3, 31)).until == date(2026, 3, 31)  # over on the evening of its last day
    assert period_of("half", date(2026, 3, 5)).edges[:2] == (date(2025, 12, 31), date(2025, 6, 30))
    assert period_of("year", date(2026, 3, 5)).edges[:2] == (date(2025, 12, 31), date(2024, 12, 31))
    assert [until for _after, until in quarter.months()] == [
        date(2025, m, d) for m, d in ((10, 31), (11, 30), (12, 31))
    ]


def test_the_headline_figures_by_hand(night, world):
    mine = [world[code] for code in ("loyal", "gone", "bound", "fresh")]
    found = whole(night, mine)
    # Active in the year before: loyal, gone and (under contract) bound; loyal bought again, bound is still bound.
    assert (found.active_before, found.kept, found.gone) == (3, 2, 1)
    assert found.retention.now == pytest.approx(2 / 3) and found.retention.before is None
    assert found.customers == 4 and found.size.before == 3
    # loyal bought 300 of 1000, gone 0 of 400; profit 3 × 40 over the lifetime values of who has both (loyal, gone: no
    # cost known of gone in this period, so loyal alone).
    assert found.share.now == pytest.approx(300 / 1400) and found.shared == 2
    assert found.assets.now == pytest.approx(120 / 500) and found.invested == 1
    assert found.assets.before is None  # no night of then was kept


def test_return_on_assets_is_compared_where_a_night_of_then_was_kept(night, world):
    then = make_night(ago(360), published=False)
    stand(then, world["loyal"], clv=200.0)
    found = whole(night, [world["loyal"]])
    assert found.assets.before == pytest.approx(80 / 200)  # two purchases in the year before, profit 40 each
    assert measured_of(night).equity_as_of == ago(360)


def test_the_eight_by_hand(night, world):
    loyal, gone = world["loyal"], world["gone"]
    Interaction.objects.create(customer=loyal, at=moment(ago(110)), inbound=True, summary="asks")
    Interaction.objects.create(customer=loyal, at=moment(ago(105)), inbound=True, summary="asks again", discount=True)
    Interaction.objects.create(customer=loyal, at=moment(ago(60)), summary="call", competitor="Rival")
    Interaction.objects.create(customer=loyal, at=moment(ago(55)), kind="EVENT", summary="fair")
    Interaction.objects.create(customer=gone, at=moment(ago(50)), summary="call")
    Case.objects.create(customer=loyal, subject="x", cause="QUALITY", opened_at=moment(ago(150)),
                        answer_due=moment(ago(140)))  # fmt: skip
    Case.objects.create(customer=gone, subject="x", cause="QUALITY", opened_at=moment(ago(360)),
                        answer_due=moment(ago(350)))  # fmt: skip
    Referral.objects.create(customer=loyal, referred_name="A", date=ago(30))
    SurveyResponse.objects.create(customer=gone, date=ago(300), satisfaction=2, trust=4)
    measured = measured_of(night)
    at = {row: int(np.searchsorted(measured.ids, world[row].pk)) for row in ("loyal", "gone", "fresh")}
    raw = {code: measured.now.raw[row] for row, code in enumerate(selectors.CODES)}
    score = {code: measured.now.scores[row] for row, code in enumerate(selectors.CODES)}
    assert raw["REPEAT"][at["loyal"]] == 2 and score["REPEAT"][at["loyal"]] == pytest.approx(50)
    assert np.isnan(raw["REPEAT"][at["gone"]])  # who did not buy at all is told by the retention rate
    assert raw["DEMAND"][at["loyal"]] == pytest.approx(0.3) and raw["DEMAND"][at["gone"]] == 0
    assert np.isnan(raw["DEMAND"][at["fresh"]])
    assert raw["ATTENTION"][at["loyal"]] == 3 and raw["ATTENTION"][at["gone"]] == 0
    assert score["ATTENTION"][at["loyal"]] == 100 and score["ATTENTION"][at["gone"]] == 0
    assert np.isnan(raw["ATTENTION"][at["fresh"]])  # no contact on record: nobody knows
    assert raw["RIVALS"][at["loyal"]] == pytest.approx(1 / 4) and score["RIVALS"][at["loyal"]] == pytest.approx(50)
    assert raw["CHOOSING"][at["loyal"]] == 10  # first asked 110 days ago, ordered 100 days ago
    assert raw["PRICE"][at["loyal"]] == pytest.approx(1 / 3)
    assert raw["TOLERANCE"][at["loyal"]] == 1 and raw["TOLERANCE"][at["gone"]] == 0
    assert raw["RECOGNITION"][at["loyal"]] == 5 and raw["RECOGNITION"][at["gone"]] == 3
    own = whole(night, [loyal])
    assert own.coverage.now == pytest.approx(1.0)
    told = {row.code: row for row in own.kpis}
    assert own.composite.now == pytest.approx(sum(row.weight * row.score.now for row in own.kpis))
    assert told["REPEAT"].weight == pytest.approx(0.2)


def test_nothing_on_record_of_a_kind_is_unknown_and_says_what_would_fill_it(night, world, client_for, cast):
    told = {row.code: row for row in whole(night).kpis}
    for code in ("ATTENTION", "RIVALS", "CHOOSING", "PRICE", "TOLERANCE", "RECOGNITION"):
        assert told[code].score.now is None and told[code].known == 0
    tree = soup(client_for(cast.owner).get(PAGE))
    said = [cell for cell in tree.iter("td") if cell.get("colspan") == "3"]
    assert len(said) == 6 and "asked for a discount" in "".join(said[3].itertext())


def test_the_funnel_adds_up_in_every_month_and_for_every_group(night, world):
    Loss.objects.create(customer=world["mate"], lost_on=ago(200), cause="SERVICE", recorded_at=moment(AS_OF),
                        ended_on=ago(40), won_back=True)  # fmt: skip
    measured = measured_of(night)
    for _after, _until, flow in measured.months:
        counts = flow.counts()
        assert counts["opening"] + counts["new"] + counts["back"] - counts["lost"] == counts["closing"]
    by = {row: int(np.searchsorted(measured.ids, world[row].pk)) for row in world}
    months = {name: [f"{until:%Y-%m}" for _a, until, flow in measured.months if getattr(flow, name)[place]]
              for name, place in (("new", by["fresh"]), ("back", by["mate"]), ("lost", by["mate"]))}  # fmt: skip
    # mate bought 450 and 50 days ago: lost after 180 days of silence, before it was written down; back with the order.
    assert months == {name: [f"{ago(days):%Y-%m}"] for name, days in (("new", 20), ("back", 50), ("lost", 270))}
    assert measured.now.flow.closing[by["bound"]] and not measured.now.flow.closing[by["gone"]]


def test_a_recorded_loss_ends_with_the_next_purchase_and_no_loss_is_none(night, world):
    Loss.objects.create(customer=world["loyal"], lost_on=ago(150), cause="SERVICE", recorded_at=moment(AS_OF))
    Loss.objects.create(customer=world["fresh"], lost_on=ago(5), cause="SERVICE", recorded_at=moment(AS_OF),
                        ended_on=ago(1))  # fmt: skip
    measured = measured_of(night)
    by = {row: int(np.searchsorted(measured.ids, world[row].pk)) for row in world}
    flow = measured.now.flow
    assert flow.lost[by["loyal"]] and flow.back[by["loyal"]] and flow.closing[by["loyal"]]
    assert not flow.lost[by["fresh"]] and flow.closing[by["fresh"]]


@pytest.mark.parametrize(
    ("person", "query"),
    [("owner", "?by=stage"), ("lead", "?period=quarter&by=level"), ("admin", ""), ("admin", "?period=year&by=tier")],
)
def test_every_mark_leads_to_exactly_its_customers(night, world, cast, client_for, person, query):
    client = client_for(getattr(cast, person))
    answer = client.get(PAGE + query)
    period = answer.context["period"].code
    told = told_counts(answer.context)
    links = {link.get("href") for link in soup(answer).iter("a") if link.get("href", "").startswith(LIST + "?")}
    assert links
    for href in links:
        listed = client.get(href).context["total"]
        wanted = parse_qs(urlsplit(href).query)
        kpi = wanted.pop("kpi")[0]
        assert kpi.startswith(f"{period}.")
        name = kpi.partition(".")[2]
        assert told[(name, next(((axis, code[0]) for axis, code in wanted.items()), None))] == listed, href


def told_counts(context):
    """What the page says of each set: (set, (axis, code) or None) -> number of customers."""
    found = {}
    groups = [(None, context["figures"])]
    for part in context["parts"]:
        axis, _equals, code = part.narrows.partition("=")
        groups.append(((axis, code), part.figures))
    for key, one in groups:
        found |= {(row.key, key): row.known for row in one.kpis} | {(row.no_key, key): row.missing for row in one.kpis}
        found |= {(name, key): figure.now for name, figure in one.flow.items()}
        found |= {("customers", key): one.customers, ("kept", key): one.kept, ("gone", key): one.gone}
        found |= {("share", key): one.shared, ("assets", key): one.invested}
    found |= {(band.name, None): band.count for band in context["bands"]}
    found[("unscored", None)] = context["unscored"]
    for month in context["shown_months"]:
        found |= {(f"{name}.{month['until']:%Y-%m}", None): count for name, count in month["cells"]}
    return found


def test_who_has_no_composite_is_counted_beside_the_columns_and_leads_to_them(night, world, cast, client_for):
    page = client_for(cast.owner).get(PAGE, {"period": "12m"}).context
    assert page["unscored"] + sum(band.count for band in page["bands"]) == page["figures"].customers
    measured = measured_of(night)
    known = figures.sets(measured, weights())
    columns = sum(known[name].astype(int) for name in known if name.startswith("band-"))
    assert np.array_equal(columns + known["unscored"], known["customers"].astype(int))


def test_a_part_of_a_month_is_named_in_the_legend():
    first, last = date(2025, 1, 20), date(2025, 1, 31)
    counts = {"new": 2, "back": 0, "lost": 1, "opening": 0, "closing": 1}
    assert funnel_chart([(first, last, False, counts)]).cut
    assert not funnel_chart([(date(2025, 1, 1), last, True, counts)]).cut
    nothing = dict.fromkeys(counts, 0)
    assert not funnel_chart([(first, last, False, nothing), (date(2025, 2, 1), date(2025, 2, 28), True, counts)]).cut


def soup(response):
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False, strict=False)
    tree = parser.parse(response.content.decode())
    assert not parser.errors, parser.errors[:3]
    return tree


def test_groups_partition_the_scope(night, world, cast, client_for):
    for user in cast.insiders():
        for axis in ("tier", "stage", "quadrant", "level"):
            context = client_for(user).get(f"{PAGE}?by={axis}").context
            assert sum(part.figures.customers for part in context["parts"]) == context["figures"].customers
    context = client_for(cast.admin).get(f"{PAGE}?by=owner").context
    assert sum(part.figures.kept for part in context["parts"]) == context["figures"].kept
    assert [part.code for part in context["parts"]].count("0") == 1  # nobody's


def test_everybody_sees_their_own(night, world, cast, client_for):
    seen = {user.username: client_for(user).get(PAGE).context["figures"].customers
            for user in (cast.owner, cast.teammate, cast.stranger, cast.lead, cast.other_lead, cast.admin)}  # fmt: skip
    assert seen == {"owner": 4, "teammate": 1, "stranger": 1, "lead": 6, "other_lead": 2, "admin": 7}
    assert "owner" not in [axis for axis, *_rest in client_for(cast.owner).get(f"{PAGE}?by=owner").context["axes"]]


def test_doors(night, world, cast, client_for):
    assert client_for(None).get(PAGE).status_code == 302
    assert client_for(cast.owner).post(PAGE).status_code == 405
    assert client_for(cast.owner).get(f"{PAGE}?period=ever&by=shoe").context["period"].code == "12m"
    assert client_for(cast.deactivated).get(PAGE).status_code == 302


@pytest.mark.parametrize(
    "value", ["12m.nonsense", "nonsense", "12m", "12m.lost.2020-01", "..", "12m.band-7", "12m.band-", "12m.band-12"]
)
def test_a_set_that_does_not_exist_is_nobody_never_everybody(night, world, cast, client_for, value):
    answer = client_for(cast.admin).get(LIST, {"kpi": value})
    assert answer.status_code == 200 and answer.context["total"] == 0 and len(answer.context["chips"]) == 1


def test_before_the_first_night_and_without_anybody(cast, client_for, make_customer):
    assert client_for(cast.owner).get(PAGE).status_code == 200
    make_night()
    assert client_for(cast.owner).get(PAGE).context["figures"].customers == 0
    assert KpiSet().members("12m.kept", None) is None


def test_the_chip_says_the_set_in_both_languages(night, world, cast, client_for):
    for language, words in (("en", "Kept · Last 12 months"), ("zh-hans", "留住的客户 · 最近 12 个月")):
        chips = client_for(cast.owner, language).get(f"{LIST}?kpi=12m.kept").context["chips"]
        assert [chip.label for chip in chips] == [words]


def test_weights_are_the_administrators_and_add_up(night, world, cast, client_for):
    page = reverse("retention:kpi_weights")
    for user in (cast.owner, cast.lead):
        assert client_for(user).get(page).status_code == 403
    assert client_for(None).get(page).status_code == 302
    admin = client_for(cast.admin)
    assert admin.put(page).status_code == 405
    data = {}
    for kpi in RetentionKPI.objects.all():
        data |= {f"weight_{kpi.code}": kpi.weight} | (
            {f"worst_{kpi.code}": kpi.worst, f"best_{kpi.code}": kpi.best} if kpi.worst is not None else {}
        )
    before = admin.get(PAGE).context["figures"].composite.now
    refused = admin.post(page, data | {"weight_REPEAT": 30})
    assert refused.status_code == 422 and "110" in str(refused.context["form"].errors)
    assert admin.post(page, data | {"best_REPEAT": 0}).status_code == 422
    assert RetentionKPI.objects.get(code="REPEAT").weight == 20
    assert admin.post(page, data | {"weight_REPEAT": 35, "weight_DEMAND": 5}).status_code == 302
    changed = RetentionKPI.objects.get(code="REPEAT")
    assert changed.weight == 35 and changed.history.latest().history_user == cast.admin
    assert RetentionKPI.objects.get(code="PRICE").history.count() == 0  # unchanged rows leave no trace
    assert admin.get(PAGE).context["figures"].composite.now != before


def test_the_next_night_brings_new_figures(night, world, cast, client_for):
    Standing.objects.filter(night=night).update(p_alive=0.5)
    type(night).objects.filter(pk=night.pk).update(checksum="a")
    client = client_for(cast.owner)
    assert client.get(PAGE).context["figures"].customers == 4
    bought(world["gone"], ago(1))
    assert client.get(PAGE).context["figures"].kept == 2  # kept for the night, whatever comes in by day
    later = make_night(AS_OF + timedelta(days=1))
    type(later).objects.filter(pk=later.pk).update(checksum="b")
    for customer in world.values():
        stand(later, customer)
    assert client.get(PAGE).context["figures"].kept == 3


def test_what_was_worked_out_stands_for_every_process_until_the_lost_rule_changes(night, world):
    type(night).objects.filter(pk=night.pk).update(checksum="a")
    night.refresh_from_db()
    tasks.measure_kpis()
    assert sorted(KpiMeasure.objects.values_list("period", flat=True)) == ["12m", "half", "quarter", "year"]
    before = measured_of(night)
    selectors._held.cache_clear()  # as another process
    bought(world["gone"], ago(1))
    again = measured_of(night)
    assert again is not before and not again.now.kept[np.searchsorted(again.ids, world["gone"].pk)]
    for name in ("base", "kept", "raw", "scores", "equity", "demand"):
        assert np.array_equal(getattr(before.now, name), getattr(again.now, name), equal_nan=True)
    # Another lost rule is another measure: two years of patience, and nobody is lost any more.
    CarePolicy.objects.update_or_create(pk=1, defaults={"lost_days": 730})
    assert measured_of(night).now.flow.lost.sum() == 0 < before.now.flow.lost.sum()
    assert KpiMeasure.objects.filter(period="12m").count() == 1


def test_a_page_that_began_before_a_night_and_the_night_after_it_do_not_undo_each_other(night, world, monkeypatch):
    later = make_night(AS_OF + timedelta(days=1))
    for number, one in enumerate((night, later)):
        type(night).objects.filter(pk=one.pk).update(checksum=str(number))
        one.refresh_from_db()
    for customer in world.values():
        stand(later, customer)
    tasks.measure_kpis()
    assert measured_of(night).now.base.sum() == 7  # read before the later night was published
    assert set(KpiMeasure.objects.filter(night=later).values_list("period", flat=True)) == set(NAMES)
    # The row found is gone before its content is read: it is worked out once more, never an error.
    row = selectors.kept(night, "half")
    monkeypatch.setattr(selectors, "kept", lambda *_: row)
    KpiMeasure.objects.filter(pk=row.pk).delete()
    assert len(measured_of(night, "half").ids) == 7


def test_a_note_is_no_contact(night, world):
    Interaction.objects.create(customer=world["loyal"], at=moment(ago(50)), inbound=True, summary="asks")
    Interaction.objects.create(
        customer=world["loyal"], at=moment(ago(40)), kind="NOTE", summary="x", competitor="Rival"
    )
    Interaction.objects.create(customer=world["loyal"], at=moment(ago(30)), summary="call", competitor="Rival")
    Interaction.objects.create(customer=world["gone"], at=moment(ago(50)), kind="NOTE", summary="moved")
    measured = measured_of(night)
    raw = dict(zip(selectors.CODES, measured.now.raw, strict=True))
    at = {row: int(np.searchsorted(measured.ids, world[row].pk)) for row in ("loyal", "gone")}
    assert raw["RIVALS"][at["loyal"]] == pytest.approx(1 / 2) and raw["ATTENTION"][at["loyal"]] == 1
    assert np.isnan(raw["RIVALS"][at["gone"]]) and np.isnan(raw["ATTENTION"][at["gone"]])


def test_arrays_survive_being_packed():
    arrays = {"ids": np.arange(11), "truth": np.arange(33).reshape(3, 11) % 2 == 0, "x": np.array([1.5, np.nan])}
    back = services.unpacked(services.packed(arrays))
    assert back.keys() == arrays.keys()
    assert all(np.array_equal(back[name], arrays[name], equal_nan=name == "x") for name in arrays)
    assert back["truth"].dtype == bool


def test_both_engines_read_the_same(night, world):
    people = frames.read_people(night.pk)
    assert people.ids.tolist() == sorted(row.pk for row in world.values()) and people.exited.min() > 10**9
    position, day = frames.read_purchases(people, AS_OF)
    assert len(position) == 15 and day.max() == ago(10).toordinal()
    (amount, profit), _then = frames.read_money(people, period_of("12m", AS_OF).edges)
    at = int(np.searchsorted(people.ids, world["loyal"].pk))
    assert (amount[at], profit[at]) == (300.0, 120.0)


def test_a_scale_that_runs_backwards_is_kept_with_a_warning(night, cast, client_for):
    data = {}
    for kpi in RetentionKPI.objects.all():
        assert not kpi.backwards, kpi.code  # as delivered
        ends = {} if kpi.worst is None else {f"worst_{kpi.code}": kpi.worst, f"best_{kpi.code}": kpi.best}
        data |= {f"weight_{kpi.code}": kpi.weight} | ends
    data |= {"worst_CHOOSING": 0, "best_CHOOSING": 60, "worst_DEMAND": 1, "best_DEMAND": 0}
    answer = client_for(cast.admin).post(reverse("retention:kpi_weights"), data, follow=True)
    levels = [message.level_tag for message in answer.context["messages"]]
    assert levels == ["success", "warning", "warning"]
    assert {kpi.code for kpi in RetentionKPI.objects.all() if kpi.backwards} == {"CHOOSING", "DEMAND"}
    kpi = RetentionKPI.objects.get(code="CHOOSING")
    form = {"weight": kpi.weight, "worst": 0, "best": 50, "place": kpi.place}
    page = reverse("admin:retention_retentionkpi_change", args=[kpi.pk])
    answer = client_for(cast.admin).post(page, form, follow=True)
    assert "warning" in [message.level_tag for message in answer.context["messages"]]
