"""The forms for users, teams and the own account."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.models import Team, User
from customers.vocabulary import UserRole

THEMES = [("", _("As the device")), ("light", _("Light")), ("dark", _("Dark"))]
PAGE_SIZES = [(size, str(size)) for size in (10, 25, 50, 100)]
HOURS = [("", _("No digest")), *((str(hour), f"{hour:02}:00") for hour in range(24))]
LANGUAGE_CHOICES = [("", _("As the browser")), *settings.LANGUAGES]


def zones():
    """Time zones by region and city; empty is the site's."""
    named = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "System")))
    return [("", _("As the site: %(zone)s") % {"zone": settings.TIME_ZONE}), *((name, name) for name in named)]


class UserForm(forms.ModelForm):
    """Somebody's account, as an administrator sets it up."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES, required=False)

    class Meta:
        model = User
        fields = ("username", "last_name", "first_name", "email", "role", "team", "language")
        labels = {"last_name": _("Family name"), "first_name": _("Given name"), "email": _("E-mail")}
        help_texts = {"username": _("For signing in: letters, digits and @ . + - _")}

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody has this username already."))
        return username

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("role") == UserRole.LEAD and not cleaned.get("team"):
            self.add_error("team", _("A sales lead leads a team: choose one."))
        return cleaned


class TeamForm(forms.ModelForm):
    """A team."""

    class Meta:
        model = Team
        fields = ("name",)


class DeactivateForm(forms.Form):
    """Who takes over the customers of somebody who leaves."""

    hand_to = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Hand the customers to"),
        required=False,
        empty_label=_("Nobody (queue of unassigned customers)"),
    )

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hand_to"].queryset = (
            User.objects.filter(is_active=True).exclude(pk=person.pk).order_by("last_name", "first_name", "username")
        )


class AccountForm(forms.ModelForm):
    """What people set for themselves."""

    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES, required=False)
    theme = forms.ChoiceField(label=_("Appearance"), choices=THEMES, required=False)
    page_size = forms.TypedChoiceField(label=_("Rows a page"), choices=PAGE_SIZES, coerce=int)
    digest_hour = forms.TypedChoiceField(
        label=_("Daily digest by e-mail"),
        choices=HOURS,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Your tasks of the day, in your language; none is sent when nothing is due."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=lambda: zones(), required=False)

    class Meta:
        model = User
        fields = ("last_name", "first_name", "email", "language", "theme", "page_size", "digest_hour", "time_zone")
        labels = {"last_name": _("Family name"), "first_name": _("Given name"), "email": _("E-mail")}
