"""An import is keyed: what is the same stays, what changed is updated, what is new is created, on both databases."""

from decimal import Decimal

import pytest

from customers.models import Category, Customer, ImportUndo, Product, PurchaseDay, Transaction
from customers.services.import_undo import CannotUndo, undo_import
from tests.importing import AT, bring_in, counts, reasons

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HEAD = "customer,order,date,product,quantity,amount,cost\n"
TWO = "C1,S1,2024-01-05,P1,2,100.5,80\nC1,S1,2024-01-05,P2,1,7,\n"


def amounts():
    return sorted(Transaction.objects.values_list("amount", flat=True))


def test_the_second_run_changes_nothing(tmp_path):
    assert counts(bring_in(tmp_path, HEAD + TWO)) == (2, 0, 0, 0)
    before = list(Transaction.objects.order_by("id").values())
    assert counts(bring_in(tmp_path, HEAD + TWO)) == (0, 0, 2, 0)
    assert list(Transaction.objects.order_by("id").values()) == before


def test_a_dry_run_writes_nothing_and_counts_the_same(tmp_path):
    assert counts(bring_in(tmp_path, HEAD + TWO, dry_run=True)) == (2, 0, 0, 0)
    assert not Transaction.objects.exists() and not Customer.objects.exists() and not Product.objects.exists()
    bring_in(tmp_path, HEAD + TWO)
    assert counts(bring_in(tmp_path, HEAD + TWO.replace("100.5", "99"), dry_run=True)) == (0, 1, 1, 0)
    assert amounts() == [7, Decimal("100.5")]


def test_two_equal_lines_of_one_order_are_two_lines(tmp_path):
    line = "C1,S1,2024-01-05,P1,2,100,80\n"
    assert counts(bring_in(tmp_path, HEAD + line * 2)) == (2, 0, 0, 0)
    assert counts(bring_in(tmp_path, HEAD + line * 2)) == (0, 0, 2, 0)
    assert counts(bring_in(tmp_path, HEAD + line * 3)) == (1, 0, 2, 0)
    assert counts(bring_in(tmp_path, HEAD + line)) == (0, 0, 1, 0)
    assert Transaction.objects.count() == 3


def test_the_order_of_the_file_does_not_matter(tmp_path):
    rows = [f"C{i % 3},S{i % 5},2024-01-{i % 9 + 1:02d},P{i % 2},{i % 4},{i % 6},1\n" for i in range(40)]
    assert counts(bring_in(tmp_path, HEAD + "".join(rows)))[0] == 40
    assert counts(bring_in(tmp_path, HEAD + "".join(reversed(rows)))) == (0, 0, 40, 0)


def test_a_changed_line_is_updated_in_its_group(tmp_path):
    bring_in(tmp_path, HEAD + TWO)
    changed = HEAD + TWO.replace("2,100.5,80", "3,150.75,")
    assert counts(bring_in(tmp_path, changed)) == (0, 1, 1, 0)
    line = Transaction.objects.get(product__code="P1")
    assert (line.quantity, line.amount, line.cost) == (3, Decimal("150.75"), None)
    assert counts(bring_in(tmp_path, changed)) == (0, 0, 2, 0)


def test_lines_that_the_file_lacks_stay(tmp_path):
    bring_in(tmp_path, HEAD + TWO)
    assert counts(bring_in(tmp_path, HEAD + TWO.splitlines()[0] + "\n")) == (0, 0, 1, 0)
    assert Transaction.objects.count() == 2


def test_line_numbers_are_the_key_where_they_are_given(tmp_path):
    head = "customer,order,line,date,product,amount\n"
    text = head + "C1,S1,1,2024-01-05,P1,10\nC1,S1,2,2024-01-05,P1,10\n"
    assert counts(bring_in(tmp_path, text)) == (2, 0, 0, 0)
    assert counts(bring_in(tmp_path, text)) == (0, 0, 2, 0)
    assert counts(bring_in(tmp_path, text.replace("1,2024-01-05,P1", "1,2024-02-05,P9"))) == (0, 1, 1, 0)
    assert Transaction.objects.get(line_no="1").product.code == "P9"


def test_a_line_number_twice_in_a_file_rejects_the_later(tmp_path):
    text = "customer,order,line,date,amount\nC1,S1,1,2024-01-05,10\nC1,S1,1,2024-01-06,11\nC1,,2,2024-01-06,11\n"
    outcome = bring_in(tmp_path, text)
    assert counts(outcome) == (1, 0, 0, 2)
    assert sorted(reasons(outcome)) == ["line_twice", "order_missing"]
    assert amounts() == [10]


