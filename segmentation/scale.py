"""Saaty's scale in words: what each of the 17 steps says about two named things."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from segmentation.models.studies import STRONGEST


@dataclass(frozen=True)
class Mark:
    """One step of the scale. number: as people say it, 1 to 9; side: "a", "b" or "" for equal."""

    step: int
    number: int
    side: str
    words: str
    odd: bool


def sentence(step, first, second):
    """What a step says: "A counts strongly more than B"."""
    more, less = (first, second) if step >= 0 else (second, first)
    texts = [
        _("%(more)s and %(less)s count the same"),
        _("%(more)s counts slightly more than %(less)s"),
        _("%(more)s counts moderately more than %(less)s"),
        _("%(more)s counts moderately to strongly more than %(less)s"),
        _("%(more)s counts strongly more than %(less)s"),
        _("%(more)s counts strongly to very strongly more than %(less)s"),
        _("%(more)s counts very strongly more than %(less)s"),
        _("%(more)s counts very strongly to extremely more than %(less)s"),
        _("%(more)s counts extremely more than %(less)s"),
    ]
    return texts[abs(step)] % {"more": more, "less": less}


def ratio(step):
    """A step as people write it in a matrix: 5, 1 or 1/5."""
    return str(step + 1) if step >= 0 else f"1/{1 - step}"


def scale(first, second):
    """The 17 Marks from the first's side to the second's."""
    return [
        Mark(step, abs(step) + 1, "a" if step > 0 else "b" if step < 0 else "", sentence(step, first, second),
             step % 2 == 0)
        for step in range(STRONGEST, -STRONGEST - 1, -1)
    ]  # fmt: skip
