"""The sets of customers behind the marks of the KPI page, as the list of customers narrows by them: `?kpi=12m.lost`."""

from datetime import date

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.templatetags.amounts import month as month_words
from customers.vocabulary_care import Kpi
from retention.kpis import figures, selectors
from retention.kpis.periods import NAMES
from retention.models import RetentionKPI

WORDS = {
    "customers": _("Customers of the period"),
    "active": _("Customers of the period before"),
    "kept": pgettext_lazy("customers", "Kept"),
    "gone": pgettext_lazy("customers", "Not kept"),
    "share": _("Demand known"),
    "assets": _("Profit and lifetime value known"),
    "opening": _("Customers at the beginning"),
    "new": pgettext_lazy("customers", "New"),
    "back": pgettext_lazy("customers", "Won back"),
    "lost": pgettext_lazy("customers", "Lost"),
    "closing": _("Customers at the end"),
    "unscored": _("Customers without a composite"),
}
BANDS = [f"band-{place}" for place in range(len(figures.EDGES) - 1)]


def weights():
    """Percent by KPI, in their order; a KPI that was deleted weighs nothing."""
    found = dict(RetentionKPI.objects.values_list("code", "weight"))
    return [found.get(code, 0) for code in selectors.CODES]


def value_of(period, name, month=None):
    """The value of the parameter: period, set and, where it is of one month, its last day."""
    return f"{period}.{name}" if month is None else f"{period}.{name}.{month:%Y-%m}"


class KpiSet:
    """Period and set, as `12m.kept` or `12m.lost.2025-11`."""

    def members(self, value, night):
        period, _dot, name = value.partition(".")
        if not night or period not in NAMES:
            return None
        measured = selectors.measured(night, period)
        mask = figures.sets(measured, weights()).get(name)
        return None if mask is None else measured.ids[mask]

    def words(self, value, night):
        period, _dot, name = value.partition(".")
        name, _dot, month = name.partition(".")
        told = self._told(name, month)
        if told is None or period not in NAMES:
            return gettext("Unknown set of customers: %(value)s") % {"value": value}
        return gettext("%(set)s · %(period)s") % {"set": told, "period": NAMES[period]}

    def _told(self, name, month):
        if month:
            words = WORDS.get(name)
            return words and gettext("%(set)s, %(month)s") % {"set": words, "month": month_of(month)}
        if name in WORDS:
            return WORDS[name]
        if name in BANDS:
            low = figures.EDGES[BANDS.index(name)]
            return gettext("Composite from %(low)s to %(high)s") % {"low": low, "high": low + 20}
        code = name.removeprefix("no-").upper()
        if code not in list(Kpi):
            return None
        kpi = labels.label_of(Kpi, code)
        return gettext("%(kpi)s unknown") % {"kpi": kpi} if name.startswith("no-") else kpi


def month_of(text):
    """`2025-11` as people write it, or as it came."""
    try:
        return month_words(date.fromisoformat(f"{text}-01"))
    except ValueError:
        return text
