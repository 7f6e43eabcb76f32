"""Forms of a round of judgement: begin it, invite and weigh an expert."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import User
from segmentation.models import Invitation, Study, TreeNode

OUTSIDER = re.compile(r"^\s*(?P<name>[^<>,;]*?)\s*[<,;，；]\s*(?P<email>[^<>,;\s]+)\s*>?\s*$")


class StudyForm(forms.ModelForm):
    """A new study: what is compared, by whom, until when."""

    node = forms.ModelChoiceField(label=gettext_lazy("What is compared"), queryset=TreeNode.objects.none())
    below = forms.BooleanField(label=gettext_lazy("And every branch below it"), required=False, initial=True)
    people = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Experts with an account"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    outsiders = forms.CharField(
        label=gettext_lazy("Experts without an account"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One per line: Name, mail@example.com. Each gets a link of their own."),
    )

    class Meta:
        model = Study
        fields = ["name", "node", "below", "people", "outsiders", "deadline", "aggregation", "random_index", "note"]
        widgets = {"deadline": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        nodes = TreeNode.objects.annotate(parts=Count("children")).filter(parts__gt=1)
        self.fields["node"].queryset = nodes.select_related("tree", "indicator").order_by("tree_id", "position", "id")
        self.fields["node"].label_from_instance = lambda node: f"{node.tree.label} · {node.label}"
        self.fields["people"].queryset = User.objects.filter(is_active=True).order_by("last_name", "username")

    def clean_deadline(self):
        day = self.cleaned_data["deadline"]
        if day and day < self.today:
            raise ValidationError(_("The deadline lies in the past."))
        return day

    def clean_outsiders(self):
        return outsiders(self.cleaned_data["outsiders"])

    def clean(self):
        told = super().clean()
        if not (told.get("people") or told.get("outsiders") or self.errors):
            raise ValidationError(_("Invite at least one expert."))
        return told

    def save(self, commit=True):
        study = super().save(commit=False)
        study.tree = self.cleaned_data["node"].tree
        return study


class InviteForm(forms.Form):
    """More experts for a study that runs."""

    people = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Experts with an account"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    outsiders = forms.CharField(
        label=gettext_lazy("Experts without an account"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One per line: Name, mail@example.com. Each gets a link of their own."),
    )

    def __init__(self, *args, study, **kwargs):
        super().__init__(*args, **kwargs)
        invited = study.invitations.exclude(user=None).values("user")
        self.fields["people"].queryset = User.objects.filter(is_active=True).exclude(pk__in=invited)

    def clean_outsiders(self):
        return outsiders(self.cleaned_data["outsiders"])


class VoiceForm(forms.ModelForm):
    """How much an expert counts."""

    class Meta:
        model = Invitation
        fields = ["weight", "counted", "accepted", "why"]


def outsiders(text):
    """[(name, email)] of lines such as "Li Na <li@example.com>"; ValidationError names the line that is none."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = OUTSIDER.match(line)
        try:
            validate_email(match["email"] if match else line.strip())
        except ValidationError:
            words = _("Line %(n)s is not “Name, mail@example.com”.") % {"n": number}
            raise ValidationError(words) from None
        email = match["email"] if match else line.strip()
        found.append(((match["name"] if match else "") or email.partition("@")[0], email))
    return found
