"""The steps people take with tasks: in place by htmx, or as plain forms that lead back to the list."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from customers.templatetags.amounts import long_day
from retention import selectors, services
from retention.forms import USUAL_CONTACT, CompleteForm, DismissForm, ReassignForm, SnoozeForm, StepForm
from retention.models import TemplateStep
from retention.playbook import with_plans
from retention.views import queue

PROBLEMS = {
    "closed": gettext_lazy("Somebody was faster: this task is closed already."),
    "live": gettext_lazy("This work is on the desk already."),
    "twice": gettext_lazy("This customer has a live task of this template already."),
    "past": gettext_lazy("Choose a day after today."),
    "outcome": gettext_lazy("Choose an outcome."),
    "forbidden": gettext_lazy("This person may not see the customer; hand the customer over first."),
    "exited": gettext_lazy("The customer has left; only exit tasks make sense."),
    "inactive": gettext_lazy("This template is switched off."),
    "step": gettext_lazy("This step is not part of the playbook any more."),
}


@login_required
@require_POST
def complete(request, pk):
    """Done, with outcome and note; `then=next` opens the next task of the list."""
    task = queue.task_or_404(request, pk)
    form = StepForm(request.POST, template=task.template, auto_id=f"c{task.pk}_%s")
    return take(
        request,
        task,
        "complete",
        form,
        lambda data: _("Done."),
        lambda data, **by: services.complete(task=task, **data, **by),
    )


@login_required
@require_POST
def snooze(request, pk):
    """Out of sight until a day."""
    task = queue.task_or_404(request, pk)
    form = SnoozeForm(request.POST, today=timezone.localdate(), auto_id=f"s{task.pk}_%s")

    def act(data, **by):
        return services.snooze(task=task, until=data["until"], reason=data["reason"], **by)

    return take(request, task, "snooze", form, said_snoozed, act)


@login_required
@require_POST
def dismiss(request, pk):
    """Not to be done."""
    task = queue.task_or_404(request, pk)
    form = DismissForm(request.POST, auto_id=f"d{task.pk}_%s")
    return take(
        request,
        task,
        "dismiss",
        form,
        lambda data: _("Dismissed."),
        lambda data, **by: services.dismiss(task=task, **data, **by),
    )


@login_required
@require_POST
def reassign(request, pk):
    """Into other hands."""
    task = queue.task_or_404(request, pk)
    people = selectors.keepers([task.customer])[task.customer_id]
    form = ReassignForm(request.POST, people=people, auto_id=f"r{task.pk}_%s")
    return take(
        request,
        task,
        "reassign",
        form,
        lambda data: _("Handed over."),
        lambda data, **by: services.reassign(task=task, **data, **by),
    )


@login_required
@require_POST
def reopen(request, pk):
    """Back on the desk."""
    task = queue.task_or_404(request, pk)
    try:
        services.reopen(task=task, by=request.user, at=timezone.now())
    except services.TaskProblem as problem:
        return refused(request, task, problem)
    return settled(request, task, _("Open again."))


@login_required
@require_POST
def tick(request, pk, step):
    """A step of the playbook ticked, or taken back (done=0)."""
    task = queue.task_or_404(request, pk)
    found = TemplateStep.objects.filter(pk=step, template=task.template_id).first()
    try:
        if found is None:
            raise services.TaskProblem("step")
        done = request.POST.get("done") != "0"
        services.tick(task=task, step=found, done=done, by=request.user, at=timezone.now())
    except services.TaskProblem as problem:
        return refused(request, task, problem)
    if request.htmx:
        return queue.row(request, queue.task_or_404(request, pk), opened=True)
    return HttpResponseRedirect(
        f"{reverse('retention:detail', args=[pk])}?{urlencode({'next': queue.safe_back(request)})}"
    )


def said_snoozed(data):
    """What a snooze tells: its day, so that a wrong one is seen at once."""
    return _("Snoozed until %(day)s.") % {"day": long_day(data["until"])}


def take(request, task, name, form, said, act):
    """One step: a form with errors comes back in its place, a step that came too late says so; said: data -> words."""
    if not form.is_valid():
        if request.htmx:
            return queue.row(request, task, opened=True, status=422, **{name: form})
        return queue.detail_page(request, task, status=422, **{name: form})
    try:
        act(form.cleaned_data, by=request.user, at=timezone.now())
    except services.TaskProblem as problem:
        return refused(request, task, problem)
    return settled(request, task, said(form.cleaned_data))


def refused(request, task, problem):
    """Nothing changed, and why."""
    words = str(PROBLEMS[problem.code])
    if request.htmx:
        return queue.row(request, queue.task_or_404(request, task.pk), problem=words)
    messages.warning(request, words)
    return HttpResponseRedirect(queue.safe_back(request))


def settled(request, task, said):
    """The step was taken: the row as it is now, or back to the list, or on to the next task."""
    back = queue.safe_back(request)
    onward = next_of(request, task, back) if request.POST.get("then") == "next" else None
    if not request.htmx:
        messages.success(request, said)
        there = f"{reverse('retention:detail', args=[onward.pk])}?{urlencode({'next': back})}" if onward else back
        return HttpResponseRedirect(there)
    found = queue.filter_from(request, back)
    extra = {"oob": True, **queue.head_of(request.user, found)}
    if onward:
        with_plans(selectors.with_standings([onward], found.night))
        extra |= {"onward": onward, "onward_forms": queue.forms_of(onward, found.today)}
    return queue.row(request, queue.task_or_404(request, task.pk), extra=extra)


def next_of(request, task, back):
    """The task after this one in the list it was worked from, or the first that is left; None at the end."""
    found = queue.filter_from(request, back)
    waiting = selectors.detailed(queue.chosen(request.user, found)).filter(selectors.awake(found.today))
    waiting = waiting.exclude(pk=task.pk).order_by(*found.order)
    return waiting.filter(due__gte=task.due).first() or waiting.first()


@login_required
@require_POST
def bulk(request):
    """Done, snoozed, dismissed or handed over for all selected tasks of the own scope; the rest is told."""
    ids = {int(pk) for pk in request.POST.getlist("ids")[:500] if pk.isdecimal() and len(pk) < 19}
    tasks = list(selectors.detailed(selectors.visible(request.user).filter(pk__in=ids)))
    step, form = bulk_step(request, tasks)
    if not tasks or step is None or not form.is_valid():
        messages.warning(request, bulk_problem(tasks, form))
        request.session[queue.KEPT] = sorted(ids)  # the list ticks them again
        return HttpResponseRedirect(queue.safe_back(request))
    data = form.cleaned_data
    taken, missed = services.each(tasks, lambda task: step(task, data, request.user, timezone.now()))
    missed += len(ids) - len(tasks)
    if taken:
        messages.success(request, bulk_said(request.POST["action"], taken, data))
    if missed:
        words = ngettext(
            "%(n)s task was left alone: closed, or not yours.",
            "%(n)s tasks were left alone: closed, or not yours.",
            missed,
        )
        messages.warning(request, words % {"n": missed})
    return HttpResponseRedirect(queue.safe_back(request))


def bulk_step(request, tasks):
    """The step a bulk form asks for and its form; (None, None) for an unknown one."""
    data, action = request.POST, request.POST.get("action")
    if action == "complete":
        form = CompleteForm(data)

        def done(task, found, by, at):
            contact = USUAL_CONTACT if task.template.care_phase else ""
            return services.complete(task=task, contact=contact, by=by, at=at, **found)

        return done, form
    if action in ("tomorrow", "monday", "snooze"):
        form = SnoozeForm(data if action == "snooze" else {"quick": action}, today=timezone.localdate())
        return lambda task, found, by, at: services.snooze(
            task=task, until=found["until"], reason=found["reason"], by=by, at=at
        ), form
    if action == "dismiss":
        form = DismissForm(data)
        return lambda task, found, by, at: services.dismiss(task=task, reason=found["reason"], by=by, at=at), form
    if action == "reassign":
        people = {
            person.pk: person
            for listed in selectors.keepers([task.customer for task in tasks]).values()
            for person in listed
        }
        form = ReassignForm(data, people=people.values())
        return lambda task, found, by, at: services.reassign(
            task=task, to=found["to"], reason=found["reason"], by=by, at=at
        ), form
    return None, None


def bulk_said(action, n, data):
    """What was done with so many tasks."""
    if action == "complete":
        return ngettext("%(n)s task done.", "%(n)s tasks done.", n) % {"n": n}
    if action == "dismiss":
        return ngettext("%(n)s task dismissed.", "%(n)s tasks dismissed.", n) % {"n": n}
    if action == "reassign":
        words = ngettext("%(n)s task handed over to %(name)s.", "%(n)s tasks handed over to %(name)s.", n)
        return words % {"n": n, "name": data["to"]}
    words = ngettext("%(n)s task snoozed until %(day)s.", "%(n)s tasks snoozed until %(day)s.", n)
    return words % {"n": n, "day": long_day(data["until"])}


def bulk_problem(tasks, form):
    """Why nothing was done, by field."""
    if not tasks:
        return _("Nothing was selected.")
    if form is None:
        return _("Choose what to do with the selected tasks.")
    named = [(form.fields[name].label, error) for name, errors in form.errors.items() for error in errors]
    return " ".join(_("“%(field)s”: %(error)s") % {"field": field, "error": error} for field, error in named)
