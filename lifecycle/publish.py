"""The door through which the lifecycle wing writes in bulk: stage changes and fitted models."""

from functools import cached_property

import numpy as np
from django.db import connection

from customers import copying
from customers.dialect import code, ordinal, postgres
from customers.vocabulary import NightOrigin, NightStatus, Stage, StageRule
from lifecycle.models import ModelFit

TABLE = "lifecycle_stagechange"
# Words by the numbers they are packed as; the frequent ones first, for the server compares a text with one by one.
STAGES = ["FORMATION", "EXPLORATION", "PROSPECT", "STABLE", "DECLINE", ""]
STAGES += [stage.value for stage in Stage if stage.value not in STAGES]
RULES = ["MATURING", "YOUNG", "STEADY", "SHRINKING", "GROWING"]
RULES += [rule.value for rule in StageRule if rule.value not in RULES]
# One number per change: customer, day and the three codes, so that two sets of changes are compared by sorting.
DAY_BITS, CODE_BITS = 20, 5


class StageChanges:
    """The stage changes of a night, to be made those that hold once it is published; only differences are written.

    changes: DataFrame customer_id, as_of (ordinal), before, after, rule (categories); evidence(changes) gives the
    measures that decided as JSON texts, asked for new rows only; as_of: the night's date; stored: returns what
    `read_stored` found. What the night says no longer is kept and marked as withdrawn, up to the night's date.
    """

    def __init__(self, changes, evidence, as_of, stored):
        self.changes, self.evidence, self.as_of, self.stored = changes, evidence, as_of, stored

    @cached_property
    def difference(self):
        """Ids of rows to withdraw, new changes, and their evidence."""
        ids, stored, days = self.stored()
        wanted = _wanted(self.changes)
        gone = ids[_absent(stored, wanted) & (days <= self.as_of.toordinal())]
        new = self.changes[_absent(wanted, stored)]
        return gone, new, self.evidence(new) if len(new) else []

    def prepare(self, night):
        """Find the difference ahead of the publication; a replay has none."""
        if night.origin != NightOrigin.REPLAY.value:
            self.difference  # noqa: B018 - worked out once, kept

    def sync(self, night):
        """Write the difference; a night that is not published, such as a replay, writes nothing. Returns counts."""
        if night.status != NightStatus.PUBLISHED.value:
            return {}
        gone, new, evidence = self.difference
        if len(gone):
            _withdraw(gone, self.as_of)
        if len(new):
            copying.write_rows(connection, TABLE, self._columns(new, evidence))
        return {"stage_changes_added": len(new), "stage_changes_removed": len(gone)}

    def _columns(self, new, evidence):
        return {
            "customer_id": ("id", new["customer_id"].to_numpy()),
            "as_of": ("day", new["as_of"].to_numpy()),
            "before": ("text", new["before"].astype(object).fillna("").to_numpy()),
            "after": ("text", new["after"].astype(object).to_numpy()),
            "rule": ("text", new["rule"].astype(object).fillna("").to_numpy()),
            "evidence": ("json", evidence),
            "decided_on": ("day", np.full(len(new), self.as_of.toordinal())),
        }


def _absent(keys, among):
    """Which keys are not among the others; the changes of both sides come nearly sorted, which makes sorting cheap."""
    if not len(among):
        return np.ones(len(keys), dtype=bool)
    known = np.sort(among, kind="stable")
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] != keys


def _packed(customer, day, before, after, rule):
    key = customer.astype("i8") << DAY_BITS | day.astype("i8")
    for place in (before, after, rule):
        key = key << CODE_BITS | place.astype("i8")
    return key


def _wanted(changes):
    """The night's changes as packed keys."""
    codes = [
        np.array([words.index(word) for word in changes[name].cat.categories])[changes[name].cat.codes]
        for name, words in (("before", STAGES), ("after", STAGES), ("rule", RULES))
    ]
    return _packed(changes["customer_id"].to_numpy(), changes["as_of"].to_numpy(), *codes)


def read_stored():
    """Ids, packed keys and days of the changes that hold."""
    codes = ordinal("as_of")
    for column, words in (("before", STAGES), ("after", STAGES), ("rule", RULES)):
        codes = f"({codes}) * {1 << CODE_BITS} + {code(column, words, 0)}"
    sql = f"SELECT id, customer_id, {codes} FROM {TABLE} WHERE withdrawn_on IS NULL"
    rows = copying.read_numbers(connection, sql, [], dict.fromkeys(["id", "customer", "codes"], "int8"))
    tail = 3 * CODE_BITS
    return rows["id"], rows["customer"] << DAY_BITS + tail | rows["codes"], rows["codes"] >> tail


def _withdraw(ids, as_of):
    """Mark as no longer said, in one statement."""
    update = f"UPDATE {TABLE} SET withdrawn_on = %s WHERE id"
    with connection.cursor() as cursor:
        if postgres():
            cursor.execute(f"{update} = ANY(%s)", [as_of, ids.tolist()])
        else:
            cursor.execute(f"{update} IN (SELECT value FROM json_each(%s))", [as_of, str(ids.tolist())])


def record_fits(night, fits, window=(None, None)):
    """Keep the fits of this night: the next one starts from them and can be compared with them."""
    ModelFit.objects.filter(night=night).delete()
    ModelFit.objects.bulk_create(
        ModelFit(
            night=night,
            kind=fit.kind,
            segment=str(fit.segment)[:80],
            params={name: float(value) for name, value in fit.params.items()},
            log_likelihood=fit.log_likelihood,
            customers=fit.customers,
            repeaters=fit.repeaters,
            converged=fit.converged,
            usable=fit.usable,
            reason=fit.reason,
            method=str(fit.method),
            standard_errors=fit.standard_errors,
            iterations=fit.iterations,
            gradient=fit.gradient,
            data_from=window[0],
            data_to=window[1],
            expected=list(fit.expected),
            actual=list(fit.actual),
        )
        for fit in fits
    )
    return {"fits": len(fits)}
