"""Working out the KPIs of every customer for one night and period: everything read once, told as plain arrays."""

import numpy as np

from customers.models import Night
from customers.selectors.nights import COMPLETE
from customers.vocabulary_care import Kpi
from retention.kpis import frames
from retention.numerics import funnel, kpi_facts, kpis

NEAR = 31  # days: a kept night this near to the end of a period speaks for it
LATEST = np.iinfo(np.int32).max  # a day that has not come


def worked_out(night, period, rule):
    """Arrays by name, aligned with `ids`; k = 0 is the period, 1 the one before. Lifetime of who reads them: the night.

    rule: (own gaps, days) of silence after which somebody is lost. stage, quadrant, level: places in the vocabulary;
    first: day of the first purchase; present0, present1: customers on the days between the months of each period;
    active: (this, the one before, the one before that); raw: (k, KPI); amount, profit: (k); demand: a year;
    equity: lifetime values (k), equity_day: of the night that speaks for the period before, 0 = none.
    """
    people = frames.read_people(night.pk)
    purchases = kpi_facts.Purchases.of(*frames.read_purchases(people, period.until), len(people.ids))
    return _Work(night, period, people, purchases, rule).arrays()


class _Work:
    """What was read for one night and period."""

    def __init__(self, night, period, people, purchases, rule):
        self.night, self.period, self.people, self.purchases = night, period, people, purchases
        self.edges = [edge.toordinal() for edge in period.edges]
        self.size = len(people.ids)
        gaps, days = rule
        self.patience = np.maximum(days, np.ceil(gaps * np.nan_to_num(people.gap))).astype("i8")
        self.first = purchases.first()
        self.contracts = frames.read_contracts(people, period.until)
        self.silences = funnel.silences(purchases.position, purchases.day, self.patience)
        self.losses = self._until_bought(frames.read_losses(people, period.until))
        self.counts = [purchases.counts(self.edges[k + 1], self.edges[k]) for k in range(3)]

    def _until_bought(self, losses):
        """A recorded loss is over at the latest with the next purchase."""
        bought = self.purchases.next(losses.position, losses.start + 1)
        return funnel.Intervals(losses.position, losses.start, np.minimum(losses.end, bought))

    def arrays(self):
        facts = self._facts()
        equity_day, equity = self._equity_before()
        active = np.array([self._active(k) for k in range(3)])
        return {
            "ids": self.people.ids,
            **{axis: places.astype("i1") for axis, places in self.people.axes.items()},
            "first": np.minimum(self.first, LATEST).astype("i4"),
            "present0": self._present(0),
            "present1": self._present(1),
            "active": active,
            "raw": np.array([self._raw(k, facts, active[k] | active[k + 1]) for k in (0, 1)], dtype="f4"),
            "amount": np.array([amount for amount, _profit in facts["money"]], dtype="f4"),
            "profit": np.array([profit for _amount, profit in facts["money"]], dtype="f4"),
            "demand": self.people.demand.astype("f4"),
            "equity": np.array([self.people.clv, equity], dtype="f4"),
            "equity_day": np.array(equity_day),
        }

    def _present(self, k):
        """Who is a customer on the evening of each day between the months of a period, its two ends included."""
        months = self.period.months(k)
        days = [months[0][0], *(until for _after, until in months)]
        return np.array([self._on(day.toordinal()) for day in days])

    def _on(self, day):
        """Who has bought by a day, and is lost neither by silence nor by word nor parted."""
        away = self.silences.covers(day, self.size) & ~self.contracts.covers(day, self.size)
        away |= self.losses.covers(day, self.size) | (self.people.exited <= day)
        return (self.first <= day) & ~away

    def _active(self, k):
        """Bought in the period (0 = this one), or under contract on its last day."""
        return (self.counts[k] > 0) | self.contracts.covers(self.edges[k], self.size)

    def _equity_before(self):
        """The day of the night that speaks for the period before (0 = none), and its lifetime values."""
        end = self.period.edges[1]
        nights = Night.objects.filter(status__in=COMPLETE).exclude(pk=self.night.pk).values_list("as_of", "pk")
        apart, number, day = min(((abs((day - end).days), -pk, day) for day, pk in nights), default=(NEAR + 1, 0, None))
        if apart > NEAR:
            return 0, np.full(self.size, np.nan)
        return day.toordinal(), frames.read_equity(-number, self.people)

    def _facts(self):
        people, edges = self.people, self.period.edges
        inquiries, discounts = frames.read_asked(people, edges)
        contacts, referrals = frames.read_contacts(people, edges), frames.read_referrals(people, edges)
        complaints, answers = frames.read_complaints(people, edges), frames.read_answers(people, edges)
        return {
            "money": frames.read_money(people, edges), "contacts": contacts, "referrals": referrals,
            "inquiries": inquiries, "discounts": discounts, "complaints": complaints, "answers": answers,
            "known": {  # nothing of a kind in the whole firm: unknown for everybody, never zero
                Kpi.ATTENTION: any(came.any() for _all, came, _rival in contacts),
                Kpi.RIVALS: any(rival.any() for *_rest, rival in contacts) or bool(answers["lead"].notna().any()),
                Kpi.PRICE: bool(len(discounts[0])),
            },
        }  # fmt: skip

    def _raw(self, k, facts, base):
        """The eight raw values of the period k; NaN for who is no customer of the period."""
        people, size = self.people, self.size
        after, until = self.edges[k + 1], self.edges[k]
        mine = facts["answers"][(facts["answers"]["day"] > after) & (facts["answers"]["day"] <= until)]
        made, came, rival = facts["contacts"][k]
        compared, graded = mine[mine["lead"].notna()], mine[mine["grade"].notna()]
        asked = np.bincount(compared["position"], minlength=size)
        ahead = np.bincount(compared.loc[compared["lead"] > 0, "position"], minlength=size)
        inquiry = kpi_facts.answered(self.purchases, *facts["inquiries"], after, until)
        discount = kpi_facts.answered(self.purchases, *facts["discounts"], after, until)
        position, day = facts["complaints"]
        fell = (day > after) & (day <= until)
        grade = np.full(size, np.nan)
        grade[graded["position"]] = graded["grade"]  # oldest first: the last one stays
        need = people.demand * (self.period.days(k) / kpis.YEAR)
        haggled, orders = np.bincount(discount[0], minlength=size), np.where(made > 0, self.counts[k], 0)
        raw = {
            Kpi.REPEAT: kpi_facts.repeats(self.counts[k]),
            Kpi.DEMAND: kpi_facts.satisfied_demand(facts["money"][k][0], need),
            Kpi.ATTENTION: np.where(made > 0, came, np.nan),
            Kpi.RIVALS: kpi_facts.share(rival + ahead, made + asked),
            Kpi.CHOOSING: kpi_facts.medians(inquiry[0], inquiry[2], size),
            Kpi.PRICE: kpi_facts.share(haggled, orders),
            Kpi.TOLERANCE: kpi_facts.tolerated(self.purchases, position[fell], day[fell], self.patience, until),
            Kpi.RECOGNITION: kpi_facts.recognition(facts["referrals"][k], grade),
        }
        rows = np.array([raw[kpi] if facts["known"].get(kpi, True) else np.full(size, np.nan) for kpi in Kpi])
        return np.where(base, rows, np.nan)
