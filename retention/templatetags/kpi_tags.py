"""How the KPI page writes: raw values in their units, changes against the period before, links to the customers."""

from django import template
from django.db.models import F, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from customers.models import Receivable, SurveyResponse
from customers.templatetags import amounts
from customers.vocabulary_care import Kpi
from retention.kpis.selectors import own_composite
from retention.kpis.sets import value_of, weights

register = template.Library()
POINTS, SCORE, COUNT = "points", "score", "count"


@register.simple_tag
def customers_of(period, name, narrows="", month=None):
    """The address of the customers behind a mark."""
    more = f"&{narrows}" if narrows else ""
    return f"{reverse('customers:list')}?kpi={value_of(period.code, name, month)}{more}"


@register.simple_tag
def change(figure, kind=POINTS, more_is="good"):
    """The signed difference from the period before, coloured by whether it is good news; a dash where unknown."""
    value = figure.change
    if value is None:
        return format_html('<span class="muted" title="{}">—</span>', _("the period before cannot be told"))
    text = {
        POINTS: lambda: amounts.points(value),
        SCORE: lambda: amounts.signed(value, 1),
        COUNT: lambda: amounts.signed(value),
    }[kind]()
    flat = not any(digit in text for digit in "123456789")
    good = (value > 0) == (more_is == "good")
    css = "delta-flat" if flat or more_is == "" else "delta-up" if good else "delta-down"
    arrow = "" if flat else "▲" if value > 0 else "▼"
    return format_html('<span class="{} nowrap"><span aria-hidden="true">{}</span>{}</span>', css, arrow, text)


@register.inclusion_tag("retention/kpis/trio.html")
def loyal_trio(customer, night):
    """What a firm watches in a loyal customer (text 001, L17c): satisfaction, loyalty, how reliably it pays."""
    day = night.as_of
    answers = SurveyResponse.objects.filter(customer=customer, date__lte=day, satisfaction__isnull=False)
    due = Receivable.objects.filter(customer=customer, due__lte=day)
    late = due.filter(Q(paid_on__gt=F("due")) | Q(paid_on=None, due__lt=day))
    return {
        "customer": customer,
        "answer": answers.order_by("-date", "-id").first(),
        "loyalty": own_composite(night, customer.pk, weights()),
        "due": due.count(),
        "late": late.count(),
    }


@register.filter
def raw_words(row):
    """The mean raw value of a KPI in its unit."""
    value = row.raw.now
    if value is None:
        return amounts.EMPTY
    if row.code == Kpi.REPEAT:
        return _("%(n)s more purchases each") % {"n": amounts.number(value, 1)}
    if row.code == Kpi.DEMAND:
        return _("%(share)s of the demand") % {"share": amounts.percent(value, 0)}
    if row.code == Kpi.ATTENTION:
        return _("%(n)s times they came to us") % {"n": amounts.number(value, 1)}
    if row.code == Kpi.RIVALS:
        return _("%(share)s speak for a competitor") % {"share": amounts.percent(value, 1)}
    if row.code == Kpi.CHOOSING:
        return ngettext("%(n)s day to the order", "%(n)s days to the order", round(value)) % {
            "n": amounts.number(value, 1)
        }
    if row.code == Kpi.PRICE:
        return _("discount asked for %(share)s of the orders") % {"share": amounts.percent(value, 1)}
    if row.code == Kpi.TOLERANCE:
        return _("%(share)s bought again") % {"share": amounts.percent(value, 0)}
    return _("%(n)s of 5") % {"n": amounts.number(value, 1)}


@register.filter
def month_word(day):
    """A month in short, as an axis needs it: Mar, 3月."""
    if (get_language() or "").startswith("zh"):
        return f"{day.month}月"
    return date_format(day, "M")
