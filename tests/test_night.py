"""The night: what it computes, that it is all or nothing, and that it survives whatever the data hold."""

import random
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection, transaction

from crm_site import gate, nightly, standings_export
from crm_site.housekeeping import drop_old_generations
from customers import changes, copying, frames, frames_lines, publish
from customers.fields import FloatVectorField
from customers.models import (
    Category,
    Customer,
    Night,
    PublishedNight,
    Receivable,
    Standing,
    SurveyResponse,
    TierChange,
    Transaction,
)
from customers.selectors.nights import published_night
from customers.vocabulary import NightOrigin
from tests.oracles import ledger

pytestmark = [pytest.mark.both, pytest.mark.django_db]
DAY = date(2025, 6, 30)
FIELDS = [
    *("orders", "purchase_days", "quantity", "amount", "amount_12m", "gross_profit", "service_cost", "categories"),
    *("first_order", "last_order"),
]


def line(customer, day, amount="100", **fields):
    """One order line; the order number is the day unless given."""
    fields = {"order_no": f"{customer.code}-{day}", "quantity": 1, "cost": Decimal(amount) / 2, **fields}
    return Transaction.objects.create(customer=customer, date=day, amount=Decimal(amount), **fields)


@pytest.fixture
def firm(make_customer):
    """Forty customers with believable and nasty histories, drawn from a seed."""
    draw = random.Random(5)
    categories = [Category.objects.create(name=name) for name in ("cables", "cameras", "service")]
    for number in range(40):
        customer = make_customer(f"K{number:02}", scale=draw.choice(["", "SMALL", "LARGE"]))
        day = date(2023, 1, 1) + timedelta(days=draw.randrange(400))
        for _ in range(draw.randrange(0, 15)):
            day += timedelta(days=draw.randrange(0, 90))
            amount = draw.choice(["12.3456", "99.99", "-20", "0", "1500.5", "7"])
            cost = draw.choice([None, "3.1", "0"])
            line(
                customer,
                day,
                amount,
                cost=None if cost is None else Decimal(cost),
                category=draw.choice([*categories, None]),
                order_no=draw.choice(["", f"N{number}-{day.month}", f"N{number}-{day}"]),
                quantity=draw.choice([1, 2, -1, 0]),
                service_cost=draw.choice([0, "1.5"]),
            )
    publish.refresh_days()
    return categories


def run(day=DAY, **options):
    """One night."""
    return nightly.run_night(as_of=day, **options)


def test_every_measure_equals_a_slow_reading_of_the_lines(firm):
    night = run()
    expected = ledger.by_customer(DAY)
    found = {row.customer_id: row for row in Standing.objects.filter(night=night)}
    assert set(found) == set(Customer.objects.values_list("pk", flat=True))
    for pk, measures in expected.items():
        assert {name: getattr(found[pk], name) for name in FIELDS} == measures
    without = [row for pk, row in found.items() if pk not in expected]
    assert {(row.orders, row.stage, row.quadrant, row.level, row.first_order) for row in without} <= {
        (0, "PROSPECT", "UNSCORED", "", None)
    }


def test_a_night_is_checked_published_and_the_same_when_nothing_changed(firm):
    first = run()
    assert published_night() == first and first.status == "PUBLISHED" and first.rows == 40
    assert [check for check in first.checks if not check["ok"]] == []
    again = run()
    assert again == first and Night.objects.count() == 1


def test_changed_inputs_make_a_new_night_and_equal_inputs_equal_verdicts(firm):
    first = run()
    changes.note_change("test")
    second = run()
    assert second != first and second.checksum == first.checksum and published_night() == second
    first.refresh_from_db()
    assert first.status == "SUPERSEDED"
    line(Customer.objects.first(), DAY, "5")
    publish.refresh_days()
    third = run()
    assert third.checksum != first.checksum


