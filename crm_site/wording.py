"""What the codes of a night mean in words: steps, self-checks and warnings."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers import labels
from customers.vocabulary import Dimension

STEPS = {
    "read": gettext_lazy("Read"),
    "tiers": gettext_lazy("Tiers"),
    "lifecycle": gettext_lazy("Lifecycle"),
    "segmentation": gettext_lazy("Segmentation"),
    "retention": gettext_lazy("Retention"),
    "write": gettext_lazy("Write"),
    "check": gettext_lazy("Self-check"),
    "publish": pgettext_lazy("night", "Publish"),
}
CHECKS = {
    "rows_equal_customers": gettext_lazy("One row for every customer"),
    "amount_equals_lines": gettext_lazy("Amounts equal the sum of the order lines"),
    "quantity_equals_lines": gettext_lazy("Quantities equal the sum of the order lines"),
    "days_cover_lines": gettext_lazy("Purchase days cover every order line"),
    "lifecycle_is_finite": gettext_lazy("No infinite number among the lifecycle figures"),
    "current_score_equals_points": gettext_lazy("Current score equals the sum of its points"),
    "current_score_mean_is_zero": gettext_lazy("The mean current score is zero"),
    "potential_score_equals_points": gettext_lazy("Potential score equals the sum of its points"),
    "potential_score_mean_is_zero": gettext_lazy("The mean potential score is zero"),
    "levels_follow_the_integer_rule": gettext_lazy("Pyramid levels follow the integer rule"),
    "held_levels_are_near_their_line": gettext_lazy("Levels are held only near their line"),
    "total_score_equals_parts": gettext_lazy("Total score equals the weighted sum of both scores"),
    "quadrants_partition_the_population": gettext_lazy("Every customer is in the one quadrant its scores say"),
    "change_equals_causes": gettext_lazy("The change of every score equals the sum of its causes"),
}
DJANGO = [  # words of Django's admin and its histories for which they bring no Chinese: here so that ours is found
    gettext_lazy("Model name"),
    gettext_lazy("Add link"),
    gettext_lazy("Change or view list link"),
    gettext_lazy("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_lazy("Error:"),
    gettext_lazy("Changes"),
    gettext_lazy("None"),
]
TOTALS = {
    "customers": gettext_lazy("customers"),
    "with_orders": gettext_lazy("customers with orders"),
    "amount": gettext_lazy("amount"),
    "clv": gettext_lazy("lifetime value"),
}


def step(code):
    """The name of a step."""
    return STEPS.get(code, code)


def check(code):
    """What a self-check makes sure of."""
    return CHECKS.get(code, code)


def _missing(found, names):
    said = _("Indicator “%(indicator)s” has no data: it is left out and the other weights are scaled up.")
    return said % {"indicator": names.get(found["indicator"], found["indicator"])}


def _constant(found, names):
    said = _("Indicator “%(indicator)s” is the same for every customer and moves nobody.")
    return said % {"indicator": names.get(found["indicator"], found["indicator"])}


def _without_weights(found, names):
    said = _("%(dimension)s: no active indicator has a weight, so nobody has this score and there are no quadrants.")
    return said % {"dimension": labels.label_of(Dimension, found["dimension"])}


def _flat(found, names):
    said = _("%(dimension)s is the same for every customer: nothing in these data tells them apart by it.")
    return said % {"dimension": labels.label_of(Dimension, found["dimension"])}


def _measure_unknown(found, names):
    said = _("Indicator “%(indicator)s” is left out: there is no measure called %(measure)s.")
    return said % {"indicator": names.get(found["indicator"], found["indicator"]), "measure": found["measure"]}


def _stepped_down(found, names):
    reasons = {
        "THIN": _("too few customers or repeat customers"),
        "DIVERGED": _("the fit did not settle"),
        "FAILED": _("the arithmetic broke"),
        "CONSTANT": _("all order values are equal"),
    }
    said = _("%(model)s: a simpler method was used for “%(segment)s” (%(reason)s).")
    segment = found["segment"] or _("all customers")
    reason = reasons.get(found["reason"], found["reason"])
    return said % {"model": found["kind"], "segment": segment, "reason": reason}


def _kept(found, names):
    said = _("%(model)s: tonight's fit for “%(segment)s” did not settle. The last good parameters were kept.")
    return said % {"model": found["kind"], "segment": found["segment"] or _("all customers")}


def _unreadable(found, names):
    said = _("Task template %(template)s was left out: its trigger cannot be read (%(error)s).")
    return said % {"template": found["template"], "error": found["error"]}


def _jumped(found, names):
    said = _("Total of %(name)s: %(now)s, against %(before)s on %(date)s. If that is a surprise, look at the imports.")
    now, before = f"{found['now']:,.0f}", f"{found['before']:,.0f}"
    name = TOTALS.get(found["name"], found["name"])
    return said % {"name": name, "now": now, "before": before, "date": found["as_of"]}


WARNINGS = {
    "indicator_missing": _missing,
    "indicator_constant": _constant,
    "dimension_without_weights": _without_weights,
    "score_flat": _flat,
    "measure_unknown": _measure_unknown,
    "fit_stepped_down": _stepped_down,
    "fit_kept": _kept,
    "trigger_unreadable": _unreadable,
    "total_jumped": _jumped,
}


def warning(found, names):
    """A warning of a night as a sentence; names: indicator code -> name in the reader's language."""
    say = WARNINGS.get(found["code"])
    return say(found, names) if say else found["code"]
