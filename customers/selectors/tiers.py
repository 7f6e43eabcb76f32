"""The proof behind a relationship tier: what a person should see before accepting or rejecting a proposal."""

from customers.models import Contract, FirmProfile, Standing, SurveyResponse

ITEMS = ("satisfaction", "trust", "commitment")


def evidence_of(customer_ids, night, as_of):
    """For each customer: purchase days, the latest answer on each item, a running contract, and the gates.

    Answers a dict of plain data by customer id, fit to be kept with the decision.
    """
    ids = list(customer_ids)
    firm = FirmProfile.objects.filter(pk=1).first() or FirmProfile()
    gates = {"gate": float(firm.tier_gate), "friend_purchases": firm.friend_purchases, "as_of": as_of.isoformat()}
    days = {}
    if night:
        days = dict(
            Standing.objects.filter(night=night.id, customer__in=ids).values_list("customer_id", "purchase_days")
        )
    bound = set(
        Contract.objects.filter(customer__in=ids, start__lte=as_of, end__gte=as_of).values_list(
            "customer_id", flat=True
        )
    )
    answers = latest_answers(ids, as_of)
    return {pk: {"purchase_days": days.get(pk), **answers.get(pk, {}), "contract": pk in bound, **gates} for pk in ids}


def latest_answers(ids, as_of):
    """The latest given answer on satisfaction, trust and commitment (1–5) by customer id."""
    found = {}
    rows = SurveyResponse.objects.filter(customer__in=ids, date__lte=as_of).order_by("date", "id")
    for pk, *values in rows.values_list("customer_id", *ITEMS):
        known = {item: value for item, value in zip(ITEMS, values, strict=True) if value is not None}
        found.setdefault(pk, {}).update(known)
    return found
