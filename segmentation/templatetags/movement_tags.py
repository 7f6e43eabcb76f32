"""Tags of the movement pages: addresses of flows, names of places (also of being nowhere), bars of lengths of stay."""

from django import template
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import pgettext

from customers import labels
from customers.templatetags.amounts import number
from customers.templatetags.marks import mark
from customers.vocabulary import Level, Quadrant, Stage

register = template.Library()
ENUMS = {"quadrant": Quadrant, "level": Level, "stage": Stage}
OUT = "OUT"  # in addresses: outside the axis


def _address(context, name, **params):
    chosen = context["chosen"]
    query = QueryDict(context.get("query", ""), mutable=True)
    for key, value in {"from": chosen.before.pk, "to": chosen.night.pk, "axis": chosen.axis, **params}.items():
        query[key] = str(value)
    return f"{reverse(name)}?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def flow_url(context, was=None, now=None, cause=None):
    """The list of the customers of a flow: ``{% flow_url "HL" "HH" %}``; an empty code is outside the axis."""
    asked = {name: code or OUT for name, code in (("was", was), ("now", now)) if code is not None}
    return _address(context, "segmentation:movement_list", **asked, **({"cause": cause} if cause else {}))


@register.simple_tag(takes_context=True)
def movement_url(context):
    """The picture of the same two nights, axis and filters."""
    chosen = context.get("chosen")
    return _address(context, "segmentation:movement") if chosen and chosen.before else reverse("segmentation:movement")


@register.simple_tag
def place_name(axis, code, side, short=False):
    """A place in words; an empty code is "new" on the earlier side and "no longer" on the later one."""
    if not code:
        return pgettext("movement", "New") if side == "was" else pgettext("movement", "No longer")
    return code if short and axis == "quadrant" else labels.label_of(ENUMS[axis], code)


@register.simple_tag
def place_mark(axis, code, side):
    """A place as its mark; in words where it is none."""
    return mark(axis, code) if code else format_html('<span class="muted">{}</span>', place_name(axis, code, side))


@register.simple_tag
def stay_bar(dwell):
    """How long those who are there have been there, as one stacked bar; the numbers on hover and for screen readers."""
    if not dwell.now:
        return ""
    start, parts = 0.0, []
    for k, count in enumerate(dwell.lengths):
        width = 100 * count / dwell.now
        parts.append((k, f"{start:.2f}", f"{width:.2f}"))
        start += width
    rects = format_html_join("", '<rect class="s-{}" x="{}" width="{}" height="8"></rect>', parts)
    words = " / ".join(number(count) for count in dwell.lengths)
    return format_html(
        '<svg class="stay-bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        words,
        words,
        rects,
    )
