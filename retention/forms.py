"""Forms of the steps a person takes with tasks, and of the template's trigger."""

import re
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customers import labels
from customers.forms.inputs import Amount
from customers.models import User
from customers.templatetags.amounts import percent
from customers.vocabulary import InteractionKind, OwnerRule, TaskCategory, TaskOutcome
from retention.filters import template_choices
from retention.labels import problem
from retention.models import TaskTemplate
from retention.numerics import facts, holdout, triggers

USUAL_CONTACT = InteractionKind.CALL.value
LATEST_DAYS = 366  # nobody plans a task further ahead than a year


def day_input():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def short_text(rows=2):
    return forms.Textarea(attrs={"rows": rows})


class CompleteForm(forms.Form):
    """What came of it."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=labels.choices(TaskOutcome), initial=TaskOutcome.SUCCESS.value
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=short_text())


class StepForm(CompleteForm):
    """What came of it, with the contact that was made for it."""

    contact = forms.ChoiceField(
        label=_("In touch by"),
        required=False,
        choices=[("", _("no contact"))],
        help_text=_("Goes on the customer's record and sets the clock of visits back."),
    )

    def __init__(self, *args, template, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = [(code, words) for code, words in labels.choices(InteractionKind) if code != InteractionKind.NOTE]
        self.fields["contact"].choices = [("", _("no contact")), *kinds]
        if template.care_phase:  # care without a contact is none: it is offered, and can be taken off
            self.fields["contact"].initial = USUAL_CONTACT
            words = _("Goes on the customer's record as care: %(phase)s.")
            self.fields["contact"].help_text = words % {"phase": labels.label(template.care_phase)}


class SnoozeForm(forms.Form):
    """Until when: by a button (`quick`), or a day."""

    quick = forms.ChoiceField(
        required=False, choices=[("", ""), ("tomorrow", ""), ("monday", "")], widget=forms.HiddenInput
    )
    until = forms.DateField(label=_("Until"), required=False, widget=day_input())
    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + timedelta(days=LATEST_DAYS)).isoformat(),
        }

    def clean(self):
        data = super().clean()
        if data.get("quick") == "tomorrow":
            data["until"] = self.today + timedelta(days=1)
        elif data.get("quick") == "monday":
            data["until"] = self.today + timedelta(days=7 - self.today.weekday())
        elif "until" in data and not data["until"]:
            self.add_error("until", _("Choose a day."))
        elif data.get("until") and not self.today < data["until"] <= self.today + timedelta(days=LATEST_DAYS):
            self.add_error("until", _("Choose a day after today, within a year."))
        return data


class DismissForm(forms.Form):
    """Why it need not be done."""

    reason = forms.CharField(label=_("Why not?"), max_length=300)


class ReassignForm(forms.Form):
    """Into whose hands; only people who may see the customer are offered."""

    to = forms.ChoiceField(label=_("To"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)

    def __init__(self, *args, people, current=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        offered = [(pk, person.display_name) for pk, person in self.people.items() if person.pk != current]
        self.fields["to"].choices = [("", _("Choose a person")), *offered]

    def clean_to(self):
        return self.people[self.cleaned_data["to"]]


class AddTaskForm(forms.Form):
    """A task by hand."""

    template = forms.ModelChoiceField(TaskTemplate.objects.none(), label=_("Template"), to_field_name="code")
    due = forms.DateField(
        label=_("Due"), required=False, widget=day_input(), help_text=_("Empty: as the template says.")
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=short_text(3))

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        field = self.fields["template"]
        field.queryset = TaskTemplate.objects.filter(active=True)
        field.widget.choices = [("", _("Choose a template")), *template_choices(field.queryset)]

    def clean_due(self):
        due = self.cleaned_data["due"]
        if due and not self.today <= due <= self.today + timedelta(days=LATEST_DAYS):
            raise ValidationError(_("Choose today or a later day, within a year."))
        return due


def trigger_help():
    """Fields and comparisons a trigger may use."""
    ops = {kind: ", ".join(sorted(listed)) for kind, listed in triggers.OPS.items()}
    words = {facts.NUMBER: _("Numbers"), facts.FLAG: _("Yes or no"), facts.CODE: _("Codes"), facts.TEXT: _("Words")}
    named = {kind: ", ".join(sorted(name for name, of in facts.KINDS.items() if of == kind)) for kind in words}
    lines = format_html_join("", "<li>{}: {} ({})</li>", ((words[kind], named[kind], ops[kind]) for kind in words))
    intro = _("Conditions joined by “all”, “any” and “not”; {} means: only by hand.")
    return format_html("{}<ul>{}</ul>", intro, lines)


def holdout_problem(data, trigger):
    """(field, words) where a playbook must not hold anybody out by chance; None if it may."""
    if not data.get("holdout_share"):
        return None
    if data.get("category") == TaskCategory.EXIT.value:
        return "holdout_share", _("Parting from customers is not tried out by chance.")
    if not data.get("holdout_complaints") and holdout.about_complaints(trigger):
        return "holdout_share", _("It answers complaints: nobody may be held out, unless you allow it below.")
    return None


PROOF = ("holdout_share", "proof_outcome", "proof_days")


class TemplateAdminForm(forms.ModelForm):
    """A template whose trigger the night can read."""

    class Meta:
        model = TaskTemplate
        fields = "__all__"  # noqa: DJ007 - administrators edit everything a template has
        field_classes = {"cost": Amount}
        labels = {"category": _("kind of work"), "top": _("at most so many live ones per owner")}
        help_texts = {
            "top": _("The night raises the best first; empty means no bound."),
            "weight": _("0 to 99; from 80 on the task is urgent: first in line, never withheld."),
            "rest_days": _("After it was done or dismissed for a customer."),
            "holdout_share": _("So many get no task, and show what comes without it. Nobody: everybody gets the task."),
            "proof_days": _("So long a customer stays held out. Another outcome or time begins a new trial."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "trigger" in self.fields:  # not in the list's own form
            self.fields["trigger"].required = False  # {} means: added by a person only
            self.fields["trigger"].help_text = trigger_help()
        for name in PROOF:
            if name in self.fields:
                self.fields[name].required = False  # left out: as it stands

    def clean_trigger(self):
        trigger = self.cleaned_data["trigger"]
        try:
            triggers.validate({} if trigger is None else trigger)
        except triggers.TriggerError as error:
            raise ValidationError(problem(error)) from None
        return trigger or {}

    def clean(self):
        data = super().clean()
        for name in PROOF:
            if name in self.fields and data.get(name) in (None, ""):
                data[name] = getattr(self.instance, name)
        wrong = holdout_problem(data, data.get("trigger") or {})
        if wrong:
            self.add_error(*wrong)
        return data

    def clean_weight(self):
        weight = self.cleaned_data["weight"]
        if weight > 99:
            raise ValidationError(_("At most 99."))
        return weight


class PlaybookForm(TemplateAdminForm):
    """Everything of a playbook but its trigger and steps, which have forms of their own."""

    class Meta(TemplateAdminForm.Meta):
        fields = (
            "code", "category", "bond_level", "title", "title_zh", "advice", "advice_zh", "effect", "effect_zh",
            "weight", "top", "due_days", "rest_days", "cost", "owner_rule", "owner_person", "active",
            "holdout_share", "proof_outcome", "proof_days", "holdout_complaints", "holdout_partners", "holdout_high",
        )  # fmt: skip
        widgets = {"advice": short_text(3), "advice_zh": short_text(3)}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("last_name", "first_name", "username")
        self.fields["owner_person"].queryset = people
        self.fields["holdout_share"].widget = forms.Select(choices=self._shares())
        if self.instance.pk:
            self.fields["code"].disabled = True
        for field in self.fields.values():
            field.label = capfirst(field.label)

    def _shares(self):
        """Whole fives keep the blocks small; a share that was set elsewhere stays."""
        shares = sorted({*range(0, holdout.MOST_SHARE + 1, 5), self.instance.holdout_share})
        return [(share, percent(share / 100, 0) if share else _("nobody")) for share in shares]

    def clean_code(self):
        code = self.cleaned_data["code"]
        if not self.instance.pk and not re.fullmatch(r"[A-Z0-9][A-Z0-9-]*", code):
            raise ValidationError(_("Capital letters, digits and hyphens, such as T-NEW-OFFER."))
        return code

    def clean(self):
        data = super().clean()
        if data.get("owner_rule") == OwnerRule.PERSON and not data.get("owner_person"):
            self.add_error("owner_person", _("Name somebody, or choose another rule."))
        if data.get("owner_rule") != OwnerRule.PERSON:
            data["owner_person"] = None
        return data


class PlaybookStepForm(forms.Form):
    """One step of a playbook: both texts or none."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    offset = forms.IntegerField(label=_("Working day"), required=False, min_value=0, max_value=250)
    text = forms.CharField(label=_("Step (English)"), required=False, max_length=160)
    text_zh = forms.CharField(label=_("Step (Chinese)"), required=False, max_length=160)

    def clean(self):
        data = super().clean()
        if bool(data.get("text")) != bool(data.get("text_zh")):
            self.add_error("text" if data.get("text_zh") else "text_zh", _("Write the step in both languages."))
        if data.get("offset") is not None and not (data.get("text") or data.get("text_zh")):
            self.add_error("text", _("Write what is to be done on that day."))
        return data


PlaybookSteps = forms.formset_factory(PlaybookStepForm, extra=2, max_num=20, absolute_max=20)
