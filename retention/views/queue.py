"""The task lists and the page of one task."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from customers.guards import may, visible_or_404
from customers.labels import choices
from customers.vocabulary import Right, TaskOutcome
from retention import selectors
from retention.filters import WHENS, TaskFilter
from retention.forms import DismissForm, ReassignForm, SnoozeForm, StepForm
from retention.models import RetentionTask
from retention.playbook import with_plans

PAGE_SIZES = (10, 25, 50, 100)
KEPT = "tasks_ticked"  # of the session: what was ticked when a step for many was refused


@login_required
@require_safe
def task_list(request):
    """One page of the tasks an address asks for, with counts by category and by due day."""
    found = filter_of(request, request.GET)
    tasks = chosen(request.user, found)
    page = Paginator(selectors.detailed(tasks).order_by(*found.order), page_size(request)).get_page(
        request.GET.get("page")
    )
    rows = with_plans(selectors.with_standings(page.object_list, found.night))
    if found.by_day:
        selectors.with_parts(rows, found.today)
    context = {
        "page": page,
        "rows": rows,
        "sizes": ",".join(map(str, PAGE_SIZES)),
        "people": list(selectors.team_of(request.user)) if may(request.user, Right.ASSIGN) else [],
        "outcomes": choices(TaskOutcome),
        "ticked": set(request.session.pop(KEPT, ())),
        "back": request.get_full_path(),
        **head_of(request.user, found),
    }
    return render(request, "retention/list.html", context)


def filter_of(request, data):
    """The filters of an address for this user."""
    return TaskFilter(data, user=request.user, night=request.night or None, today=timezone.localdate())


def filter_from(request, address):
    """The filters of the list that a form came from (its hidden address)."""
    return filter_of(request, QueryDict(address.partition("?")[2]))


def chosen(user, found):
    """The tasks that all filters together leave."""
    return selectors.visible(user).filter(found.conditions, found.category_q, found.when_q)


def head_of(user, found):
    """Sentence, tabs and segments: counts within the filters of the bar."""
    scope = selectors.visible(user).filter(found.conditions)
    counts = selectors.by_category(scope, found.today)
    summary = selectors.summarise(scope.filter(found.category_q), found.today)
    tabs = [{"code": code, "count": count, "href": found.address(category=code)} for code, count in counts.items()]
    everything = found.address(when="", sort="")
    whens = [{"code": "", "words": pgettext("task", "Waiting"), "count": summary.awake, "href": everything}]
    for code, words in WHENS:
        whens.append(
            {"code": code, "words": words, "count": getattr(summary, code, None), "href": found.address(when=code)}
        )
    return {
        "found": found,
        "today": found.today,
        "summary": summary,
        "tabs": tabs,
        "whens": whens,
        "team_page": user.is_admin or user.is_lead,
    }


def page_size(request):
    """Rows a page: of the address, else the user's own."""
    wanted = request.GET.get("size", "")
    size = int(wanted) if wanted.isdecimal() and len(wanted) < 4 else request.user.page_size
    return size if size in PAGE_SIZES else 25


def task_or_404(request, pk):
    """A task this user may see, with everything a row shows; a replayed one is nobody's."""
    return visible_or_404(
        selectors.detailed(RetentionTask.objects.exclude(origin=selectors.REPLAY)), request.user, pk=pk
    )


def forms_of(task, today, **bound):
    """The forms of the steps for one task; a bound one (with errors) takes the place of its blank."""
    people = selectors.keepers([task.customer])[task.customer_id]
    blank = {
        "complete": lambda: StepForm(template=task.template, auto_id=f"c{task.pk}_%s"),
        "snooze": lambda: SnoozeForm(today=today, auto_id=f"s{task.pk}_%s"),
        "dismiss": lambda: DismissForm(auto_id=f"d{task.pk}_%s"),
        "reassign": lambda: ReassignForm(people=people, current=task.owner_id, auto_id=f"r{task.pk}_%s"),
    }
    return {name: bound.get(name) or make() for name, make in blank.items()}


@login_required
@require_safe
def task_detail(request, pk):
    """One task: why, what to do, its steps so far, and the forms to take the next."""
    return detail_page(request, task_or_404(request, pk))


def detail_page(request, task, status=200, **bound):
    """The page of a task, also with a form that came back with errors."""
    today = timezone.localdate()
    with_plans(selectors.with_standings([task], request.night or None))
    context = {
        "task": task,
        "today": today,
        "forms": forms_of(task, today, **bound),
        "events": selectors.events_of(task),
        "back": safe_back(request),
    }
    return render(request, "retention/detail.html", context, status=status)


def safe_back(request):
    """The list somebody came from: only an address of this wing, never another site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = wanted.startswith(("/retention/", "/customers/")) or wanted == "/"
    return wanted if own and "\\" not in wanted and wanted.isprintable() else "/retention/"


@login_required
@require_safe
def task_row(request, pk):
    """One task of the list again: with its panel open, or closed (htmx)."""
    return row(request, task_or_404(request, pk), opened="open" in request.GET)


def row(request, task, *, opened=False, status=200, problem="", extra=None, **bound):
    """The rows of one task for htmx to put in place."""
    today = timezone.localdate()
    with_plans(selectors.with_standings([task], request.night or None))
    context = {
        "task": task,
        "today": today,
        "back": safe_back(request),
        "opened": opened,
        "problem": problem,
        "team_page": request.user.is_admin or request.user.is_lead,
        "forms": forms_of(task, today, **bound) if opened else None,
        **(extra or {}),
    }
    return render(request, "retention/parts/answer.html", context, status=status)
