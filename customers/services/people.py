"""Writes of users and teams, and the links by which people choose a password."""

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from customers.models import Customer, User
from customers.services.ownership import reassign
from customers.vocabulary import UserRole


@transaction.atomic
def save_user(*, person, by):
    """Saves a new or edited user. Nobody locks the last administrator, or themselves, out."""
    before = User.objects.select_for_update().filter(pk=person.pk).first()
    if before is None:
        person.set_unusable_password()
    else:
        keep_an_administrator(before, person, by)
    admin = person.role == UserRole.ADMIN
    person.is_staff = person.is_superuser = admin
    person._history_user = by
    person.save()
    return person


def keep_an_administrator(before, person, by):
    """A ValidationError where the change from `before` to `person` would lock everybody, or `by`, out."""
    loses = before.is_active and before.is_admin and not (person.is_active and person.role == UserRole.ADMIN)
    if not loses:
        return
    if before.pk == by.pk:
        raise ValidationError(_("You can't take your own administration away: ask another administrator."))
    others = User.objects.filter(is_active=True, role=UserRole.ADMIN.value).exclude(pk=before.pk)
    if not others.exists():
        raise ValidationError(_("Somebody must stay administrator."))


@transaction.atomic
def deactivate(*, person, hand_to, by, at):
    """Closes an account; its customers go to `hand_to`, or to the unassigned queue. Answers how many went."""
    if person.pk == by.pk:
        raise ValidationError(_("You can't deactivate yourself."))
    person.is_active = False
    keep_an_administrator(User.objects.get(pk=person.pk), person, by)
    person._history_user = by
    person.save()
    own = Customer.objects.filter(owner=person, merged_into=None)
    return reassign(customers=own, to=hand_to, by=by, at=at, reason=_("Left"))


@transaction.atomic
def activate(*, person, by):
    """Opens a closed account again."""
    person.is_active = True
    person._history_user = by
    person.save()


def password_path(person):
    """The address under which this person chooses a password: valid once, for the time of the settings."""
    code = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("password_reset_confirm", args=[code, default_token_generator.make_token(person)])


def send_password_link(*, person, link, sender=None):
    """Mails the link in the person's own language."""
    with translation.override(person.language or translation.get_language()):
        subject = _("Choose your password for Guanxi")
        text = render_to_string("people/password_mail.txt", {"person": person, "link": link})
    send_mail(subject, text, sender, [person.email])


@transaction.atomic
def save_team(*, team, by):
    """Saves a new or edited team."""
    team._history_user = by
    team.save()
    return team


@transaction.atomic
def delete_team(*, team, by):
    """Deletes an empty team."""
    if team.members.exists():
        raise ValidationError(_("Move the people of this team first."))
    team._history_user = by
    team.delete()


@transaction.atomic
def save_account(*, person):
    """Saves what somebody changed about themselves."""
    person._history_user = person
    person.save()
    return person