def test_scores_sum_to_their_points_and_quadrants_partition(firm):
    night = run()
    codes, dimension = night.weights["indicators"], night.weights["dimension"]
    current = np.array([dimension[code] == "CURRENT" for code in codes])
    scored = [row for row in Standing.objects.filter(night=night) if row.quadrant != "UNSCORED"]
    assert scored and all(row.stage != "PROSPECT" and row.level for row in scored)
    for row in scored:
        assert abs(np.nansum(row.points[current]) - row.current_score) < 1e-9
        assert abs(np.nansum(row.points[~current]) - row.potential_score) < 1e-9
        sides = ("H" if row.current_score >= -1e-9 else "L") + ("H" if row.potential_score >= -1e-9 else "L")
        assert row.quadrant == sides
    assert abs(sum(row.current_score for row in scored)) < 1e-9


def test_an_older_date_is_computed_but_not_shown(firm):
    shown = run()
    older = run(DAY - timedelta(days=40))
    assert older.status == "COMPUTED" and published_night() == shown
    assert run(DAY - timedelta(days=40), publish=True) == older and published_night() == older
    shown.refresh_from_db()
    assert shown.status == "SUPERSEDED"


def test_a_replay_never_moves_the_pointer_and_leaves_no_open_task(firm):
    shown = run()
    replayed = run(DAY + timedelta(days=30), origin="REPLAY")
    assert replayed.status == "COMPUTED" and published_night() == shown


def test_a_replay_before_any_night_leaves_the_tiers_of_today_alone(firm):
    before = dict(Customer.objects.values_list("code", "tier"))
    replayed = run(DAY, origin="REPLAY")
    assert "ACQUAINTANCE" in set(Standing.objects.filter(night=replayed).values_list("tier", flat=True))
    assert dict(Customer.objects.values_list("code", "tier")) == before and not TierChange.objects.exists()


def test_later_rows_do_not_change_an_earlier_night(firm):
    before = run(DAY - timedelta(days=100))
    for customer in Customer.objects.all()[:10]:
        line(customer, DAY, "5000")
        Receivable.objects.create(customer=customer, number="1", issued=DAY, due=DAY, amount=1)
        SurveyResponse.objects.create(customer=customer, date=DAY, satisfaction=5, trust=5)
    publish.refresh_days()
    after = run(DAY - timedelta(days=100))
    assert after != before and after.checksum == before.checksum


def test_the_gate_stops_a_night_whose_rows_or_sums_are_wrong(firm, monkeypatch):
    shown = run()
    changes.note_change("test")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_purchaseday SET amount = amount + 1")
    with pytest.raises(nightly.NightFailed, match="amount_equals_lines"):
        run()
    assert published_night() == shown and Night.objects.filter(status="FAILED").count() == 1
    assert Standing.objects.exclude(night=shown).count() == 0


def test_a_crash_in_a_wing_leaves_yesterday_visible_and_says_why(firm, monkeypatch):
    shown = run()
    changes.note_change("test")
    monkeypatch.setattr("retention.assess.assess", lambda book: 1 / 0)
    with pytest.raises(nightly.NightFailed, match="ZeroDivisionError"):
        run()
    assert published_night() == shown
    monkeypatch.undo()
    assert run().status == "PUBLISHED"


def test_a_killed_night_is_taken_up_and_given_up_after_too_many_attempts(firm):
    planned = nightly.plan(as_of=DAY, origin="SCHEDULE")
    Night.objects.filter(pk=planned.pk).update(status="RUNNING", attempts=2)
    assert nightly.run_planned(planned.pk).status == "PUBLISHED"
    changes.note_change("test")
    poison = nightly.plan(as_of=DAY, origin="SCHEDULE")
    Night.objects.filter(pk=poison.pk).update(status="RUNNING", attempts=nightly.ATTEMPTS)
    with pytest.raises(nightly.NightFailed):
        nightly.run_planned(poison.pk)


def test_no_customers_at_all():
    night = run()
    assert night.status == "PUBLISHED" and night.rows == 0


