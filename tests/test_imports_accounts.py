"""Files of customers: keyed by code, choices in both languages, parents, owners, undo."""

from datetime import date
from decimal import Decimal

import pytest

from customers.models import Customer, ImportUndo
from customers.services.import_undo import CannotUndo, undo_import
from tests.importing import AT, bring_in, counts, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HEAD = "code,name,kind,scale,region,owner,parent,spending_capacity,influence,reach,first_contact,note\n"
ROWS = (
    'C1,华东电力,企业,大型,East,owner,,500000.5,0.6,30,2024-05-01,"two\nlines"\n'
    "C2,Li Wei,Individual,,West,,C1,,,,,\n"
    "C3,Gamma,ORGANISATION,Group,,,C2,0,1,0,,\n"
)


def bring(tmp_path, text, **more):
    return bring_in(tmp_path, text, kind="CUSTOMERS", **more)


def test_customers_come_in_with_everything(tmp_path, cast):
    assert counts(bring(tmp_path, HEAD + ROWS)) == (3, 0, 0, 0)
    first = Customer.objects.get(code="C1")
    assert (first.kind, first.scale, first.owner, first.reach) == ("ORGANISATION", "LARGE", cast.owner, 30)
    assert (first.spending_capacity, first.influence, first.first_contact) == (
        Decimal("500000.5"),
        0.6,
        date(2024, 5, 1),
    )
    assert (first.initials, first.note) == ("hddl", "two\nlines")
    assert Customer.objects.get(code="C3").parent.code == "C2"
    assert Customer.objects.get(code="C2").kind == "INDIVIDUAL"


def test_prospects_come_in_with_their_step_and_what_is_expected_of_them(tmp_path, cast):
    head = "code,name,buying_step,expected_level,outside_opinion\n"
    found = bring(tmp_path, head + "P1,甲,评估选择,High contribution,4\nP2,乙,need,,\nP3,丙,,,6\nP4,丁,,,2.5\n")
    assert counts(found) == (2, 0, 0, 2) and set(reasons(found)) == {"number_grade", "number_whole"}
    names = ("code", "buying_step", "expected_level", "outside_opinion")
    assert list(Customer.objects.order_by("code").values_list(*names)) == [
        ("P1", "EVALUATION", "HIGH", 4),
        ("P2", "NEED", "", None),
    ]


def test_the_second_run_changes_nothing(tmp_path, cast):
    bring(tmp_path, HEAD + ROWS)
    before = list(Customer.objects.order_by("id").values())
    assert counts(bring(tmp_path, HEAD + ROWS)) == (0, 0, 3, 0)
    assert list(Customer.objects.order_by("id").values()) == before
    assert not ImportUndo.objects.exists()


def test_a_dry_run_counts_and_writes_nothing(tmp_path, cast):
    assert counts(bring(tmp_path, HEAD + ROWS, dry_run=True)) == (3, 0, 0, 0)
    assert not Customer.objects.exists()


def test_empty_cells_change_nothing_and_undo_restores(tmp_path, cast):
    bring(tmp_path, HEAD + ROWS)
    second = bring(tmp_path, "code,name,region,parent\nC1,Renamed,,\nC2,,North,C3\n")
    assert counts(second) == (0, 2, 0, 0)
    first = Customer.objects.get(code="C1")
    assert (first.name, first.region, first.version, first.sort_key) == ("Renamed", "East", 2, "renamed")
    assert Customer.objects.get(code="C2").parent.code == "C3"
    undo_import(job=second.job, by=None, at=AT)
    assert Customer.objects.get(code="C1").name == "华东电力"
    assert Customer.objects.get(code="C2").parent.code == "C1"


def test_undo_of_new_customers_removes_them_unless_edited(tmp_path, cast):
    first = bring(tmp_path, HEAD + ROWS)
    edited = Customer.objects.get(code="C3")
    edited.note = "called"
    edited.save()
    counted = undo_import(job=first.job, by=cast.admin, at=AT)
    assert (counted["customers"], counted["kept"]) == (0, 3)  # C3 buys through C2, and C2 through C1
    second = bring(tmp_path, HEAD + ROWS.replace("C", "D").replace("DROUP", "GROUP"))
    counted = undo_import(job=second.job, by=cast.admin, at=AT)
    assert (counted["customers"], counted["kept"]) == (3, 0)
    assert Customer.objects.count() == 3


def test_a_changed_field_that_changed_again_prevents_the_undo(tmp_path, cast):
    bring(tmp_path, HEAD + ROWS)
    second = bring(tmp_path, "code,name\nC1,Renamed\n")
    Customer.objects.filter(code="C1").update(name="Again")
    with pytest.raises(CannotUndo):
        undo_import(job=second.job, by=None, at=AT)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("C9,n,robot,,,,,,,,,", "choice"),
        ("C9,n,,huge,,,,,,,,", "choice"),
        ("C9,n,,,,nobody,,,,,,", "owner_unknown"),
        ("C9,n,,,,deactivated,,,,,,", "owner_unknown"),
        ("C9,n,,,,,C77,,,,,", "parent_unknown"),
        ("C9,n,,,,,C9,,,,,", "parent_self"),
        ("C9,n,,,,,,-1,,,,", "number_negative"),
        ("C9,n,,,,,,,1.5,,,", "number_share"),
        ("C9,n,,,,,,,,1.5,,", "number_whole"),
        ("C9,n,,,,,,,,99999999999,,", "number_large"),
        ("C9,n,,,,,,,,,2999-01-01,", "date_future"),
        (",n,,,,,,,,,,", "empty"),
        ("合计,3,,,,,,500000,,,,", "total"),
        ("Total,3,,,,,,,,,,", "total"),
        ("C1,n,,,,,,,,,,", "customer_twice"),
        ("c1,n,,,,,,,,,,", "customer_twice"),
        ("C9,n,,,,,,,,,,a\x01b", "control"),
    ],
)
def test_a_bad_row_costs_only_itself(tmp_path, cast, cells, code):
    outcome = bring(tmp_path, HEAD + ROWS + cells + "\n")
    assert counts(outcome) == (3, 0, 0, 1)
    assert reasons(outcome) == [code]


def test_a_code_that_looks_like_a_known_one_is_rejected(tmp_path, make_customer):
    make_customer("C1")
    outcome = bring(tmp_path, "code,name\nc1,x\nＣ１,y\n")
    assert counts(outcome) == (0, 0, 0, 2) or counts(outcome) == (0, 1, 0, 1)
    assert "customer_alike" in reasons(outcome)
    assert Customer.objects.count() == 1


def test_a_new_owner_is_told_so_that_tasks_follow(tmp_path, cast):
    from customers.signals import customer_reassigned

    told = []

    def keep(customer_ids, to, **kwargs):
        told.append((len(customer_ids), to))

    bring(tmp_path, HEAD + ROWS)
    customer_reassigned.connect(keep)
    try:
        second = bring(tmp_path, "code,owner\nC1,teammate\nC2,teammate\n")
        undo_import(job=second.job, by=cast.admin, at=AT)
    finally:
        customer_reassigned.disconnect(keep)
    assert (2, cast.teammate) in told
    assert (1, cast.owner) in told and (1, None) in told
