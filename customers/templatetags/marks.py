"""One small picture for each of the five axes, the same everywhere; always with its word."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext

from customers import labels
from customers.vocabulary import Level, Quadrant, Role, Stage, StageRule, Sublevel, SubState, TaskCategory, Tier

register = template.Library()

# Where the dot of each stage stands on the lifecycle curve of parts/marks/stage.html (x, y in a 26 x 16 box).
DOTS = {
    Stage.PROSPECT: (2, 14),
    Stage.EXPLORATION: (5.5, 12.2),
    Stage.FORMATION: (9.5, 6),
    Stage.STABLE: (14.5, 3),
    Stage.DECLINE: (20, 7),
    Stage.TERMINATED: (24, 13.4),
}
BY_HAND = "BY_HAND"  # beside a stage: somebody set it
RUNGS = [14, 11.6, 9.2, 6.8, 4.4, 2]
ENUMS = {
    "tier": Tier,
    "stage": Stage,
    "quadrant": Quadrant,
    "level": Level,
    "role": Role,
    "category": TaskCategory,
}


def _shape(axis, member, extra):
    """What the picture needs to know beyond the code."""
    if axis == "tier":
        return {"rings": list(Tier).index(member)}
    if axis == "stage":
        return {"dot": DOTS[member]}
    if axis == "role":
        reached = list(Role).index(member)
        return {
            "rungs": [(y, "now" if i == reached else "below" if i < reached else "above") for i, y in enumerate(RUNGS)]
        }
    return {"sub": extra}


@lru_cache(maxsize=1024)
def _draw(axis, code, extra, compact, language):
    """The markup of one mark; cached, since a list repeats a few dozen marks hundreds of times."""
    try:
        member = ENUMS[axis](code)
    except ValueError:
        return mark_safe('<span class="mark faint">—</span>')  # a dash: no verdict yet
    word, second = str(labels.label(member)), ""
    if extra == BY_HAND:
        second = gettext("by hand")
    elif extra:
        second = str(labels.label((SubState if axis == "stage" else Sublevel)(extra)))
    context = {
        "axis": axis,
        "code": code,
        "word": word,
        "second": second,
        "full": f"{word} · {second}" if second else word,
        "compact": compact,
        "hand": extra == BY_HAND,
        "picture": f"parts/marks/{axis}.html",
        "colour": f"c-sublevel-{extra}" if axis == "level" and extra else f"c-{axis}-{code}",
        **_shape(axis, member, extra),
    }
    return mark_safe(render_to_string("parts/marks/mark.html", context).strip())  # noqa: S308 - an autoescaped template


def mark(axis, code, extra="", compact=False):
    """A mark by axis name; ``extra`` is the sub-state of a stage or the sub-level of a level."""
    return _draw(axis, str(code or ""), str(extra or ""), bool(compact), get_language())


@register.simple_tag
def mark_tier(code, compact=False):
    """Relationship tier: rings drawn closer and closer around the customer."""
    return mark("tier", code, "", compact)


@register.simple_tag
def mark_stage(code, sub_state="", compact=False, rule=""):
    """Lifecycle stage: a dot on the path; ``rule=standing.stage_rule`` marks one that was set by hand."""
    return mark("stage", code, stage_extra(sub_state, rule), compact)


def stage_extra(sub_state, rule):
    """What stands beside a stage: that it was set by hand, or its sub-state."""
    return BY_HAND if rule == StageRule.OVERRIDE.value else sub_state


@register.simple_tag
def mark_quadrant(code, compact=False):
    """Quadrant: a little 2 x 2, current value to the right, potential value upwards."""
    return mark("quadrant", code, "", compact)


@register.simple_tag
def mark_level(code, sublevel="", compact=False):
    """Pyramid level: a slice of the pyramid; the sub-level sharpens the colour and the word."""
    return mark("level", code, sublevel, compact)


@register.simple_tag
def mark_role(code, compact=False):
    """Customer role: a rung of the ladder."""
    return mark("role", code, "", compact)


@register.simple_tag
def mark_category(code, compact=False):
    """Category of a retention task: its sign and its word."""
    return mark("category", code, "", compact)


@register.simple_tag
def mark_axis(axis, code, extra="", compact=False):
    """A mark whose axis is known only at run time: ``{% mark_axis "tier" row.code %}``."""
    return mark(str(axis), code, extra, compact)


@register.inclusion_tag("parts/marks/row.html")
def five_marks(standing):
    """All five axes of a standing in one row, compact: for lists."""
    return {"standing": standing}
