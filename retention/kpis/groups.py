"""Splitting the customers somebody may see by owner, tier, stage, quadrant or level, and what each group measures."""

from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.models import Customer, User
from customers.vocabulary import Level, Quadrant, Stage, Tier
from retention.kpis import figures, frames

AXES = {"tier": Tier, "stage": Stage, "quadrant": Quadrant, "level": Level}
WORDS = {
    "tier": _("Tier"),
    "stage": _("Stage"),
    "quadrant": _("Quadrant"),
    "level": _("Level"),
    "owner": _("Owner"),
}

FLOWS = [("new", "good"), ("back", "good"), ("lost", "bad")]


@dataclass(frozen=True)
class Part:
    """One group: its words, its code (empty where the axis has none), what narrows the list to it, and its figures."""

    words: str
    code: str
    narrows: str
    figures: figures.Group

    @property
    def flows(self):
        """(name, figure, which way is good) of what came and went."""
        return [(name, self.figures.flow[name], good) for name, good in FLOWS]


@dataclass(frozen=True, eq=False)
class Scope:
    """The customers of a night that somebody may see: their positions in it, and what they are now."""

    at: np.ndarray
    owner: np.ndarray
    tier: np.ndarray


def scope_of(user, measured):
    """The Scope of a user."""
    ids, owner, tier = frames.read_visible(Customer.objects.visible_to(user))
    at = np.searchsorted(measured.ids, ids)
    inside = np.flatnonzero(at < len(measured.ids))
    inside = inside[measured.ids[at[inside]] == ids[inside]]
    return Scope(at[inside], owner[inside], tier[inside])


def axes_for(user):
    """The axes a user can split by: one's own customers have one owner only."""
    return ["owner", *AXES] if user.is_admin or user.is_lead else list(AXES)


def parts(measured, scope, axis, weights):
    """The groups of an axis in its own order (owners by number of customers), without empty ones."""
    if axis == "owner":
        return _owners(measured, scope, weights)
    places = scope.tier if axis == "tier" else measured.axes[axis][scope.at]
    members = list(AXES[axis])
    found = []
    for place in [*range(len(members)), frames.NOWHERE]:
        code = members[place].value if place >= 0 else ""
        words = str(labels.label_of(AXES[axis], code)) if code else gettext("Not ranked")
        found.append((words, code, f"{axis}={code}" if code else "", scope.at[places == place]))
    return _measured(measured, found, weights)


def _owners(measured, scope, weights):
    owners, count = np.unique(scope.owner, return_counts=True)
    people = User.objects.in_bulk([int(pk) for pk in owners if pk])
    found = []
    for pk in owners[np.argsort(-count, kind="stable")]:
        words = people[pk].display_name if pk in people else gettext("Nobody")
        found.append((words, str(pk), f"owner={pk or 'null'}", scope.at[scope.owner == pk]))
    return _measured(measured, found, weights)


def _measured(measured, found, weights):
    made = (Part(words, code, more, figures.group(measured, at, weights)) for words, code, more, at in found if len(at))
    return [part for part in made if part.figures.customers or part.figures.flow["closing"].now]
