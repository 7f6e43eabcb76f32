"""The steps of tasks with their days: what is done, what comes next and by when."""

from dataclasses import dataclass
from datetime import date

from customers.numerics.working_days import add_working_days
from customers.selectors.calendar import working_calendar
from retention.models import StepDone, TemplateStep


@dataclass(frozen=True)
class Planned:
    """One step of one task. due: None for a point of the checklist; tick: who ticked it and when, None while open."""

    step: TemplateStep
    due: date | None
    tick: StepDone | None


@dataclass(frozen=True)
class Plan:
    """The steps of one task in order."""

    steps: tuple

    @property
    def done(self):
        return sum(planned.tick is not None for planned in self.steps)

    @property
    def total(self):
        return len(self.steps)

    @property
    def next(self):
        """The first open step with a day, else the first open point; None when all are ticked."""
        waiting = [planned for planned in self.steps if planned.tick is None]
        return next((planned for planned in waiting if planned.due), waiting[0] if waiting else None)


def with_plans(tasks):
    """Gives each task of a page its steps as `.plan`: four queries for all of them."""
    tasks = list(tasks)
    steps, ticks, calendar, due = {}, {}, working_calendar(), {}
    for step in TemplateStep.objects.filter(template__in={task.template_id for task in tasks}):
        steps.setdefault(step.template_id, []).append(step)
    for tick in StepDone.objects.filter(task__in=tasks).select_related("by"):
        ticks[tick.task_id, tick.step_id] = tick

    def day(task, offset):
        if offset is None:
            return None
        key = task.raised_on, offset
        if key not in due:
            due[key] = add_working_days(*key, calendar)
        return due[key]

    for task in tasks:
        task.plan = Plan(
            tuple(
                Planned(step, day(task, step.offset), ticks.get((task.pk, step.pk)))
                for step in steps.get(task.template_id, ())
            )
        )
    return tasks
