"""Writing what experts say about customers."""

from django.db import transaction

from segmentation.models import ExpertScore


@transaction.atomic
def save_expert_scores(*, customer, scores, withdrawn, date, by):
    """Keep a scorer's words about a customer: they count from the next night.

    scores: Indicator -> (level 1 to 5, note), one row per scorer, indicator and day, the last word of a day wins.
    withdrawn: indicators on which the scorer takes everything back. Returns (saved, withdrawn) as counts.
    """
    for indicator, (level, note) in scores.items():
        ExpertScore.objects.update_or_create(
            customer=customer, indicator=indicator, scorer=by, date=date, defaults={"score": level, "note": note}
        )
    own = ExpertScore.objects.filter(customer=customer, indicator__in=withdrawn, scorer=by)
    taken_back = len({row.indicator_id for row in own})
    for row in own:
        row.delete()  # one by one: each leaves its history and a changed input
    return len(scores), taken_back
