"""Playbooks: what calls for a piece of retention work, its steps, and for whom it is (systems, section 10)."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from customers.fields import CodeField, MoneyField
from customers.vocabulary import BondLevel, CarePhase, OwnerRule, TaskCategory
from customers.vocabulary_care import ProofOutcome

BONDS = [(level.value, str(level.value)) for level in BondLevel]


def bonds():
    """Choices of the bond level."""
    return BONDS


def _in_chinese():
    return (get_language() or "").startswith("zh")


CARE_PHASES = {"C-PRE": CarePhase.PRE, "C-DUR": CarePhase.DURING, "C-POST": CarePhase.POST}


class TaskTemplate(models.Model):
    """A piece of retention work and the condition that calls for it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    category = CodeField(pgettext_lazy("task", "category"), enum=TaskCategory)
    bond_level = models.PositiveSmallIntegerField(_("bond level"), choices=bonds, null=True, blank=True)
    title = models.CharField(_("title"), max_length=120)
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    advice = models.TextField(_("what to do"), blank=True)
    advice_zh = models.TextField(_("what to do (Chinese)"), blank=True)
    effect = models.CharField(_("expected effect"), max_length=200, blank=True)
    effect_zh = models.CharField(_("expected effect (Chinese)"), max_length=200, blank=True)
    # {"all": [{"field": "stage", "op": "in", "value": ["DECLINE"]}, ...]}: see retention/numerics/triggers.py
    trigger = models.JSONField(_("trigger"), default=dict)
    due_days = models.PositiveSmallIntegerField(_("due after working days"), default=7)
    rest_days = models.PositiveSmallIntegerField(_("not again for days"), default=90)
    weight = models.PositiveSmallIntegerField(_("urgency"), default=50)  # orders tasks of one customer
    top = models.PositiveIntegerField(_("at most so many new ones a night"), null=True, blank=True)
    cost = MoneyField(_("cost"), default=0)
    owner_rule = CodeField(_("goes to"), enum=OwnerRule, default=OwnerRule.OWNER.value)
    owner_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("named person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    active = models.BooleanField(_("active"), default=True)
    holdout_share = models.PositiveSmallIntegerField(
        _("held out by chance, %"), default=0, validators=[MaxValueValidator(50)]
    )
    holdout_complaints = models.BooleanField(_("also customers with a complaint"), default=False)
    holdout_partners = models.BooleanField(_("also partners"), default=False)
    holdout_high = models.BooleanField(_("also the high level"), default=False)
    proof_outcome = CodeField(_("what it is to bring about"), enum=ProofOutcome, default=ProofOutcome.BOUGHT.value)
    proof_days = models.PositiveSmallIntegerField(
        _("measured over days"), default=90, validators=[MinValueValidator(7), MaxValueValidator(366)]
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name, verbose_name_plural = _("task template"), _("task templates")
        ordering = ["category", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=[c.value for c in TaskCategory]), name="template_category_known"
            ),
            models.CheckConstraint(
                condition=Q(bond_level=None) | Q(bond_level__gte=1, bond_level__lte=3), name="template_bond_level"
            ),
            models.CheckConstraint(condition=Q(holdout_share__lte=50), name="template_holdout_at_most_half"),
        ]

    def __str__(self):
        return f"{self.code} {self.local_title}"

    @property
    def local_title(self):
        """The title in the reader's language."""
        return self.title_zh if _in_chinese() else self.title

    @property
    def local_advice(self):
        """What to do, in the reader's language."""
        return self.advice_zh if _in_chinese() else self.advice

    @property
    def care_phase(self):
        """The phase of care a contact of this work belongs to; "" where it is no care of a purchase."""
        return CARE_PHASES.get(self.code, CarePhase.NONE)

    @property
    def local_effect(self):
        """What should come of it, in the reader's language."""
        return self.effect_zh if _in_chinese() else self.effect


class TemplateStep(models.Model):
    """One step of a playbook: by a working day after the task was raised, or a point of the checklist (no day)."""

    template = models.ForeignKey(
        TaskTemplate, verbose_name=_("template"), on_delete=models.CASCADE, related_name="steps"
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    offset = models.PositiveSmallIntegerField(
        _("working day"), null=True, blank=True, help_text=_("Empty: a point of the checklist, without a day.")
    )
    text = models.CharField(_("step"), max_length=160)
    text_zh = models.CharField(_("step (Chinese)"), max_length=160)

    class Meta:
        verbose_name, verbose_name_plural = _("step"), _("steps")
        ordering = ["position", "id"]

    def __str__(self):
        return self.local_text

    @property
    def local_text(self):
        """The step in the reader's language."""
        return self.text_zh if _in_chinese() else self.text
