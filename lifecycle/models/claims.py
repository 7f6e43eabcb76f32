"""The headline claims of the source texts, as rows that can be corrected; quoted, never computed with."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Claim(models.Model):
    """One claim: what the text says, where, and the range of the figure (of one, or a ratio)."""

    code = models.CharField(_("code"), max_length=12, unique=True)
    words = models.CharField(_("claim"), max_length=300)
    words_zh = models.CharField(_("claim (Chinese)"), max_length=300)
    source = models.CharField(_("source"), max_length=120)
    source_zh = models.CharField(_("source (Chinese)"), max_length=120)
    low = models.FloatField(_("from"), null=True, blank=True)
    high = models.FloatField(_("to"), null=True, blank=True)
    place = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("claim of the texts"), _("claims of the texts")
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(low=None) | Q(high=None) | Q(high__gte=F("low")), name="claim_range_in_order"
            )
        ]

    def __str__(self):
        return self.code

    @property
    def local_words(self):
        """The claim in the reader's language."""
        return self.words_zh if _chinese() else self.words

    @property
    def local_source(self):
        """Where it stands, in the reader's language."""
        return self.source_zh if _chinese() else self.source


def _chinese():
    return (get_language() or "").startswith("zh")