def test_customers_without_any_transaction(make_customer):
    for code in "abc":
        make_customer(code)
    night = run()
    assert night.rows == 3 and Standing.objects.filter(night=night, stage="PROSPECT").count() == 3


@pytest.mark.parametrize(
    "lines",
    [
        [("2025-01-01", "100")],
        [("2025-01-01", "-100")],
        [("2025-01-01", "-100"), ("2025-02-01", "50"), ("2025-03-01", "60")],
        [("2025-01-01", "10"), ("2025-01-01", "20")],
        [("2025-01-01", "0"), ("2025-01-02", "0")],
        [("2025-06-30", "999999999999.9999")],
        [("2026-01-01", "10")],
        [("1999-12-31", "10"), ("2025-06-30", "10")],
    ],
)
def test_one_customer_with_whatever_history(make_customer, lines):
    customer = make_customer("only")
    for day, amount in lines:
        line(customer, date.fromisoformat(day), amount, order_no="")
    publish.refresh_days()
    night = run()
    row = Standing.objects.get(night=night)
    known = [Decimal(amount) for day, amount in lines if date.fromisoformat(day) <= DAY]
    if connection.vendor == "postgresql" or max(map(abs, known), default=0) < 10**10:  # SQLite keeps floats
        assert row.amount == sum(known)
    assert row.orders == len({day for day, _ in lines if date.fromisoformat(day) <= DAY})


def test_a_first_order_makes_an_acquaintance_and_proof_proposes_a_friend(make_customer):
    proven, plain, fresh = (make_customer(code) for code in ("proven", "plain", "fresh"))
    for customer in (proven, plain):
        for month in range(1, 7):
            line(customer, date(2025, month, 5))
    line(fresh, DAY)
    SurveyResponse.objects.create(customer=proven, date=date(2025, 5, 1), satisfaction=5, trust=4)
    publish.refresh_days()
    run()
    tiers = dict(Customer.objects.values_list("code", "tier"))
    assert tiers == dict.fromkeys(("proven", "plain", "fresh"), "ACQUAINTANCE")
    assert TierChange.objects.filter(before="STRANGER", after="ACQUAINTANCE").count() == 3
    assert dict(Customer.objects.exclude(proposed_tier="").values_list("code", "proposed_tier")) == {"proven": "FRIEND"}


def test_an_approved_exit_leaves_the_population(make_customer):
    staying, leaving = make_customer("staying"), make_customer("leaving", exited_on=DAY - timedelta(days=5))
    for customer in (staying, leaving):
        for month in range(1, 6):
            line(customer, date(2025, month, 5))
    publish.refresh_days()
    night = run()
    row = Standing.objects.get(night=night, customer=leaving)
    assert (row.stage, row.quadrant, row.level, row.current_score) == ("TERMINATED", "UNSCORED", "", None)
    assert row.pattern in ("I", "II", "III", "IV")


def test_the_export_has_every_column_and_every_digit(firm, tmp_path):
    night = run()
    target = tmp_path / "out.csv"
    with target.open("w", newline="") as out:
        assert standings_export.write_csv(night, out) == 40
    import csv

    with target.open() as source:
        rows = list(csv.DictReader(source))
    codes = night.weights["indicators"]
    assert list(rows[0]) == standings_export.header(night) and len(rows[0]) == 21 + 3 * len(codes)
    row = Standing.objects.get(night=night, customer__code=rows[3]["customer_code"])
    assert [rows[3]["current_score"], rows[3]["amount"]] == [
        "" if row.current_score is None else repr(row.current_score),
        str(row.amount),
    ]


def test_old_generations_go_and_the_shown_one_stays(firm):
    for days in (80, 75, 10, 0):
        run(DAY - timedelta(days=days), publish=True)
    month_end = run(date(2025, 4, 30), publish=True)
    shown = run(DAY + timedelta(days=1), publish=True)
    dropped = drop_old_generations(DAY + timedelta(days=1))
    kept = set(Standing.objects.values_list("night_id", flat=True).distinct())
    assert shown.pk in kept and month_end.pk in kept and len(dropped) == 2 and not kept & set(dropped)


