"""Work beside the caller: on another connection with the same view on PostgreSQL, at once where there is only one."""

from threading import get_ident

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction

from customers.beside import beside
from customers.book import begin_at_once, positions
from customers.models import Category


def names():
    found = seen()
    return get_ident(), connection.connection.info.backend_pid if connection.vendor == "postgresql" else 0, found


def seen():
    return sorted(Category.objects.values_list("name", flat=True))


def add(name):
    Category.objects.create(name=name)


def broken():
    raise ArithmeticError("no")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_another_thread_and_connection_see_what_is_committed():
    Category.objects.create(name="a")
    with beside() as hands, transaction.atomic():
        Category.objects.create(name="open")
        thread, pid, found = hands.begin(names)()
    assert thread != get_ident() and pid != connection.connection.info.backend_pid and found == ["a"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_snapshot_for_the_block_and_what_it_begins_even_after_its_end():
    Category.objects.create(name="a")
    with beside() as hands:
        with hands.snapshot("8MB") as begin:
            assert seen() == ["a"]
            hands.begin(add, "b")()  # another connection commits a line in between
            first, *more = [begin(names) for _ in range(5)]
            assert first()[2] == seen() == ["a"]
        assert [found()[2] for found in more] == [["a"]] * 4
        assert hands.begin(seen)() == seen() == ["a", "b"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_error_comes_out_where_the_answer_is_asked_for_and_no_connection_is_left():
    with beside() as hands:
        for begin in (hands.begin, None):
            with hands.snapshot("8MB") as within:
                answer = (begin or within)(broken)
            with pytest.raises(ArithmeticError, match="no"):
                answer()
    assert hands.opened and {own.connection for own in hands.opened} == {None}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_snapshot_that_cannot_be_taken_over_fails_alone(monkeypatch):
    monkeypatch.setattr("customers.beside.HANDS", 1)
    with beside() as hands:
        with hands.snapshot("8MB") as begin:
            gone = begin
        too_late = gone(seen)  # the transaction that shared it is over
        with pytest.raises(DatabaseError, match="snapshot"):
            too_late()
        assert hands.begin(add, "a")() is None
    assert seen() == ["a"]


@pytest.mark.both
@pytest.mark.django_db
def test_inside_somebodys_transaction_everything_is_done_on_its_connection(db):
    Category.objects.create(name="open")
    with beside() as hands, hands.snapshot("8MB") as begin:
        assert [hands.begin(names)()[0], begin(names)()[0]] == [get_ident()] * 2
        never = hands.begin(broken)  # done when its answer is asked for; of the snapshot, at once
        with pytest.raises(ArithmeticError):
            never()
        assert begin(names)()[2] == ["open"]
        with pytest.raises(ArithmeticError):
            begin(broken)


@pytest.mark.parametrize("ids", [[5], [5, 6, 7], [2, 9, 11], [1, 1000, 10**9]])
def test_positions_are_those_of_a_search(ids):
    ids = np.array(ids, dtype="i8")
    wanted = np.repeat(ids[::-1], 2)
    found = positions(ids, wanted)
    assert found.dtype == "i4" and found.tolist() == np.searchsorted(ids, wanted).tolist()
    assert positions(ids[:0], ids[:0]).tolist() == []


def test_at_once_is_the_same_kind_of_answer():
    assert begin_at_once(divmod, 7, 2)() == (3, 1)
