"""The periods of the KPI page: each with the equal periods before it, and cut into months."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

YEAR = 365
DEFAULT = "12m"
MONTHS = {"quarter": 3, "half": 6, "year": 12}
NAMES = {
    "12m": _("Last 12 months"),
    "quarter": _("Last whole quarter"),
    "half": _("Last whole half-year"),
    "year": _("Last whole year"),
}


@dataclass(frozen=True)
class Period:
    """A period by its edges: the last days of it and of the three equal ones before (edges[0] is the latest)."""

    code: str
    edges: tuple

    @property
    def until(self):
        return self.edges[0]

    @property
    def first(self):
        return self.edges[1] + timedelta(days=1)

    @property
    def name(self):
        return NAMES[self.code]

    def days(self, back=0):
        """Length of the period, or of the one so many before it."""
        return (self.edges[back] - self.edges[back + 1]).days

    def months(self, back=0):
        """The period (or the one so many before it) cut at the ends of months: [(day before, last day)].

        The first and the last may be parts of months.
        """
        until, cuts = self.edges[back], [self.edges[back + 1]]
        while True:
            end = shifted(cuts[-1] + timedelta(days=1), 1) - timedelta(days=1)
            if end >= until:
                return list(pairwise([*cuts, until]))
            cuts.append(end)


def shifted(day, months):
    """The first of a month, so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def period_of(code, as_of):
    """The latest period of a kind that is over on the evening of as_of. Raises KeyError for an unknown kind."""
    if code == DEFAULT:
        return Period(code, tuple(as_of - timedelta(days=YEAR * back) for back in range(4)))
    size = MONTHS[code]
    following = (as_of + timedelta(days=1)).replace(day=1)
    begin = shifted(following, -((following.month - 1) % size))
    return Period(code, tuple(shifted(begin, -size * back) - timedelta(days=1) for back in range(4)))
