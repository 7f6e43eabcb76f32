"""The KPIs of every customer for one night and period, kept by the night: figures and sets are cut from it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from customers.models import Night
from customers.selectors.nights import COMPLETE
from customers.vocabulary_care import Kpi
from retention.kpis import frames
from retention.kpis.periods import period_of
from retention.models import RetentionKPI
from retention.models.losses import care_policy
from retention.numerics import funnel, kpi_facts, kpis

CODES = [kpi.value for kpi in Kpi]
KEPT = 4  # periods a process keeps
NEAR = 31  # days: a kept night this near to the end of a period speaks for it


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
    """The Measured of a night and a kind of period, in memory while the night's checksum stands for it."""
    policy = care_policy()
    rule = (policy.lost_gaps, policy.lost_days)
    scales = tuple((kpi.code, kpi.worst, kpi.best) for kpi in RetentionKPI.objects.all())
    read = _kept if night.checksum else _kept.__wrapped__
    return read(night.pk, night.checksum, code, rule, scales)


@lru_cache(maxsize=KEPT)
def _kept(night_id, checksum, code, rule, scales):
    night = Night.objects.get(pk=night_id)
    period = period_of(code, night.as_of)
    people = frames.read_people(night_id)
    purchases = kpi_facts.Purchases.of(*frames.read_purchases(people, period.until), len(people.ids))
    return _Work(night, period, people, purchases, rule, {k: (w, b) for k, w, b in scales}).measured()


