"""Forms of an import: the upload, and the mapping of columns to fields."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers import labels
from customers.imports import days, mapping
from customers.imports.fields import FIELDS
from customers.imports.problems import FileProblem
from customers.vocabulary import ImportKind

TAX_INCLUDED, USUAL_TAX = re.compile("(?<!不)含税|价税合计"), 13  # a title that says so; the usual rate in China, in %
DELIMITERS = [(",", _("Comma")), (";", _("Semicolon")), ("\t", _("Tab")), ("|", _("Vertical bar")),
              (" ", pgettext_lazy("delimiter", "Blanks"))]  # fmt: skip
AMOUNT_NAMES = ("amount", "unit_price", "cost", "unit_cost", "gross_profit", "spending_capacity", "category_demand")
READING = ("encoding", "delimiter", "sheet", "header_row")
ENCODINGS = [("utf-8", "UTF-8"), ("gb18030", "GB18030 / GBK"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16 (BE)"),
             ("cp1252", "Windows-1252")]  # fmt: skip


class UploadForm(forms.Form):
    """A file and what it holds."""

    kind = forms.ChoiceField(label=_("The file holds"), choices=labels.choices_for(ImportKind),
                             initial=ImportKind.TRANSACTIONS.value)  # fmt: skip
    file = forms.FileField(
        label=_("CSV or XLSX file"), max_length=300, allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )  # fmt: skip


class MappingForm(forms.Form):
    """Which column feeds which field, and how cells are to be read."""

    date_format = forms.ChoiceField(
        label=_("Dates are written"),
        required=False,
        choices=[
            ("", _("Year first, e.g. 2026-03-05")),
            ("%d/%m/%Y", _("Day first, e.g. 05/03/2026")),
            ("%m/%d/%Y", _("Month first, e.g. 03/05/2026")),
            (days.ZONED, _("With a time zone, the day as written, e.g. 2026-03-05T09:30+08:00")),
        ],
    )
    decimal = forms.ChoiceField(
        label=_("Decimal sign"), required=False, choices=[(".", "1,234.56"), (",", "1.234,56")], initial="."
    )
    amounts_include_tax = forms.FloatField(
        label=_("Tax included in amounts, %"), required=False, min_value=0, max_value=99,
        help_text=_("It is taken out of amount, cost and gross profit. Leave it empty where they are net of tax."),
    )  # fmt: skip
    create_customers = forms.BooleanField(label=_("Create customers that are not known yet"), required=False)
    encoding = forms.ChoiceField(label=_("Encoding"), required=False, choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Delimiter"), required=False, choices=DELIMITERS)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header_row = forms.IntegerField(
        label=_("Line of the titles"), required=False, min_value=0, max_value=1000,
        help_text=_("0 where the file has no titles: its columns are called 1, 2, 3 then."),
    )  # fmt: skip
    preset = forms.CharField(
        label=_("Save as preset"),
        required=False,
        max_length=80,
        help_text=_("A name, so that the next file needs no mapping."),
    )

    def __init__(self, *args, job, **kwargs):
        super().__init__(*args, **kwargs)
        self.job, self.headers = job, job.detected.get("headers", [])
        columns = [("", "—")] + [(header, header) for header in self.headers if header]
        for name, spec in FIELDS[ImportKind(job.kind)].items():
            self.fields[f"field_{name}"] = forms.ChoiceField(label=spec.label, choices=columns, required=False)
        if job.kind == ImportKind.CUSTOMERS:
            for name in ("create_customers", "amounts_include_tax"):
                del self.fields[name]
        sheets = job.detected.get("sheets", [])
        if job.detected.get("workbook"):
            del self.fields["encoding"], self.fields["delimiter"]
        if len(sheets) > 1:
            self.fields["sheet"].choices = [(name, name) for name in sheets]
        else:
            del self.fields["sheet"]

    def reading(self):
        """How the file is to be read, as far as that was sent."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in READING if name in self.fields}

    def columns(self):
        """(bound field, required, example cells) for every field, the required ones first."""
        sample = self.job.detected.get("sample", [])
        for name, spec in FIELDS[ImportKind(self.job.kind)].items():
            bound = self[f"field_{name}"]
            chosen = bound.value() or ""
            place = self.headers.index(chosen) if chosen in self.headers else None
            cells = [row[place] for row in sample if place is not None and place < len(row) and row[place]]
            yield {"bound": bound, "required": spec.required, "sample": list(dict.fromkeys(cells))[:3]}

    def clean(self):
        data = super().clean()
        wanted = {"columns": {}, "create_customers": bool(data.get("create_customers"))}
        for key, value in data.items():
            if key.startswith("field_") and value:
                wanted["columns"][key.removeprefix("field_")] = value
        for key in ("date_format", "decimal", "encoding", "delimiter", "sheet"):
            if data.get(key):
                wanted[key] = data[key]
        if self.job.detected.get("header_asked") is not None:
            wanted["header_row"] = self.job.detected["header_asked"]
        if data.get("amounts_include_tax"):
            wanted["amounts_include_tax"] = data["amounts_include_tax"] / 100
        try:
            self.mapping = mapping.check(wanted, self.job.kind)
            self.mapping.indexes(self.headers)
        except FileProblem as problem:
            raise forms.ValidationError(self._words(problem)) from None
        return data

    def _words(self, problem):
        known = FIELDS[ImportKind(self.job.kind)]
        values = {key: str(known[value].label) if value in known else value for key, value in problem.values.items()}
        return str(FileProblem(problem.code, **values))


def initial_of(job, saved=None):
    """What the mapping form starts with: a preset, the job's own mapping, or a guess from titles and first rows."""
    found = job.detected
    chosen = saved if saved is not None else job.mapping
    if chosen:
        titles = {mapping.plain(header): header for header in found["headers"]}
        initial = {f"field_{n}": titles.get(mapping.plain(c), "") for n, c in chosen.get("columns", {}).items()}
        initial |= {key: chosen[key] for key in ("date_format", "decimal", "create_customers") if key in chosen}
        if chosen.get("amounts_include_tax"):
            initial["amounts_include_tax"] = round(chosen["amounts_include_tax"] * 100, 4)
    else:
        columns = mapping.guess(found["headers"], job.kind)
        initial = {f"field_{name}": column for name, column in columns.items()}
        initial |= {"create_customers": True, **_guessed_signs(found, columns)}
    return {**{name: found.get(name) for name in READING}, **initial}


def _guessed_signs(found, columns):
    """How numbers and days are written, by the columns that were guessed; by all of them where none was."""

    def of(habit, names):
        told, chosen = found.get(habit, {}), [columns[name] for name in names if name in columns]
        return {told[title] for title in chosen or found["headers"] if title in told}

    guessed = {}
    if of("decimals", AMOUNT_NAMES) == {","}:
        guessed["decimal"] = ","
    orders = of("orders", ("date", "first_contact"))
    if len(orders) == 1:
        guessed["date_format"] = orders.pop()
    if TAX_INCLUDED.search(columns.get("amount", columns.get("unit_price", ""))):
        guessed["amounts_include_tax"] = USUAL_TAX
    return guessed
