"""The KPIs of one night and period as pages and lists read them: worked out once, kept until the next night."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from customers.vocabulary_care import Kpi
from retention.kpis import measuring, services
from retention.kpis.periods import period_of
from retention.models import KpiMeasure, RetentionKPI
from retention.models.losses import care_policy
from retention.numerics import funnel, kpis

CODES = [kpi.value for kpi in Kpi]
HELD = 4  # periods a process holds in memory


@dataclass(frozen=True, eq=False)
class Side:
    """One period of every customer: masks and columns aligned with the ids. Money is of the period."""

    base: np.ndarray  # customers of the period: active in it or in the one before
    active_before: np.ndarray
    kept: np.ndarray  # of those active before
    raw: np.ndarray  # (KPIs, customers)
    scores: np.ndarray
    amount: np.ndarray
    demand: np.ndarray
    profit: np.ndarray
    equity: np.ndarray  # NaN = unknown
    flow: funnel.Flow  # came, went and came back in any of its months
    days: int


@dataclass(frozen=True, eq=False)
class Measured:
    """All that the page and the list know of one night and period."""

    period: object
    ids: np.ndarray
    axes: dict
    now: Side
    before: Side
    months: tuple  # of (day before, last day, Flow)
    equity_as_of: object  # the night whose lifetime values speak for the period before; None: there is none


def measured(night, code):
    """The Measured of a night and a kind of period.

    What was worked out first stands until the next night, for every process the same. A night without a checksum (one
    that is not finished) is worked out anew each time.
    """
    scales = tuple((kpi.code, kpi.worst, kpi.best) for kpi in RetentionKPI.objects.all())
    if night.checksum:
        found = kept(night, code)
        try:
            return _held(found.pk, found.made_at, scales)
        except KpiMeasure.DoesNotExist:
            pass  # that of a new night took its place meanwhile
    period = period_of(code, night.as_of)
    return _built(measuring.worked_out(night, period, _rule()), period, scales)


def own_composite(night, customer_id, weights, code="12m"):
    """The composite of one customer in a period that has been worked out already; None where it has not, or is unknown.

    weights: percent by KPI, in their order.
    """
    rows = KpiMeasure.objects.filter(night=night.pk, period=code, rule=services.told(_rule()))
    if not night.checksum or not rows.exists():
        return None
    found = measured(night, code)
    place = int(np.searchsorted(found.ids, customer_id))
    if place >= len(found.ids) or found.ids[place] != customer_id:
        return None
    own = float(kpis.composite(found.now.scores[:, place], weights))
    return None if np.isnan(own) else own


def kept(night, code):
    """The kept measure of a night and period (without its content), worked out now where there is none."""
    rule = _rule()
    rows = KpiMeasure.objects.defer("content").filter(night=night.pk, period=code, rule=services.told(rule))
    found = rows.first()
    if found is None:
        arrays = measuring.worked_out(night, period_of(code, night.as_of), rule)
        found = services.keep(night=night, period=code, rule=rule, arrays=arrays)
    return found


def _rule():
    policy = care_policy()
    return policy.lost_gaps, policy.lost_days


@lru_cache(maxsize=HELD)
def _held(measure_id, made_at, scales):
    row = KpiMeasure.objects.select_related("night").get(pk=measure_id)
    return _built(services.unpacked(row.content), period_of(row.period, row.night.as_of), scales)


def _built(arrays, period, scales):
    """A Measured of the arrays of `measuring.worked_out`, scored by the scales as they are now."""
    months = [_months(arrays, period, back) for back in (0, 1)]
    scores = _scores(arrays, period, {code: (worst, best) for code, worst, best in scales})
    sides = []
    for k in (0, 1):
        active, before = arrays["active"][k], arrays["active"][k + 1]
        sides.append(
            Side(
                base=active | before,
                active_before=before,
                kept=before & active,
                raw=arrays["raw"][k],
                scores=scores[k],
                amount=arrays["amount"][k],
                demand=arrays["demand"] * (period.days(k) / kpis.YEAR),
                profit=arrays["profit"][k],
                equity=arrays["equity"][k],
                flow=funnel.over([flow for *_days, flow in months[k]]),
                days=period.days(k),
            )
        )
    day = int(arrays["equity_day"])
    axes = {axis: arrays[axis] for axis in ("stage", "quadrant", "level")}
    return Measured(period, arrays["ids"], axes, *sides, months[0], date.fromordinal(day) if day else None)


def _months(arrays, period, back):
    """The flows of the months of a period: [(day before, last day, Flow)]."""
    present = arrays[f"present{back}"]
    return tuple(
        (after, until, funnel.flow(arrays["first"], present[k], present[k + 1], after.toordinal(), until.toordinal()))
        for k, (after, until) in enumerate(period.months(back))
    )


def _scores(arrays, period, scales):
    raws = arrays["raw"]
    found = np.full_like(raws, np.nan)
    for row, code in enumerate(CODES):
        worst, best = scales.get(code, (None, None))
        if worst is None:
            found[:, row] = kpis.score_within(raws[0][row], raws[1][row], arrays["level"])
            continue
        for k in (0, 1):
            part = period.days(k) / kpis.YEAR if code == Kpi.REPEAT else 1.0  # repeat purchases are meant a year
            found[k, row] = kpis.score(raws[k][row], worst * part, best * part)
    return found
