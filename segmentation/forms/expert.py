"""What an expert says about one customer: a level of the rubric for every indicator, a note and a date."""

from datetime import date

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

NO_SCORE = ""
EARLIEST = date(1990, 1, 1)


class ExpertForm(forms.Form):
    """A level from 1 to 5 for each indicator that experts may score.

    current: indicator id -> the scorer's own latest ExpertScore. A level taken away withdraws the scorer's scores.
    """

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data=None, *, indicators, current, today):
        super().__init__(data, initial={"date": today})
        self.indicators, self.current, self.today = indicators, current, today
        chinese = (get_language() or "").startswith("zh")
        for indicator in indicators:
            own = current.get(indicator.pk)
            self.fields[f"level_{indicator.pk}"] = forms.ChoiceField(
                label=indicator.label,
                required=False,
                choices=[*_levels(indicator, chinese), (NO_SCORE, _("No score"))],
                initial=_level_of(own),
                widget=forms.RadioSelect,
            )
            self.fields[f"note_{indicator.pk}"] = forms.CharField(
                label=_("Note"), required=False, max_length=200, initial=own.note if own else ""
            )

    def clean_date(self):
        day = self.cleaned_data["date"]
        if day > self.today:
            raise forms.ValidationError(_("The date can't lie in the future."))
        if day < EARLIEST:
            raise forms.ValidationError(_("The date lies too far back."))
        return day

    def clean(self):
        for indicator in self.indicators:
            level, note = (self.cleaned_data.get(f"{name}_{indicator.pk}") for name in ("level", "note"))
            if note and not level and indicator.pk not in self.current:
                self.add_error(f"note_{indicator.pk}", _("Choose a level for this note."))

    @property
    def rows(self):
        """Triples of indicator, level field and note field."""
        return [(row, self[f"level_{row.pk}"], self[f"note_{row.pk}"]) for row in self.indicators]

    def changes(self):
        """(scores, withdrawn): indicator -> (level, note) where either changed; indicators whose level went away."""
        scores, withdrawn = {}, []
        for indicator in self.indicators:
            level, note = (self.cleaned_data[f"{name}_{indicator.pk}"] for name in ("level", "note"))
            own = self.current.get(indicator.pk)
            before = (_level_of(own), own.note if own else "")
            if level and (level, note) != before:
                scores[indicator] = (int(level), note)
            elif not level and before[0]:
                withdrawn.append(indicator)
        return scores, withdrawn


def _levels(indicator, chinese):
    """Choices from best to worst, with the words of the rubric where there are any."""
    words = {step["level"]: step["zh" if chinese else "en"] for step in indicator.rubric}
    return [(str(level), f"{level} · {words[level]}" if level in words else str(level)) for level in range(5, 0, -1)]


def _level_of(score):
    """The whole level of an ExpertScore as a choice; empty between two levels."""
    return str(int(score.score)) if score and score.score == int(score.score) else NO_SCORE
