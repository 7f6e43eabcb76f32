"""A trial that the demo's firm has run: chance held out every other customer of one playbook.

Nothing is planted: the orders of the demo know nothing of the task, so an honest estimate finds no effect.
"""

from datetime import timedelta

import numpy as np

from customers.models import Customer, Night, PurchaseDay, Standing
from customers.vocabulary import Level, NightOrigin, Quadrant, TaskOutcome, TaskState, Tier
from customers.vocabulary_care import ProofOutcome
from retention.models import ProofAssignment, ProofPolicy, RetentionTask, TaskTemplate
from retention.numerics import holdout

CODE, SHARE, DAYS, SILENT = "Q-LH-PROMO", 50, 60, 30
YOUNG = "T-FRI-DIV"  # a trial that has only begun
MONTHS = 9  # of the replayed month ends, the oldest
SEED = 3


def begin():
    """The playbook's hold-out, from the first night on."""
    ProofPolicy.objects.update_or_create(pk=1, defaults={"seed": SEED})
    template = TaskTemplate.objects.get(code=CODE)
    template.holdout_share, template.proof_days = SHARE, DAYS
    template.save()
    young = TaskTemplate.objects.get(code=YOUNG)
    young.holdout_share, young.proof_outcome = 20, ProofOutcome.PROFIT.value
    young.save()
    return template


def play():
    """What chance decided at the replayed month ends, and the tasks of those who got one; answers how many rows."""
    template, places, met, rows, tasks = begin(), {}, set(), [], []
    nights = Night.objects.filter(origin=NightOrigin.REPLAY.value).order_by("as_of")[:MONTHS]
    for night in nights:
        meant = [row for row in _meant(night) if row.customer_id not in met]
        met.update(row.customer_id for row in meant)
        strata = np.asarray(["/".join((row.quadrant, row.level, row.tier)) for row in meant], dtype=object)
        slots = holdout.slots(strata, places)
        held = holdout.arms(SEED, template.pk, SHARE, strata, slots)
        for row, stratum, slot, out in zip(meant, strata.tolist(), slots.tolist(), held.tolist(), strict=True):
            places[stratum] = slot + 1
            rows.append(_assignment(template, night, row, stratum, slot, out))
            if not out:
                tasks.append(_task(template, night, row))
    ProofAssignment.objects.bulk_create(rows, batch_size=1000)
    RetentionTask.objects.bulk_create(tasks, batch_size=1000)
    return len(rows)


def _meant(night):
    """Whom the playbook means at a month end, as far as it may hold anybody out, in the order of their ids."""
    since = night.as_of - timedelta(days=SILENT)
    lately = PurchaseDay.objects.filter(date__gt=since, date__lte=night.as_of).values("customer_id")
    found = Standing.objects.filter(night_id=night.pk, quadrant=Quadrant.LH.value)
    found = found.exclude(level=Level.HIGH.value).exclude(tier=Tier.PARTNER.value).exclude(customer_id__in=lately)
    left = Customer.objects.exclude(exited_on=None).values("id")
    complained = Customer.objects.filter(cases__kind="COMPLAINT").values("id")
    found = found.exclude(customer_id__in=left).exclude(customer_id__in=complained)
    return list(found.order_by("customer_id").select_related("customer"))


def _assignment(template, night, row, stratum, slot, held):
    return ProofAssignment(
        customer_id=row.customer_id, template=template, night_id=night.pk, held=held, assigned_on=night.as_of,
        ends_on=night.as_of + timedelta(days=DAYS), outcome=template.proof_outcome, days=DAYS, share=SHARE,
        stratum=stratum, slot=slot, seed=SEED, evidence={"quadrant": row.quadrant},
    )  # fmt: skip


def _task(template, night, row):
    done = night.as_of + timedelta(days=3)
    return RetentionTask(
        customer_id=row.customer_id, template=template, owner_id=row.customer.owner_id, state=TaskState.DONE.value,
        raised_on=night.as_of, night_id=night.pk, due=night.as_of + timedelta(days=7), closed_on=done,
        closed_by_id=row.customer.owner_id, outcome=TaskOutcome.PARTIAL.value, evidence={"quadrant": row.quadrant},
    )  # fmt: skip
