"""Invitations to surveys: to whom, when, how, and whether the one answer came."""

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.models import Contact, Customer, SurveyResponse
from customers.models.querysets import OfCustomerQuerySet
from customers.vocabulary_care import SendState, SurveyKind, SurveyState

SALT = "guanxi.survey"


class SurveyLinkQuerySet(OfCustomerQuerySet):
    """Invitations."""

    def in_state(self, state, today):
        """Those that stand so on a day."""
        waiting = Q(answered_at=None, withdrawn_at=None)
        return self.filter(
            {
                SurveyState.ANSWERED: Q(answered_at__isnull=False),
                SurveyState.WITHDRAWN: Q(withdrawn_at__isnull=False),
                SurveyState.EXPIRED: waiting & Q(expires_on__lt=today),
                SurveyState.SENT: waiting & Q(expires_on__gte=today),
            }[SurveyState(state)]
        )


class SurveyLink(models.Model):
    """One invitation: a signed link that takes one answer until it expires."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="survey_links"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("asked"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = CodeField(_("questions"), enum=SurveyKind, default=SurveyKind.RELATION.value)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="zh-hans")
    email = models.EmailField(_("e-mail"), blank=True)
    delivery = CodeField(_("delivery"), enum=SendState, blank=True, default="")
    delivery_error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    sent_at = models.DateTimeField(_("made"))
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_on = models.DateField(_("valid until"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    response = models.OneToOneField(
        SurveyResponse, null=True, blank=True, on_delete=models.SET_NULL, related_name="link"
    )

    objects = SurveyLinkQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("survey invitation"), _("survey invitations")
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(withdrawn_at=None), name="survey_link_answered_or_withdrawn"
            )
        ]
        indexes = [models.Index(fields=["customer", "-sent_at"], name="survey_link_customer")]

    def __str__(self):
        return f"{self.sent_at:%Y-%m-%d} {self.kind}"

    @property
    def token(self):
        """What the link carries: the number of the invitation, signed."""
        return signing.Signer(salt=SALT).sign(str(self.pk)).replace(":", ".")

    def get_public_url(self):
        """The address for the customer, without sign-in."""
        return reverse("survey", args=[self.token])

    def state_on(self, today):
        """Where it stands on a day."""
        if self.answered_at:
            return SurveyState.ANSWERED
        if self.withdrawn_at:
            return SurveyState.WITHDRAWN
        return SurveyState.EXPIRED if self.expires_on < today else SurveyState.SENT


def link_of(token):
    """The invitation a token names, locked against nothing; None where the token was not made by us."""
    number, _dot, rest = token.partition(".")
    try:
        pk = signing.Signer(salt=SALT).unsign(f"{number}:{rest}")
    except signing.BadSignature:
        return None
    return SurveyLink.objects.select_related("customer", "contact").filter(pk=int(pk)).first()
