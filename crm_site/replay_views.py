"""The replay pages: history from the first day, asked for by an administrator, with its progress."""

from datetime import date

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from crm_site import replay
from crm_site.tasks import run_replay
from customers import labels
from customers.guards import may, needs
from customers.models import Night, NightReplay
from customers.polling import moving
from customers.selectors.nights import first_and_last_day
from customers.vocabulary import NightOrigin, NightStatus, ReplayStep, Right

BADGES = {"DONE": "is-good", "FAILED": "is-bad", "RUNNING": "is-info", "PLANNED": "is-info"}
FEW = 10


class ReplayForm(forms.Form):
    """From when to when, and how far apart."""

    first = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("Until (last day)"), widget=forms.DateInput(attrs={"type": "date"}))
    every = forms.ChoiceField(label=gettext_lazy("Every"), choices=lambda: labels.choices(ReplayStep))

    def clean_last(self):
        if self.cleaned_data["last"] > timezone.localdate():
            raise forms.ValidationError(_("A night can't be computed for a day to come."))
        return self.cleaned_data["last"]

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and "every" in cleaned:
            if last < first:
                raise forms.ValidationError(_("The last date is before the first."))
            number = sum(1 for _day in replay.dates(first, last, cleaned["every"]))
            if not number:
                raise forms.ValidationError(_("There is no such date in between: choose a longer stretch."))
            if number > replay.LONGEST:
                said = _("That would be %(number)s nights; at most %(most)s at a time.")
                raise forms.ValidationError(said % {"number": number, "most": replay.LONGEST})
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.RUN_NIGHT)
def index(request):
    """The form with sensible dates, and the jobs so far."""
    form = ReplayForm(request.POST) if request.method == "POST" else ReplayForm(initial=_usual())
    if request.method == "POST" and form.is_valid():
        job = replay.plan(**form.cleaned_data, by=request.user)
        transaction.on_commit(lambda: _hint(request, job.pk))
        return redirect("nights:replay_detail", pk=job.pk)
    jobs = NightReplay.objects.select_related("requested_by")[:FEW]
    rows = [{"job": job, "badge": BADGES.get(job.state, "")} for job in jobs]
    context = {"form": form, "rows": rows}
    return render(request, "crm_site/replay.html", context, status=422 if form.is_bound else 200)


@require_safe
@login_required
def detail(request, pk):
    """One replay and how far it is; it refreshes itself while it runs."""
    job = get_object_or_404(NightReplay.objects.select_related("requested_by"), pk=pk)
    going = job.state in replay.LIVE
    nights = Night.objects.filter(
        origin=NightOrigin.REPLAY.value, as_of__range=(job.first, job.last), status=NightStatus.COMPUTED.value
    )
    context = {
        "job": job,
        "going": going,
        "badge": BADGES.get(job.state, ""),
        "left": _left(job) if going else None,
        "nights": nights.order_by("-as_of", "-id")[: FEW + 2],
        "may_run": may(request.user, Right.RUN_NIGHT),
    }
    if request.htmx:
        return moving(render(request, "crm_site/parts/replay_body.html", context), going)
    return render(request, "crm_site/replay_detail.html", context)


def _left(job):
    """Seconds that are left at the speed so far; None before the first night."""
    if not job.done or not job.started_at or not job.heartbeat:
        return None
    spent = (job.heartbeat - job.started_at).total_seconds()
    return spent / job.done * (job.total - job.done)


def _usual():
    """Month ends from the first order to the last complete month."""
    first, last = first_and_last_day()
    today = timezone.localdate()
    end = min(last or today, today).replace(day=1)
    begin = replay.month_end(first or today)
    last_end = date.fromordinal(end.toordinal() - 1)
    return {"first": min(begin, last_end), "last": last_end, "every": ReplayStep.MONTH.value}


def _hint(request, job_id):
    try:
        run_replay.delay(job_id)
    except (OperationalError, OSError):
        messages.warning(request, _("The worker can't be reached: the replay is planned and starts when it is back."))