def test_without_an_order_number_content_and_occurrence_are_the_key(tmp_path):
    text = "customer,date,quantity,amount\nC1,2024-01-05,1,10\nC1,2024-01-05,1,10\nC1,2024-01-05,2,20\n"
    assert counts(bring_in(tmp_path, text)) == (3, 0, 0, 0)
    assert counts(bring_in(tmp_path, text)) == (0, 0, 3, 0)
    assert counts(bring_in(tmp_path, text.replace("2,20", "2,21"))) == (1, 0, 2, 0)


def test_customer_and_day_are_enough(tmp_path):
    text = "customer,date\n1,2024-01-05\n1,2024-01-05\n2,2024-01-06\n"
    assert counts(bring_in(tmp_path, text)) == (3, 0, 0, 0)
    assert set(Transaction.objects.values_list("quantity", "amount", "cost")) == {(1, 0, None)}
    assert counts(bring_in(tmp_path, text)) == (0, 0, 3, 0)
    assert PurchaseDay.objects.count() == 2


def test_what_is_not_mapped_is_left_alone(tmp_path):
    bring_in(tmp_path, HEAD + TWO)
    text = "customer,order,date,product,amount\nC1,S1,2024-01-05,P1,90\nC1,S1,2024-01-05,P2,7\n"
    assert counts(bring_in(tmp_path, text)) == (0, 1, 1, 0)
    line = Transaction.objects.get(product__code="P1")
    assert (line.amount, line.cost, line.quantity) == (90, 80, 2)


def test_amounts_are_exact_to_four_decimals(tmp_path):
    text = "customer,order,date,product,amount,profit\nC1,S1,2024-01-05,P1,0.1,0.3\nC1,S1,2024-01-05,P2,22.368,2.5164\n"
    bring_in(tmp_path, text)
    assert Transaction.objects.get(product__code="P2").cost == Decimal("19.8516")
    assert Transaction.objects.get(product__code="P1").cost == Decimal("-0.2")
    assert counts(bring_in(tmp_path, text)) == (0, 0, 2, 0)


def test_refunds_and_zeros_are_lines(tmp_path):
    text = "customer,order,date,quantity,amount\nC1,S1,2024-01-05,-1,-10\nC1,S2,2024-01-05,0,0\n"
    assert counts(bring_in(tmp_path, text)) == (2, 0, 0, 0)
    assert amounts() == [-10, 0]


def test_a_cost_beyond_the_limits_is_rejected_like_any_amount(tmp_path):
    text = "customer,order,date,amount,profit\nC1,S1,2024-01-05,1000000000000,-1\nC1,S2,2024-01-05,1000000000000,0\n"
    outcome = bring_in(tmp_path, text + "C1,S3,2024-01-05,-1000000000000,1000000000000\nC1,S4,2024-01-05,1,\n")
    assert counts(outcome) == (2, 0, 0, 2)
    assert reasons(outcome) == ["number_large", "number_large"]


def test_tax_is_taken_out_of_amounts(tmp_path):
    bring_in(tmp_path, "customer,date,amount,cost\nC1,2024-01-05,113,56.5\n", amounts_include_tax=0.13)
    line = Transaction.objects.get()
    assert (line.amount, line.cost) == (100, 50)


def test_attributes_come_from_the_latest_line(tmp_path):
    text = (
        "customer,name,region,date,product,title,category\n"
        "C1,New name,East,2024-03-05,P1,Switch,Network\nC1,Old name,West,2024-01-05,P1,Old switch,Cable\n"
        "C1,,,2024-04-05,P1,,\n"
    )
    outcome = bring_in(tmp_path, text)
    customer, product = Customer.objects.get(), Product.objects.get()
    assert (customer.name, customer.region, customer.sort_key) == ("New name", "East", "new name")
    assert (product.name, product.category.name) == ("Switch", "Network")
    assert {found["field"] for found in outcome.warnings if found["code"] == "attribute"} == {
        "customer_name", "region", "product_name", "category",
    }  # fmt: skip
    assert sorted(Category.objects.values_list("name", flat=True)) == ["Cable", "Network"]


def test_known_customers_keep_what_they_have_and_get_what_was_blank(tmp_path, make_customer):
    kept = make_customer("C1", name="Ours", region="")
    outcome = bring_in(tmp_path, "customer,name,region,date\nC1,Theirs,North,2024-01-05\n")
    kept.refresh_from_db()
    assert (kept.name, kept.region) == ("Ours", "North")
    assert {"code": "attribute", "field": "customer_name", "varies": 0, "kept": 1} in outcome.warnings
    kept.name = "Ours, renamed"
    kept.save()
    undo_import(job=outcome.job, by=None, at=AT)
    kept.refresh_from_db()
    assert (kept.name, kept.region) == ("Ours, renamed", "")