def test_a_jump_of_the_totals_warns_and_does_not_block(firm):
    run()
    line(Customer.objects.first(), DAY, "900000000")
    publish.refresh_days()
    night = run()
    assert night.status == "PUBLISHED"
    assert "amount" in {warning["name"] for warning in night.warnings if warning["code"] == "total_jumped"}


def test_rollups_of_some_customers_equal_those_of_all(firm):
    whole = list(frames.read_days(DAY)["amount"])
    ids = list(Customer.objects.values_list("pk", flat=True)[:7])
    publish.refresh_days(ids)
    assert list(frames.read_days(DAY)["amount"]) == whole
    Transaction.objects.filter(customer_id=ids[0]).delete()
    publish.refresh_days([ids[0]])
    lines, amount, _quantity = frames_lines.line_totals(DAY)
    days = frames.read_days(DAY)
    assert (sum(days["lines"]), sum(days["amount"])) == (lines, amount)


def test_bulk_rows_arrive_as_they_were_sent():
    table = "bulk_trial"
    vector = FloatVectorField().db_type(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {table} (a bigint, b integer, c double precision, d boolean, e varchar(9),"
            f" f numeric(20, 4), g date, h {vector})"
        )
    columns = {
        "a": ("id", np.array([1, 2, 2**60])),
        "b": ("int", np.array([-5, copying.NO_DAY, 7])),
        "c": ("float", np.array([1 / 3, np.nan, -1e300])),
        "d": ("bool", np.array([True, False, True])),
        "e": ("text", np.array(["", "关系", "x"], dtype=object)),
        "f": ("money", np.array([-123456789, copying.NO_MONEY, 10**13 + 1])),
        "g": ("day", np.array([date(1970, 1, 1).toordinal(), copying.NO_DAY, date(2026, 2, 28).toordinal()])),
        "h": ("vector", np.array([[1.5, np.nan], [0, -2], [1e-300, 3]])),
    }
    assert copying.write_rows(connection, table, columns) == 3
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT a, b, c, d, e, CAST(f AS text), CAST(g AS text), h FROM {table} ORDER BY a")
        rows = cursor.fetchall()
        cursor.execute(f"DROP TABLE {table}")
    assert [row[:2] for row in rows] == [(1, -5), (2, None), (2**60, 7)]
    assert [row[2] for row in rows] == [1 / 3, None, -1e300] and [bool(row[3]) for row in rows] == [True, False, True]
    assert [row[4] for row in rows] == ["", "关系", "x"]
    assert [None if row[5] is None else Decimal(row[5]) for row in rows] == [
        Decimal("-12345.6789"),
        None,
        Decimal("1000000000.0001"),
    ]
    assert [row[6] for row in rows] == ["1970-01-01", None, "2026-02-28"]
    read = [np.frombuffer(row[7], dtype="<f8") for row in rows]
    assert np.array_equal(np.array(read), columns["h"][1], equal_nan=True)


def test_the_pointer_is_one_row(firm):
    run()
    run(DAY + timedelta(days=1))
    assert PublishedNight.objects.count() == 1


def test_the_comparison_needs_something_to_compare_with():
    night = Night(as_of=DAY, summary={"amount": 1})
    assert gate.compared(night, None) == []


def test_replayed_months_stay_at_month_ends_and_keep_a_clean_record(firm, capsys):
    import json

    from django.core.management import call_command

    from crm_site.replay import dates

    ends = [day.isoformat() for day in dates(date(2024, 1, 31), date(2024, 4, 30), "MONTH")]
    assert ends == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
    assert [day.day for day in dates(date(2024, 1, 30), date(2024, 3, 30), "MONTH")] == [30, 29, 30]
    shown = run()
    call_command("replay_nights", "--from", "2025-01-31", "--to", "2025-03-31", "--every", "month", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["nights"] == 3 and told["duplicates"] == told["resurrected"] == told["closed_without_reason"] == 0
    assert published_night() == shown


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_night_with_other_connections_says_what_one_on_a_single_connection_says(firm, monkeypatch):
    """Within a transaction everything is done on its connection; outside, on PostgreSQL, on three."""
    run(DAY - timedelta(days=30))
    with transaction.atomic():
        alone = run()
    monkeypatch.setattr(nightly, "METHOD", nightly.METHOD + 1)  # other inputs: the night is computed again
    apart = run()
    assert alone.pk != apart.pk and alone.checksum == apart.checksum and published_night() == apart
    since = [  # the second night looks back at the first, so that check alone finds another value
        [(check["code"], check["value"]) for check in night.checks if check["code"] != "change_equals_causes"]
        for night in (alone, apart)
    ]
    assert since[0] == since[1] and len(alone.checks) == len(apart.checks) == len(since[0]) + 1
    assert all(check["ok"] for check in apart.checks)
    told = [[step["name"] for step in night.steps] for night in (alone, apart)]
    assert told[0] == told[1] == ["read", *(name for name, _ in nightly.WINGS), "check", "write", "publish"]
    shown = [
        list(Standing.objects.filter(night=night).order_by("customer_id").values_list("total_score", "stage", "clv"))
        for night in (alone, apart)
    ]
    assert shown[0] == shown[1] and len(shown[0]) == 40


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_rows_that_cannot_be_written_fail_the_night_and_leave_yesterday(firm, monkeypatch):
    before = run(DAY - timedelta(days=30))
    monkeypatch.setattr(publish.Generation, "_indexes", lambda self: ["CREATE INDEX nowhere"])
    with pytest.raises(nightly.NightFailed, match="ProgrammingError"):
        run()
    assert published_night() == before and set(Standing.objects.values_list("night", flat=True)) == {before.pk}


def refuse(table, condition):
    """From now on the database silently leaves out the new rows of a table that fulfil the condition."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION pg_temp.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
            )
            act = f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION pg_temp.nothing()"
        else:
            act = f"WHEN {condition} BEGIN SELECT RAISE(IGNORE); END"
        cursor.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} {act}")


def test_bulk_rows_are_counted_by_the_database():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bulk_trial (a bigint)")
    assert copying.write_rows(connection, "bulk_trial", {"a": ("id", np.arange(5_000))}) == 5_000
    assert copying.write_rows(connection, "bulk_trial", {"a": ("id", np.arange(0))}) == 0
    refuse("bulk_trial", "new.a IN (7, 4999)")
    assert copying.write_rows(connection, "bulk_trial", {"a": ("id", np.arange(5_000))}) == 4_998
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bulk_trial")
        assert cursor.fetchone() == (9_998,)


def test_a_replay_reads_no_stage_changes_on_record(firm, monkeypatch):
    monkeypatch.setattr("lifecycle.publish.read_stored", lambda: 1 / 0)
    assert run(origin=NightOrigin.REPLAY).status == "COMPUTED"
    with pytest.raises(nightly.NightFailed, match="ZeroDivisionError"):
        run(DAY + timedelta(days=1))


def test_on_one_connection_the_rows_are_written_in_the_step_of_that_name(firm):
    seen = []

    def progress(step, done, total):
        seen.append((step, Standing.objects.count()))

    nightly.run_night(as_of=DAY, progress=progress)
    assert [rows for step, rows in seen if step in ("check", "write")] == [0, 0, 0, 40]


def test_a_standing_without_a_word_fails_the_night():
    with pytest.raises(ValueError, match="missing"):
        nightly._coded(np.array(["A", None], dtype=object))


@pytest.mark.sqlite
def test_a_night_fails_that_lost_a_row(firm):
    before = run(DAY - timedelta(days=30))
    refuse(publish.TABLE, f"new.customer_id = {Customer.objects.first().pk}")
    with pytest.raises(nightly.NightFailed, match="rows_equal_customers"):
        run()
    assert published_night() == before and set(Standing.objects.values_list("night", flat=True)) == {before.pk}


@pytest.mark.postgres
@pytest.mark.parametrize("gaps", [0, 0.3])
def test_bulk_rows_equal_rows_sent_one_by_one(gaps):
    """More than a chunk, columns with and without gaps in turn, and more texts than their places fit into a number."""
    draw, count = np.random.default_rng(7), copying.CHUNK + 100
    words = [["", "关系", *(f"{column}-{word}" * (word % 4) for word in range(40))] for column in range(14)]
    texts = {f"t{i}": draw.choice(np.array(some, dtype=object), count) for i, some in enumerate(words)}
    said = np.array([f'{{"n": {i}}}' * (i % 3 > 0) or "[]" for i in range(count)], dtype=object)
    empty = draw.random((5, count)) < gaps
    float_, money = draw.normal(size=count), draw.integers(-(10**15), 10**15, count)
    whole, day = draw.integers(-(2**31) + 1, 2**31 - 1, count), draw.integers(600_000, 800_000, count)
    columns = {
        "i": ("id", np.arange(count)),
        "f": ("float", np.where(empty[0], np.nan, float_)),
        "m": ("money", np.where(empty[1], copying.NO_MONEY, money)),
        "j": ("json", said),
        "w": ("int", np.where(empty[2], copying.NO_DAY, whole).astype("i4")),
        "b": ("bool", empty[4]),
        "d": ("day", np.where(empty[3], copying.NO_DAY, day)),
        "v": ("vector", draw.normal(size=(count, 3))),
    } | {name: ("text", values) for name, values in texts.items()}
    plain = [
        (
            i, *(None if gone else value for gone, value in zip(empty[:4, i].tolist(), (
                float_[i].item(), Decimal(money[i].item()).scaleb(-4), whole[i].item(), date.fromordinal(day[i].item())
            ), strict=True)), bool(empty[4, i]), columns["v"][1][i].tobytes(), said[i],
            *(values[i] for values in texts.values()),
        )
        for i in range(count)
    ]  # fmt: skip
    shape = "i bigint, f float8, m numeric(20, 4), w integer, d date, b boolean, v bytea, j jsonb"
    with connection.cursor() as cursor:
        for table in ("bulk_trial", "bulk_plain"):
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ({shape}, {', '.join(f'{t} varchar(32)' for t in texts)})")
        assert copying.write_rows(connection, "bulk_trial", columns) == count
        cursor.executemany(f"INSERT INTO bulk_plain VALUES ({', '.join(['%s'] * len(plain[0]))})", plain)
        cursor.execute(
            "(TABLE bulk_trial EXCEPT TABLE bulk_plain) UNION ALL (TABLE bulk_plain EXCEPT TABLE bulk_trial)"
        )
        assert cursor.fetchall() == []
        cursor.execute("SELECT count(*), count(DISTINCT i), count(m) FROM bulk_trial")
        assert cursor.fetchone() == (count, count, count - empty[1].sum())
        cursor.execute("DROP TABLE bulk_trial, bulk_plain")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("place", [0, copying.CHUNK + 1])
def test_what_cannot_be_packed_says_so_and_leaves_the_connection_alone(place):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bulk_trial (a bigint)")
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()
        values = np.arange(3 * copying.CHUNK).astype(object)
        values[place] = "x"
        with pytest.raises(ValueError, match="x"):
            copying.write_rows(connection, "bulk_trial", {"a": ("id", values)})
        cursor.execute("SELECT pg_backend_pid(), count(*) FROM bulk_trial")
        assert cursor.fetchone() == (*process, 0)
        cursor.execute("DROP TABLE bulk_trial")
