"""Words of the pairwise judgement: what a step says, what would mend a contradiction, how an expert counts."""

from django import template
from django.utils.translation import gettext as _

from customers.templatetags import amounts
from segmentation.numerics.reading import step_of
from segmentation.scale import ratio, sentence

register = template.Library()


@register.simple_tag
def step_words(step, first, second):
    """A step as a sentence: ``{% step_words step first second %}``."""
    return sentence(step, first.label, second.label)


@register.simple_tag
def fix_words(first, second, fix):
    """What to change, to what, and the consistency ratio then."""
    text = _("%(first)s against %(second)s: %(now)s. With %(then)s (“%(words)s”) the consistency ratio is %(cr)s.")
    then = step_of(fix.suggested)
    return text % {
        "first": first.label,
        "second": second.label,
        "now": _ratio(fix.value),
        "then": ratio(then),
        "words": sentence(then, first.label, second.label),
        "cr": amounts.number(fix.cr, 3),
    }


def _ratio(value):
    """A judgement as people write it; one that Harker filled in as a number."""
    try:
        return ratio(step_of(value))
    except ValueError:
        return amounts.number(value, 2)


@register.simple_tag
def agreement_words(code):
    """The word of a consensus (Goepel 2018)."""
    return {
        "VERY_LOW": _("very low"),
        "LOW": _("low"),
        "MODERATE": _("moderate"),
        "HIGH": _("high"),
        "VERY_HIGH": _("very high"),
    }.get(code, "")


@register.simple_tag
def voice_words(voice):
    """Whether an expert counts, and why not."""
    return {
        "": _("counts"),
        "OUT": _("left out"),
        "OPEN": _("not answered enough"),
        "INCONSISTENT": _("left out: contradicts itself"),
    }[voice.reason]