def test_unknown_customers_are_rejected_where_none_may_be_created(tmp_path, make_customer):
    make_customer("C1")
    outcome = bring_in(tmp_path, HEAD + TWO + "C9,S9,2024-01-05,P1,1,1,1\n", create_customers=False)
    assert counts(outcome) == (2, 0, 0, 1)
    assert reasons(outcome) == ["customer_unknown"]
    assert "C9,S9,2024-01-05,P1,1,1,1" in (tmp_path / "rejected.csv").read_text(encoding="utf-8-sig")


def test_codes_that_look_alike_are_rejected_not_doubled(tmp_path, make_customer):
    make_customer("C1")
    text = "customer,date\nＣ１,2024-01-05\n C1 ,2024-01-05\nc1,2024-01-05\nnew,2024-01-05\nNEW,2024-01-05\n"
    outcome = bring_in(tmp_path, text)
    assert counts(outcome) == (3, 0, 0, 2)
    assert reasons(outcome) == ["customer_alike", "customer_alike"]
    assert sorted(Customer.objects.values_list("code", flat=True)) == ["C1", "new"]


def test_systems_that_tell_codes_apart_by_case_can_say_so(tmp_path):
    outcome = bring_in(tmp_path, "customer,date\nab1,2024-01-05\nAB1,2024-01-05\n", codes_distinguish_case=True)
    assert counts(outcome) == (2, 0, 0, 0)


def test_undo_brings_back_what_a_line_was(tmp_path):
    bring_in(tmp_path, HEAD + TWO)
    before = list(Transaction.objects.order_by("id").values())
    days = list(PurchaseDay.objects.order_by("date").values_list("date", "amount", "gross_profit"))
    second = bring_in(tmp_path, HEAD + TWO.replace("100.5", "300") + "C2,S9,2024-02-02,P3,1,5,\n")
    assert counts(second) == (1, 1, 1, 0)
    undo_import(job=second.job, by=None, at=AT)
    assert list(Transaction.objects.order_by("id").values()) == before
    assert list(PurchaseDay.objects.order_by("date").values_list("date", "amount", "gross_profit")) == days
    assert list(Customer.objects.values_list("code", flat=True)) == ["C1"]
    assert not ImportUndo.objects.exists()


def test_undo_waits_for_the_later_import(tmp_path):
    first = bring_in(tmp_path, HEAD + TWO)
    second = bring_in(tmp_path, HEAD + TWO.replace("100.5", "300"))
    with pytest.raises(CannotUndo, match="later import"):
        undo_import(job=first.job, by=None, at=AT)
    undo_import(job=second.job, by=None, at=AT)
    undo_import(job=first.job, by=None, at=AT)
    assert not Transaction.objects.exists() and not Customer.objects.exists()


def test_undo_keeps_customers_that_something_else_refers_to(tmp_path):
    from customers.models import Contact

    first = bring_in(tmp_path, HEAD + TWO + "C2,S2,2024-01-06,P1,1,1,1\n")
    Contact.objects.create(customer=Customer.objects.get(code="C2"), name="Li")
    counted = undo_import(job=first.job, by=None, at=AT)
    assert (counted["customers"], counted["kept"]) == (1, 1)
    assert list(Customer.objects.values_list("code", flat=True)) == ["C2"]


def test_an_updated_line_that_somebody_edited_prevents_the_undo(tmp_path):
    bring_in(tmp_path, HEAD + TWO)
    second = bring_in(tmp_path, HEAD + TWO.replace("100.5", "300"))
    Transaction.objects.filter(product__code="P1").update(amount=301)
    with pytest.raises(CannotUndo, match="1 lines"):
        undo_import(job=second.job, by=None, at=AT)


def test_many_blocks_are_one_import(tmp_path, monkeypatch):
    from customers.imports import reading

    small = reading.blocks
    monkeypatch.setattr(
        "customers.imports.running.reading.blocks", lambda path, shape, needed: small(path, shape, 64, needed=needed)
    )
    rows = "".join(f'C{i % 7},S{i},2024-01-{i % 28 + 1:02d},"P""{i % 3}\nx",1,{i}.25,1\n' for i in range(200))
    text = (
        "customer,order,date,title,quantity,amount,cost\n"
        + rows
        + 'C1,"open,2024-01-01,x,1,1,1\nC1,S,2024-01-01,x,1,1,1\n'
    )
    outcome = bring_in(tmp_path, text)
    assert counts(outcome) == (201, 0, 0, 1)
    assert reasons(outcome) == ["quote"]
    assert sum(amounts()) == Decimal("19951")