class _Work:
    """Everything read for one night and period, and how it becomes a Measured."""

    def __init__(self, night, period, people, purchases, rule, scales):
        self.night, self.period, self.people, self.purchases, self.scales = night, period, people, purchases, scales
        self.edges = [edge.toordinal() for edge in period.edges]
        self.size = len(people.ids)
        gaps, days = rule
        self.patience = np.maximum(days, np.ceil(gaps * np.nan_to_num(people.gap))).astype("i8")
        self.first = purchases.first()
        self.contracts = frames.read_contracts(people, period.until)
        self.silences = funnel.silences(purchases.position, purchases.day, self.patience)
        self.losses = self._until_bought(frames.read_losses(people, period.until))
        self.counts = [purchases.counts(self.edges[k + 1], self.edges[k]) for k in range(3)]
        self._states = {}

    def _until_bought(self, losses):
        """A recorded loss is over at the latest with the next purchase."""
        bought = self.purchases.next(losses.position, losses.start + 1)
        return funnel.Intervals(losses.position, losses.start, np.minimum(losses.end, bought))

    def present(self, day):
        """Who is a customer on the evening of a day: has bought, and is lost neither by silence nor by word."""
        if day not in self._states:
            away = self.silences.covers(day, self.size) & ~self.contracts.covers(day, self.size)
            away |= self.losses.covers(day, self.size) | (self.people.exited <= day)
            self._states[day] = (self.first <= day) & ~away
        return self._states[day]

    def months(self, back):
        """The flows of the months of a period: [(day before, last day, Flow)]."""
        found = []
        for after, until in self.period.months(back):
            begin, end = after.toordinal(), until.toordinal()
            flow = funnel.flow(self.first, self.present(begin), self.present(end), begin, end)
            found.append((after, until, flow))
        return tuple(found)

    def measured(self):
        facts = self._facts()
        equity = self._equity_before()
        raws = [self._raw(k, facts) for k in (0, 1)]
        scores = self._scores(raws)
        months = [self.months(0), self.months(1)]
        sides = [
            self._side(k, raws[k], scores[k], facts, worth, funnel.over([flow for *_days, flow in months[k]]))
            for k, worth in enumerate((self.people.clv, equity[1]))
        ]
        return Measured(self.period, self.people.ids, self.people.axes, *sides, months[0], equity[0])

    def _equity_before(self):
        """The night whose lifetime values speak for the period before, and those values."""
        end = self.period.edges[1]
        nights = Night.objects.filter(status__in=COMPLETE).exclude(pk=self.night.pk).values_list("as_of", "pk")
        near = min(((abs((day - end).days), -pk) for day, pk in nights), default=(NEAR + 1, 0))
        if near[0] > NEAR:
            return None, np.full(self.size, np.nan)
        return Night.objects.get(pk=-near[1]).as_of, frames.read_equity(-near[1], self.people)

    def _facts(self):
        people, edges = self.people, self.period.edges
        inquiries, discounts = frames.read_asked(people, edges)
        contacts, referrals = frames.read_contacts(people, edges), frames.read_referrals(people, edges)
        complaints, answers = frames.read_complaints(people, edges), frames.read_answers(people, edges)
        known = {
            Kpi.REPEAT.value: True,
            Kpi.DEMAND.value: bool((people.demand > 0).any()),
            Kpi.ATTENTION.value: any(came.any() for _all, came, _rival in contacts),
            Kpi.RIVALS.value: any(r.any() for _a, _c, r in contacts) or bool(answers["lead"].notna().any()),
            Kpi.CHOOSING.value: bool(len(inquiries[0])),
            Kpi.PRICE.value: bool(len(discounts[0])),
            Kpi.TOLERANCE.value: bool(len(complaints[0])),
            Kpi.RECOGNITION.value: any(r.any() for r in referrals) or bool(answers["grade"].notna().any()),
        }
        return {
            "money": frames.read_money(people, edges), "contacts": contacts, "referrals": referrals,
            "inquiries": inquiries, "discounts": discounts, "complaints": complaints, "answers": answers,
            "known": known,
        }  # fmt: skip

    def _under_contract(self, k):
        """Under contract on the last day of a period."""
        return self.contracts.covers(self.edges[k], self.size)

    def active(self, k):
        """Bought in the period (0 = this one), or under contract at its end."""
        return (self.counts[k] > 0) | self._under_contract(k)

    def _raw(self, k, facts):
        """The eight raw values of the period k, (KPIs, customers); NaN for who is no customer of the period."""
        people, size = self.people, self.size
        after, until = self.edges[k + 1], self.edges[k]
        answers = facts["answers"]
        mine = answers[(answers["day"] > after) & (answers["day"] <= until)]
        made, came, rival = facts["contacts"][k]
        compared = mine[mine["lead"].notna()]
        asked = np.bincount(compared["position"], minlength=size)
        ahead = np.bincount(compared.loc[compared["lead"] > 0, "position"], minlength=size)
        inquiry = kpi_facts.answered(self.purchases, *facts["inquiries"], after, until)
        discount = kpi_facts.answered(self.purchases, *facts["discounts"], after, until)
        position, day = facts["complaints"]
        fell = (day > after) & (day <= until)
        grade = np.full(size, np.nan)
        graded = mine[mine["grade"].notna()]
        grade[graded["position"]] = graded["grade"]  # oldest first: the last one stays
        raw = {
            Kpi.REPEAT: kpi_facts.repeats(self.counts[k]),
            Kpi.DEMAND: kpi_facts.satisfied_demand(facts["money"][k][0], people.demand * self._years(k)),
            Kpi.ATTENTION: np.where(made > 0, came, np.nan),
            Kpi.RIVALS: kpi_facts.share(rival + ahead, made + asked),
            Kpi.CHOOSING: kpi_facts.medians(inquiry[0], inquiry[2], size),
            Kpi.PRICE: kpi_facts.share(
                np.bincount(discount[0], minlength=size), np.where(made > 0, self.counts[k], 0)
            ),
            Kpi.TOLERANCE: kpi_facts.tolerated(self.purchases, position[fell], day[fell], self.patience, until),
            Kpi.RECOGNITION: kpi_facts.recognition(facts["referrals"][k], grade),
        }  # fmt: skip
        rows = np.vstack([np.where(facts["known"][kpi.value], raw[kpi], np.nan) for kpi in Kpi])
        return np.where(self.active(k) | self.active(k + 1), rows, np.nan)

    def _years(self, k):
        return self.period.days(k) / kpis.YEAR

    def _scores(self, raws):
        found = [np.full_like(raw, np.nan) for raw in raws]
        for row, code in enumerate(CODES):
            worst, best = self.scales.get(code, (None, None))
            if worst is None:
                within = kpis.score_within(raws[0][row], raws[1][row], self.people.axes["level"])
                found[0][row], found[1][row] = within
                continue
            for k, raw in enumerate(raws):
                part = self._years(k) if code == Kpi.REPEAT else 1.0
                found[k][row] = kpis.score(raw[row], worst * part, best * part)
        return found

    def _side(self, k, raw, scores, facts, equity, flow):
        amount, profit = facts["money"][k]
        before = self.active(k + 1)
        return Side(
            base=self.active(k) | before,
            active_before=before,
            kept=before & self.active(k),
            raw=raw.astype("f4"),
            scores=scores.astype("f4"),
            amount=amount,
            demand=self.people.demand * self._years(k),
            profit=profit,
            equity=equity,
            flow=flow,
            days=self.period.days(k),
        )
