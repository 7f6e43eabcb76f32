"""Tasks on every page: the queue of today, a customer's tasks, the badge beside the navigation, and words for a row."""

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from customers.labels import label, label_of
from customers.templatetags.amounts import day, number
from customers.vocabulary import BondLevel, TaskOutcome, TaskState
from retention import labels, selectors
from retention.models.tasks import LIVE
from retention.numerics import facts

register = template.Library()
FEW = 5
YEAR = 365


@register.simple_tag(takes_context=True)
def why(context, task):
    """The reason in words: facts of the night that raised it, or that a person added it."""
    currency = str(context.get("currency") or "CNY")
    return " · ".join(labels.reasons(task.evidence or {}, currency)) or ("" if task.night_id else _("added by hand"))


@register.simple_tag(takes_context=True)
def why_of(context, evidence):
    """Evidence in words."""
    return " · ".join(labels.reasons(evidence, str(context.get("currency") or "CNY")))


@register.filter
def place(prefix, number):
    """c- and 2 make c-2."""
    return f"{prefix}{number}"


@register.filter
def is_fact(name):
    """Whether triggers may ask for this field."""
    return name in facts.KINDS


@register.simple_tag
def rehearsal_bar(rehearsal):
    """Whom a trigger means, as one bar: tonight, already, resting, held out by chance, without room."""
    total, start, parts = rehearsal.meant or 1, 0.0, []
    counts = (rehearsal.fresh, rehearsal.have, rehearsal.resting, rehearsal.held_out, rehearsal.withheld)
    for css, count in zip(("c-good", "c-info", "c-quiet", "c-accent", "c-warn"), counts, strict=True):
        width = 100 * count / total
        parts.append((css, f"{start:.2f}", f"{width:.2f}"))
        start += width
    rects = format_html_join("", '<rect class="fill {}" x="{}" width="{}" height="8"></rect>', parts)
    return format_html(
        '<svg class="load-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>', rects
    )


@register.simple_tag
def due_words(task, today):
    """When a waiting task is due, as colour and words; for a closed one, what became of it."""
    if task.state not in LIVE:
        return format_html('<span class="muted">{}</span>', closed_on(task))
    if task.state == TaskState.SNOOZED and task.snoozed_until > today:
        return format_html(
            '<span class="muted">{}</span>', _("asleep until %(day)s") % {"day": day(task.snoozed_until)}
        )
    css = "due-over" if task.due < today else "due-now" if task.due <= selectors.week_end(today) else "due-later"
    return format_html('<span class="{}" title="{}">{}</span>', css, day(task.due), _due(task.due, today))


@register.simple_tag
def due_plain(task, today):
    """When a waiting task is due, in plain words."""
    return _due(task.due, today)


def _due(due, today):
    days = (due - today).days
    if days < -YEAR:  # so many days tell nobody anything, as where the night is of old data
        return _("overdue since %(day)s") % {"day": day(due)}
    if days < 0:
        return ngettext("%(n)s day overdue", "%(n)s days overdue", -days) % {"n": number(-days)}
    if days == 0:
        return _("due today")
    if days == 1:
        return _("due tomorrow")
    return ngettext("due in %(n)s day", "due in %(n)s days", days) % {"n": number(days)}


def closed_on(task):
    """The day a task ended, with how: done 2026-03-05."""
    words = {
        TaskState.DONE.value: _("done %(day)s"),
        TaskState.DISMISSED.value: _("dismissed %(day)s"),
        TaskState.CLOSED.value: _("closed %(day)s"),
    }
    return words[task.state] % {"day": day(task.closed_on)}


PARTS = {
    "overdue": (gettext_lazy("Overdue"), "due-over"),
    "today": (gettext_lazy("Due today"), "due-now"),
    "week": (gettext_lazy("Due this week"), "due-now"),
    "later": (gettext_lazy("Coming later"), "due-later"),
    "snoozed": (gettext_lazy("Snoozed"), "muted"),
    "closed": (gettext_lazy("Closed tasks"), "muted"),
}


@register.simple_tag
def part_words(part):
    """A part of the queue by name."""
    return str(PARTS[part][0])


@register.simple_tag
def part_class(part):
    """The colour of a part of the queue."""
    return PARTS[part][1]


