"""Blocks of work on two processors: the answers of one, in order, and a failure that is not lost."""

import threading
import time

import numpy as np
import pytest

from customers.numerics import blocks


def test_answers_come_in_the_order_of_the_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "THREADS", 3)

    def slow_first(number):
        time.sleep(0.02 if number == 0 else 0)
        return number * 10

    assert blocks.in_threads(slow_first, iter(range(20))) == [number * 10 for number in range(20)]
    assert blocks.in_threads(slow_first, []) == []


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_answers_alike(monkeypatch, threads):
    monkeypatch.setattr(blocks, "THREADS", threads)
    values = np.random.default_rng(7).normal(size=10_000)
    found = blocks.in_threads(lambda rows: np.cumsum(np.exp(values[rows])), blocks.runs(values.size, 999))
    wanted = [np.cumsum(np.exp(values[first : first + 999])) for first in range(0, values.size, 999)]
    assert np.concatenate(found).tobytes() == np.concatenate(wanted).tobytes()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bad", [0, 3, 7])
def test_what_a_block_raises_is_raised_and_nobody_works_on(monkeypatch, threads, bad):
    monkeypatch.setattr(blocks, "THREADS", threads)
    before = threading.active_count()

    def act(number):
        if number == bad:
            raise ValueError("block", number)
        return number

    with pytest.raises(ValueError) as failure:
        blocks.in_threads(act, range(8))
    assert failure.value.args == ("block", bad) and threading.active_count() == before


def test_runs_cover_every_row_once():
    assert blocks.runs(10, 4) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert blocks.runs(8, 4) == [slice(0, 4), slice(4, 8)] and blocks.runs(0, 4) == []
