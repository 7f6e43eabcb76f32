"""Tags of the lifecycle wing for the customer page: the way through the stages, lifetime value, churn warning."""

from django import template
from django.utils.translation import gettext as _

from lifecycle import charts, selectors
from lifecycle.models import LifecyclePolicy
from lifecycle.record import selectors as record

register = template.Library()


def _policy():
    return LifecyclePolicy.objects.filter(pk=1).first() or LifecyclePolicy(pk=1)


def _run(context):
    """The record that the shown night knew, asked once per request; None without one."""
    request, night = context.get("request"), context.get("night")
    if not night:
        return None
    if request is None:
        return record.latest(night.as_of)
    if not hasattr(request, "_record"):
        request._record = record.latest(night.as_of)
    return request._record


@register.simple_tag
def rule_figure(run, name):
    """A figure of the rule that ranked by a record: `{% rule_figure run "auc" as auc %}`; None without one."""
    return run.summary.get("warning", {}).get("rules", {}).get(run.rule, {}).get(name)


@register.inclusion_tag("lifecycle/parts/warning_record.html")
def warning_record(night):
    """One line: how right the warnings have been, and by which rule they are ranked."""
    return {"line": record.warning_line(night.as_of) if night else None}


@register.simple_tag
def at(columns, stage):
    """The column of a stage: `{% at columns "STABLE" as column %}`."""
    return columns.get(stage)


@register.inclusion_tag("lifecycle/parts/stage_path.html")
def stage_path(customer, night):
    """A customer's way through the stages, the rule that holds, and the measures that decided."""
    standing = getattr(customer, "standing", None)
    steps = selectors.way(customer, night.as_of) if night else []
    return {
        "customer": customer,
        "standing": standing,
        "night": night,
        "steps": steps,
        "stretches": charts.way_chart(steps),
        "policy": _policy(),
    }


@register.inclusion_tag("lifecycle/parts/lifetime_value.html", takes_context=True)
def lifetime_value(context, customer, night):
    """Lifetime value with its range, the method behind it, what it rests on, and how near such values came."""
    return {
        "currency": context.get("currency"),
        "standing": getattr(customer, "standing", None),
        "night": night,
        "policy": _policy(),
        "line": record.value_line(_run(context), night),
    }


@register.simple_tag(takes_context=True)
def clv_reason(context):
    """Why a column of lifetime values is to be read with care, or nothing.

    `{% clv_reason as reason %}`: a simple rule came nearer than the model in the record that the shown night knew.
    """
    line = record.value_line(_run(context), context.get("night"))
    if not line or not line.demoted:
        return ""
    if line.by_rule:
        return _("Lifetime values are by a simple rule, which came nearer than the model on earlier dates.")
    if not line.ranks:
        return _("Simple rules came nearer than the model on earlier dates, and put customers in better order.")
    return _(
        "A simple rule came nearer than the model on earlier dates: read lifetime values as a rank, not as amounts."
    )


@register.simple_tag(takes_context=True)
def purchases_reason(context):
    """Why a number of expected purchases is to be read with care, or nothing."""
    if not record.purchases_demoted(_run(context)):
        return ""
    return _("A simple rule came nearer to the number of purchases on earlier dates.")


@register.inclusion_tag("lifecycle/parts/lifetime_value_record.html", takes_context=True)
def value_record(context):
    """How near lifetime values came, and their sum."""
    line = record.value_line(_run(context), context.get("night"))
    return {"currency": context.get("currency"), "line": line, "of_sum": True}


@register.inclusion_tag("lifecycle/parts/churn_warning.html", takes_context=True)
def churn_warning(context, customer, night):
    """Whether the customer is warned, with the measures, the signals and their evidence, and the record."""
    standing = getattr(customer, "standing", None)
    known = bool(night and standing and standing.churn_risk is not None)
    return {
        "currency": context.get("currency"),
        "customer": customer,
        "standing": standing,
        "night": night,
        "policy": _policy(),
        "horizon": standing.period_days * 2 if standing and standing.period_days else None,
        "silent": (night.as_of - standing.last_order).days if night and standing and standing.last_order else None,
        "line": record.warning_line(night.as_of, standing.loss_risk) if known else None,
        "evidence": record.evidence(customer, standing, night.as_of) if known else [],
        "quiet": record.silent_signals(standing) if known else [],
    }
