"""Work beside the caller: on PostgreSQL in a thread with a connection of its own, so that server and client overlap.

Where there can be only one connection - SQLite, or inside somebody's transaction, of which another connection would see
nothing - the work is done when its answer is asked for. The answer is the same, and what nobody asks for is not done.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from threading import Event

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from customers.book import begin_at_once
from customers.dialect import postgres

HANDS = 2  # threads, each with a connection beside the caller's


@contextmanager
def beside():
    """Yield a Beside; all that was begun has ended when the block is left."""
    if not postgres() or connection.in_atomic_block:
        yield Beside(None)
        return
    with ThreadPoolExecutor(HANDS) as hands:
        working = Beside(hands)
        try:
            yield working
        finally:
            hands.shutdown()
            working.close()


class Beside:
    """begin(act, *args) starts `act(*args)` and returns a function that waits for what it returns or raises."""

    def __init__(self, hands):
        self.hands, self.opened = hands, []

    def begin(self, act, *args):
        """Start `act(*args)` in its own transactions: it sees what is committed, not what the caller has open."""
        return self._start(nullcontext(), act, args) if self.hands else partial(act, *args)

    def close(self):
        """Close the connections of the threads, which have ended: Django gives each its own, and closes none."""
        for own in self.opened:
            own.close()

    def _start(self, view, act, args):
        return self.hands.submit(self._act, view, act, args).result

    def _act(self, view, act, args):
        own = connections[DEFAULT_DB_ALIAS]
        if own not in self.opened:
            own.inc_thread_sharing()  # the caller closes it
            self.opened.append(own)
        with view:
            return act(*args)

    @contextmanager
    def snapshot(self, work_mem):
        """Yield a `begin` whose acts see the database exactly as the block does; they may outlast it. On one connection
        they are done at once: the answer may be asked for when the block is over.

        The block is a transaction; work_mem holds for each statement of it and of the acts.
        """
        with transaction.atomic():
            if self.hands is None:
                yield begin_at_once
                return
            shared, begun = _share(work_mem), []

            def begin(act, *args):
                view = _View(shared, work_mem)
                answer = self._start(view, act, args)
                begun.append(view)  # only what was really started is waited for
                return answer

            try:
                yield begin
            finally:
                for view in begun:  # it can only be taken over while this transaction is open
                    view.taken.wait()


def _share(work_mem):
    """Make the open transaction see one state of the database, and return the name others find it by."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        _settle(cursor, work_mem)
        cursor.execute("SELECT pg_export_snapshot()")
        return cursor.fetchone()[0]


def _settle(cursor, work_mem):
    """For the statements of one transaction: memory; no compiling, which takes longer than what it saves here; no
    helpers of the server's, which would only keep from work what goes on beside."""
    cursor.execute(f"SET LOCAL work_mem = '{work_mem}'")
    cursor.execute("SET LOCAL jit = off")
    cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")


class _View:
    """A transaction of the thread's own connection that sees what was shared; `taken` is set once it does."""

    def __init__(self, shared, work_mem):
        self.shared, self.work_mem, self.taken = shared, work_mem, Event()
        self.transaction = transaction.atomic()

    def __enter__(self):
        try:
            with ExitStack() as opened:  # whoever comes next in this thread must not be inside a failed transaction
                opened.enter_context(self.transaction)
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    cursor.execute("SET TRANSACTION SNAPSHOT %s", [self.shared])
                    _settle(cursor, self.work_mem)
                opened.pop_all()
        finally:
            self.taken.set()

    def __exit__(self, *failure):
        return self.transaction.__exit__(*failure)
