"""Files that name the code of a customer that was merged: they are about the survivor, and stay keyed."""

import pytest

from customers.models import Customer, PurchaseDay, Transaction
from customers.publish_staging import Stage
from customers.services.import_undo import CannotUndo, undo_import
from customers.services.merge import merge_customers
from tests.importing import AT, bring_in, counts, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HEAD = "customer,name,order,line,date,amount\n"
ROWS = "S1,Stay,A1,1,2024-01-05,10\nF1,Gone,A1,1,2024-01-06,20\nF1,Gone,B1,1,2024-01-07,5\nF1,Gone,,,2024-01-08,3\n"


@pytest.fixture
def merged(tmp_path, cast):
    """The file of ROWS brought in, then F1 merged into S1; answers the import."""
    outcome = bring_in(tmp_path, HEAD + ROWS)
    stays, goes = (Customer.objects.get(code=code) for code in ("S1", "F1"))
    merge_customers(survivor=stays, former=goes, chosen={}, reason="x", by=cast.lead, at=AT)
    return outcome


def lines():
    found = Transaction.objects.order_by("date").values_list("customer__code", "order_no", "amount")
    return [(code, number, int(amount)) for code, number, amount in found]


KEPT = [("S1", "A1", 10), ("S1", "A1 (F1)", 20), ("S1", "B1", 5), ("S1", "", 3)]


def test_the_same_file_still_changes_nothing(tmp_path, merged):
    assert counts(bring_in(tmp_path, HEAD + ROWS)) == (0, 0, 4, 0)
    assert lines() == KEPT
    assert Customer.objects.get(code="S1").name == "Stay"


def test_changed_and_new_lines_of_the_old_code_are_the_survivors(tmp_path, merged):
    rows = "F1,Gone,A1,1,2024-01-06,21\nF1,Gone,C1,1,2024-02-01,9\n"
    assert counts(bring_in(tmp_path, HEAD + rows, dry_run=True)) == (1, 1, 0, 0)
    assert counts(bring_in(tmp_path, HEAD + rows, create_customers=False)) == (1, 1, 0, 0)
    assert lines() == [KEPT[0], ("S1", "A1 (F1)", 21), *KEPT[2:], ("S1", "C1", 9)]


def test_one_line_under_both_codes_is_told(tmp_path, merged):
    outcome = bring_in(tmp_path, HEAD + "S1,,D1,1,2024-02-01,9\nF1,,D1,1,2024-02-01,9\n")
    assert counts(outcome) == (1, 0, 0, 1) and reasons(outcome) == ["line_twice"]


def test_an_import_from_before_the_merge_can_be_undone(merged, cast):
    undo_import(job=merged.job, by=cast.admin, at=AT)
    assert lines() == []


def test_rows_about_the_customer_itself(tmp_path, merged):
    outcome = bring_in(tmp_path, "code,industry,parent\nF1,Steel,S1\nK1,,F1\n", kind="CUSTOMERS")
    assert counts(outcome) == (1, 1, 0, 0)
    assert dict(Customer.objects.values_list("code", "industry"))["S1"] == "Steel"
    assert Customer.objects.get(code="K1").parent.code == "S1"
    assert Customer.objects.get(code="S1").parent is None
    twice = bring_in(tmp_path, "code,industry\nF1,Iron\nS1,Coal\n", kind="CUSTOMERS")
    assert counts(twice) == (0, 1, 0, 1) and reasons(twice) == ["customer_twice"]


def test_what_an_import_changed_about_a_customer_merged_since_is_not_undone(tmp_path, cast):
    bring_in(tmp_path, "code,industry\nS1,Steel\nF1,Steel\n", kind="CUSTOMERS")
    second = bring_in(tmp_path, "code,industry\nF1,Iron\n", kind="CUSTOMERS")
    stays, goes = (Customer.objects.get(code=code) for code in ("S1", "F1"))
    merge_customers(survivor=stays, former=goes, chosen={}, reason="x", by=cast.lead, at=AT)
    with pytest.raises(CannotUndo) as refused:
        undo_import(job=second.job, by=cast.admin, at=AT)
    assert refused.value.code == "merged"


def test_a_merge_while_a_file_is_read_is_followed(tmp_path, cast, monkeypatch):
    bring_in(tmp_path, HEAD + ROWS)
    stays, goes = (Customer.objects.get(code=code) for code in ("S1", "F1"))
    resolve = Stage.resolve

    def merged_just_then(stage, *given):
        found = resolve(stage, *given)
        merge_customers(survivor=stays, former=goes, chosen={}, reason="x", by=cast.lead, at=AT)
        return found

    monkeypatch.setattr(Stage, "resolve", merged_just_then)
    rows = "S1,Stay,A1,1,2024-01-05,10\nF1,Gone,A1,1,2024-01-06,21\nF1,Gone,C1,1,2024-02-01,9\n"
    assert counts(bring_in(tmp_path, HEAD + rows)) == (1, 1, 1, 0)
    assert lines() == [KEPT[0], ("S1", "A1 (F1)", 21), *KEPT[2:], ("S1", "C1", 9)]
    assert not PurchaseDay.objects.filter(customer=goes).exists()


def test_an_undone_import_gives_back_no_parent_that_was_merged(tmp_path, cast):
    bring_in(tmp_path, "code,parent\nS1,\nF1,\nX1,\nK1,F1\nS2,F1\n", kind="CUSTOMERS")
    second = bring_in(tmp_path, "code,parent\nK1,X1\nS2,X1\n", kind="CUSTOMERS")
    stays, goes = (Customer.objects.get(code=code) for code in ("S2", "F1"))
    merge_customers(survivor=stays, former=goes, chosen={}, reason="x", by=cast.lead, at=AT)
    undo_import(job=second.job, by=cast.admin, at=AT)
    assert dict(Customer.objects.exclude(code="F1").values_list("code", "parent__code")) == {
        "S1": None, "X1": None, "K1": "S2", "S2": None,
    }  # fmt: skip