@register.simple_tag
def plan_bar(task):
    """The steps of a task as a bar of boxes, filled where ticked, with the numbers beside it."""
    boxes = format_html_join(
        "",
        '<rect class="{}" x="{}" y="0" width="16" height="8" rx="2"></rect>',
        (("step-done" if planned.tick else "step-open", 20 * n) for n, planned in enumerate(task.plan.steps)),
    )
    words = ngettext("%(done)s of %(n)s step", "%(done)s of %(n)s steps", task.plan.total)
    words %= {"done": number(task.plan.done), "n": number(task.plan.total)}
    return format_html(
        '<svg class="plan-bar" viewBox="0 0 {} 8" width="{}" height="8" aria-hidden="true">{}</svg>'
        ' <span class="small muted nowrap">{}</span>',
        20 * task.plan.total - 4, 20 * task.plan.total - 4, boxes, words,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def event_more(context, event):
    """What a step or new evidence said."""
    detail = event.detail
    if event.what in ("evidence", "joined"):
        fresh = {name: value for name, value in detail["evidence"].items() if name not in detail["before"]}
        said = labels.reasons(fresh or detail["evidence"], str(context.get("currency") or "CNY"))
        return format_html('<p class="muted">{}</p>', " · ".join(said))
    if event.what == "step":
        text = detail["step_zh"] if (get_language() or "").startswith("zh") else detail["step"]
        return format_html(
            '<p class="muted">{}</p>', text if detail["done"] else _("taken back: %(step)s") % {"step": text}
        )
    return ""


@register.simple_tag
def outcome_badge(task):
    """What came of a task that was done, as a badge; nothing for others."""
    if not task.outcome:
        return ""
    tone = {"SUCCESS": "is-good", "PARTIAL": "is-info", "NO_EFFECT": "is-warn"}.get(task.outcome, "")
    return format_html('<span class="badge {}">{}</span>', tone, label_of(TaskOutcome, task.outcome))


@register.filter
def closed_words(task):
    """Why a task closed without being done."""
    return labels.closed_words(task.closed_reason)


@register.filter
def event_words(what):
    """What happened to a task."""
    return labels.EVENTS.get(what, what)


@register.filter
def is_live(task):
    """Whether a task still asks for work."""
    return task.state in LIVE


@register.inclusion_tag("retention/parts/customer_tasks.html", takes_context=True)
def customer_tasks(context, customer, user):
    """A customer's tasks, live ones first, the latest closed ones after: for the customer page."""
    today = timezone.localdate()
    tasks = selectors.detailed(selectors.visible(user).filter(customer=customer))
    request = context.get("request")
    return {
        "customer": customer,
        "live": list(tasks.filter(state__in=LIVE).order_by(*selectors.ORDER)),
        "closed": list(tasks.exclude(state__in=LIVE).order_by("-closed_on", "-id")[:FEW]),
        "today": today,
        "back": request.get_full_path() if request else customer.get_absolute_url(),
        "currency": context.get("currency"),
    }


@register.inclusion_tag("retention/parts/next_task.html", takes_context=True)
def next_task(context, customer):
    """The first thing to do for a customer, in one line."""
    return {"task": first_task(context, customer), "today": timezone.localdate()}


@register.simple_tag(takes_context=True)
def first_task(context, customer):
    """The first waiting task of a customer that the reader may see, or None; asked of the database once a page."""
    user = getattr(context.get("request"), "user", None) or context["user"]
    known = customer.__dict__.setdefault("first_tasks", {})
    if user.pk not in known:
        known[user.pk] = selectors.next_tasks([customer.pk], user, timezone.localdate()).get(customer.pk)
    return known[user.pk]


@register.inclusion_tag("retention/parts/badge.html")
def task_badge(user):
    """How many tasks are overdue or due today, beside the navigation entry."""
    count = selectors.due_count(user, timezone.localdate()) if getattr(user, "is_authenticated", False) else 0
    return {"count": count, "shown": "99+" if count > 99 else str(count)}


@register.inclusion_tag("retention/parts/my_day.html", takes_context=True)
def my_day(context, user, as_of=None, few=FEW):
    """The first tasks of somebody's queue, each with a done button. as_of: the night's date, if the page shows it."""
    today = timezone.localdate()
    tasks = selectors.queue(user, today)
    request = context.get("request")
    return {
        "rows": selectors.with_standings(tasks[:few], context.get("night")),
        "summary": selectors.summarise(tasks, today),
        "today": today,
        "back": request.get_full_path() if request else "/",
        "as_of": as_of,
        "currency": context.get("currency"),
    }


@register.simple_tag
def bond_words(level):
    """The bond level by number and name."""
    return f"{level} · {label(BondLevel(level))}"


@register.simple_tag
def event_reason(event):
    """The reason of a step: a person's words, or the system's."""
    return labels.closed_words(event.detail.get("reason", ""))


@register.simple_tag
def load_bar(row, top):
    """One person's load as a stacked bar: overdue, this week, later, snoozed; the numbers stand beside it."""
    parts, start = [], 0.0
    for name, css in (("overdue", "over"), ("week", "soon"), ("later", "later"), ("snoozed", "asleep")):
        width = 100 * row[name] / top
        parts.append((css, f"{start:.2f}", f"{width:.2f}"))
        start += width
    rects = format_html_join("", '<rect class="{}" x="{}" width="{}" height="8"></rect>', parts)
    return format_html(
        '<svg class="load-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{}</svg>', rects
    )
