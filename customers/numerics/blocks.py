"""Independent blocks of work on two processors: numpy lets go of the interpreter while it works on a long array."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

THREADS = min(2, os.cpu_count() or 1)  # a night shares its machine with the database and the pages
Block, Answer = TypeVar("Block"), TypeVar("Answer")


def in_threads(act: Callable[[Block], Answer], blocks: Iterable[Block]) -> list[Answer]:
    """What `act` answers for every block, in the order of the blocks, whoever was done first.

    `act` must not write what another block reads. What it raises is raised here, once nobody works any more.
    """
    blocks = list(blocks)
    if THREADS == 1 or len(blocks) < 2:
        return [act(block) for block in blocks]
    answers, waiting = [None] * len(blocks), iter(list(enumerate(blocks)))

    def work() -> None:
        for number, block in waiting:  # each takes the next one that nobody has taken
            answers[number] = act(block)

    with ThreadPoolExecutor(THREADS - 1) as pool:
        others = [pool.submit(work) for _ in range(THREADS - 1)]
        work()
        for other in others:
            other.result()
    return answers


def runs(size: int, most: int) -> list[slice]:
    """The rows 0..size in runs of at most so many."""
    return [slice(first, min(first + most, size)) for first in range(0, size, most)]
