"""The outbox: every mail of the product with what became of it, so that no reminder is lost in silence."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.fields import CodeField
from customers.vocabulary_care import MailState


class OutboxMail(models.Model):
    """One mail to a user, or to an address outside; `key` names what it is about, so that it is never sent twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("to"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    address = models.EmailField(_("address"), blank=True, default="")  # of a reader who is no user
    reply_to = models.EmailField(_("answers go to"), blank=True, default="")
    kind = models.CharField(_("kind of mail"), max_length=20)
    key = models.CharField(_("about"), max_length=60)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    state = CodeField(_("state"), enum=MailState, default=MailState.QUEUED.value)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    queued_at = models.DateTimeField(_("queued"))
    due_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("mail"), _("outbox")
        ordering = ["-queued_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "key"], name="one_mail_per_user_kind_and_key"),
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(user=None), name="one_mail_outside_per_kind_and_key"
            ),
            models.CheckConstraint(condition=~Q(user=None) | ~Q(address=""), name="mail_has_a_reader"),
            models.CheckConstraint(
                condition=~Q(state=MailState.SENT.value) | Q(sent_at__isnull=False), name="sent_mail_has_a_moment"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="outbox_state_due")]

    def __str__(self):
        return f"{self.kind} {self.key}"

    @property
    def reader(self):
        """Where it goes."""
        return self.address or self.user.email
