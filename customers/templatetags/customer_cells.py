"""One cell of the customer list, by column; and the small words that customer pages share."""

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from customers import labels
from customers.book import FIRM_SHARE
from customers.templatetags import amounts
from customers.templatetags.marks import mark, stage_extra
from customers.templatetags.shell import icon

register = template.Library()


@register.simple_tag(takes_context=True)
def cell(context, customer, column):
    """What a customer shows in a column; a dash where nothing is known."""
    draw = DRAWERS.get(column.key) or DRAWERS[column.kind]
    return draw(context, customer, value_of(customer, column))


def value_of(customer, column):
    """The value of a column: of the customer itself or of its standing, None where there is none."""
    row = customer
    for name in column.source.split("__"):
        row = getattr(row, name, None)
        if row is None:
            return None
    return row


def _axes(context, customer, value):
    s = customer.standing
    drawn = [mark("tier", customer.tier, "", True)]
    if s:
        drawn += [
            mark("stage", s.stage, stage_extra(s.sub_state, s.stage_rule), True),
            mark("quadrant", s.quadrant, "", True),
            near_line(s),
            mark("level", s.level, s.sublevel, True),
            mark("role", s.role, "", True),
        ]
    return format_html('<span class="marks">{}</span>', format_html("".join("{}" for _mark in drawn), *drawn))


@register.simple_tag
def near_line(standing):
    """A small mark where a little noise in the judgements would move a customer to another quadrant."""
    share = getattr(standing, "quadrant_stability", None)
    if share is None or share >= FIRM_SHARE:
        return ""
    why = _("Near the line: in %(share)s of the draws it stands in this quadrant.")
    why = why % {"share": amounts.percent(share, 0)}
    return format_html('<span class="near-line" title="{}" aria-label="{}" role="img">≈</span>', why, why)


def _warning(context, customer, value):
    parts = []
    if customer.restricted:
        parts.append(format_html('<span class="badge is-bad">{}</span>', _("Restricted")))
    if value:
        standing = customer.standing
        risk = amounts.percent(standing.churn_risk if standing.loss_risk is None else standing.loss_risk, 0)
        parts.append(
            format_html(
                '<span class="badge is-warn" title="{}">{}</span>',
                _("Churn risk %(risk)s") % {"risk": risk},
                _("Warned"),
            )
        )
    if customer.proposed_tier:
        parts.append(format_html('<span class="badge is-info">{}</span>', _("Tier proposed")))
    return format_html(" ".join("{}" for _part in parts), *parts) if parts else ""


def _owner(context, customer, value):
    return value.display_name if value else format_html('<span class="muted">{}</span>', _("Nobody"))


def _last_order(context, customer, value):
    night = context.get("night")
    if value is None:
        return amounts.EMPTY
    return format_html(
        '<span title="{}">{}</span>', amounts.ago(value, night.as_of if night else None), amounts.day(value)
    )


def _code(context, customer, value):
    return value or amounts.EMPTY


def _axis(axis, second=""):
    def draw(context, customer, value):
        extra = getattr(customer.standing, second, "") if second and customer.standing else ""
        if axis == "stage" and customer.standing:
            extra = stage_extra(extra, customer.standing.stage_rule)
        return mark(axis, value, extra) if value else amounts.EMPTY

    return draw


def _quadrant(context, customer, value):
    drawn = _axis("quadrant")(context, customer, value)
    return format_html("{} {}", drawn, near_line(customer.standing)) if value else drawn


def _word(name):
    def draw(context, customer, value):
        return labels.label_of(customer._meta.get_field(name).enum, value) if value else amounts.EMPTY

    return draw


DRAWERS = {
    "axes": _axes,
    "warning": _warning,
    "owner": _owner,
    "last_order": _last_order,
    "tier": _axis("tier"),
    "proposed_tier": _axis("tier"),
    "stage": _axis("stage", "sub_state"),
    "quadrant": _quadrant,
    "level": _axis("level", "sublevel"),
    "role": _axis("role"),
    "scale": _word("scale"),
    "buying_step": _word("buying_step"),
    "text": lambda context, customer, value: value or amounts.EMPTY,
    "money": lambda context, customer, value: amounts.compact(context, value),
    "number": lambda context, customer, value: amounts.number(value, 2),
    "whole": lambda context, customer, value: amounts.number(value),
    "share": lambda context, customer, value: amounts.percent(value, 0),
    "date": lambda context, customer, value: amounts.day(value),
}


@register.inclusion_tag("customers/parts/filter_field.html")
def filter_field(bound):
    """One filter of the panel: choices fold away unless one of them is on; ranges stand side by side."""
    chosen = bound.value() or []
    ends = getattr(bound.field.widget, "widgets", None)
    many = hasattr(bound.field, "choices") and not ends
    return {
        "field": bound,
        "many": many,
        "range": bool(ends),
        "check": getattr(bound.field.widget, "input_type", "") == "checkbox" and not many,
        "on": bool(chosen) if many else any(chosen) if ends else bool(chosen),
        "count": len(chosen) if many else 0,
        "low": bound.data[0] if ends and bound.data else "",
        "high": bound.data[1] if ends and bound.data else "",
    }


@register.simple_tag
def decoration(name):
    """An icon beside words."""
    return icon(name, "icon-s")


@register.filter
def lookup(mapping, key):
    """The value of a mapping under a key, None where it has none."""
    return mapping.get(key) if mapping else None
