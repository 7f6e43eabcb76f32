"""Forms of a round of judgement: begin it, invite, weigh an expert, and take in a whole matrix."""

import re
from fractions import Fraction

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import User
from segmentation.models import Invitation, Study, TreeNode
from segmentation.numerics.judgement import JudgementError
from segmentation.numerics.reading import steps_of

OUTSIDER = re.compile(r"^\s*(?P<name>[^<>,;]*?)\s*[<,;，；]\s*(?P<email>[^<>,;\s]+)\s*>?\s*$")
LARGEST_PASTE = 4000


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


def matrix_steps(text, labels):
    """Answers {(i, j): step} of a pasted square matrix (rows on lines, cells by tab, comma, semicolon or space, ratios
    such as 3 or 1/3); ValidationError says in words what is wrong and where."""
    rows = [re.split(r"[\t;,]\s*|\s+", line.strip()) for line in text[:LARGEST_PASTE].splitlines() if line.strip()]
    if len(rows) != len(labels) or any(len(row) != len(labels) for row in rows):
        words = _("The matrix must have %(n)s rows and %(n)s columns, one for each of: %(names)s.")
        raise ValidationError(words % {"n": len(labels), "names": ", ".join(labels)})
    try:
        return steps_of([[_ratio(cell, i, j) for j, cell in enumerate(row)] for i, row in enumerate(rows)])
    except JudgementError as error:
        raise ValidationError(_told(error, labels)) from None


def _ratio(cell, row, col):
    try:
        return float(Fraction(cell))
    except (ValueError, ZeroDivisionError, OverflowError):
        words = _("Row %(row)s, column %(col)s: “%(cell)s” is no number such as 3 or 1/3.")
        raise ValidationError(words % {"row": row + 1, "col": col + 1, "cell": cell[:20]}) from None


def _told(error, labels):
    """The error of a matrix in the reader's words, rows and columns from 1."""
    where = {"row": (error.row or 0) + 1, "col": (error.col or 0) + 1}
    if error.row is not None:
        where |= {"first": labels[error.row], "second": labels[error.col]}
    texts = {
        "not_positive": _("Row %(row)s, column %(col)s is zero or negative: a judgement is a ratio above 0."),
        "not_finite": _("Row %(row)s, column %(col)s is not a number."),
        "not_reciprocal": _(
            "Rows %(row)s and %(col)s contradict each other: the one cell is not 1 divided by the other"
            " (%(first)s, %(second)s), or the diagonal is not 1."
        ),
        "off_scale": _("Row %(row)s, column %(col)s is off the scale: allowed are 1 to 9 and 1/2 to 1/9."),
    }
    return texts.get(error.code, _("This is no judgement matrix.")) % where
