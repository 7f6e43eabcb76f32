"""The stage vocabularies as displays: which one a user looks at, who stands where in it, phases by business line."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q

from customers.models import Category, CategoryFirst
from customers.selectors.listing import scoped
from lifecycle.models import StageModel, StagePreference
from lifecycle.numerics.economics import MONTH

DEFAULT = "CHEN4"


@dataclass(frozen=True)
class Place:
    """One stage of a vocabulary with the customers that stand there."""

    code: str
    name: str
    colour: str
    count: int
    share: float
    href: str
    terms: tuple  # (stage, sub-state or None) or role codes


def models():
    """The vocabularies that are offered, with their stages."""
    return list(StageModel.objects.filter(active=True).prefetch_related("stages"))


def chosen(user, offered):
    """The vocabulary the user looks at; Chen's four where nothing was chosen or it is offered no more."""
    wish = StagePreference.objects.filter(user=user.pk).values_list("model__code", flat=True).first()
    by_code = {model.code: model for model in offered}
    return by_code.get(wish) or by_code.get(DEFAULT) or (offered[0] if offered else None)


def terms_of(stage):
    """What a stage of a vocabulary stands for: pairs of code and sub-state (None: whatever it is)."""
    pairs = [word.partition(":") for word in stage.maps.split()]
    return tuple((code, mark if colon else None) for code, colon, mark in pairs)


def reading(model):
    """(stage, sub-state) -> the vocabulary's stage, for every verdict; exact pairs win."""
    exact, wide = {}, {}
    for stage in model.stages.all():
        for code, mark in terms_of(stage):
            (wide if mark is None else exact).setdefault(code if mark is None else (code, mark), stage)
    return lambda code, mark: exact.get((code, mark)) or wide.get(code)


def places(model, user, night):
    """Where the user's customers stand in a vocabulary."""
    path = f"standing__{model.axis}"
    rows = scoped(user, night).filter(**{f"{path}__isnull": False}).exclude(**{path: ""}).order_by()
    rows = rows.values_list(path, F("standing__sub_state")).annotate(n=Count("pk"))
    read, counts, pairs = reading(model), {}, {}
    for code, mark, n in rows:
        stage = read(code, mark)
        if stage is not None:
            counts[stage.code] = counts.get(stage.code, 0) + n
            pairs.setdefault(stage.code, set()).add((code, mark))
    total = sum(counts.values()) or 1
    return [
        Place(
            stage.code, str(stage), stage.colour, counts.get(stage.code, 0), counts.get(stage.code, 0) / total,
            _address(model, stage, pairs.get(stage.code, ())), terms_of(stage),
        )
        for stage in model.stages.all()
    ]  # fmt: skip


def _address(model, stage, pairs):
    """The customer list with exactly these customers."""
    if model.axis != "stage":
        return "/customers/?" + "&".join(f"{model.axis}={code}" for code, _mark in terms_of(stage))
    found = sorted(pairs) or [(code, mark or "") for code, mark in terms_of(stage)]
    if all(mark is None for _code, mark in terms_of(stage)) and model.code in (DEFAULT, "DWYER5"):
        return "/customers/?" + "&".join(f"stage={code}" for code, _mark in terms_of(stage))
    return "/customers/?" + "&".join(f"at={code}:{mark or '-'}" for code, mark in found)


# Phases (text 001, L17) in each business line; that of a customer as a whole is computed by the night


def loyal(knobs, prefix="standing__"):
    """Repeat customers: enough purchase days."""
    return Q(**{f"{prefix}purchase_days__gte": knobs.loyal_purchases})


def newcomer_since(night, knobs):
    """A first order after this day is still new in its line."""
    return date.fromordinal(night.as_of.toordinal() - round(knobs.new_business_months * MONTH))


@dataclass(frozen=True)
class Line:
    """A business line: how many customers are in which of its phases."""

    name: str
    potential: int
    new: int
    loyal: int
    new_business: int


def lines(user, night, knobs):
    """Every business line with its phases: a repeat purchase in it is loyal; a loyal customer's recent entry is new
    business; any other first purchase is new; everybody else may come."""
    customers = scoped(user, night).filter(standing__stage__isnull=False)
    total = customers.count()
    known = {"first__lte": night.as_of, "customer__in": customers.order_by().values("pk")}
    since = newcomer_since(night, knobs)
    standing = "customer__standings__"
    of_night = {f"{standing}night": night.pk}
    old = Q(first__gt=F(f"{standing}first_order")) & loyal(knobs, standing)
    entering = Q(first__gt=since) & old
    again = Q(last__gt=F("first"))
    rows = (
        CategoryFirst.objects.filter(**known, **of_night)
        .order_by()
        .values("category")
        .annotate(
            all=Count("pk"),
            business=Count("pk", filter=entering),
            loyal=Count("pk", filter=again & ~entering),
        )
    )
    found = {row["category"]: row for row in rows}
    empty = {"all": 0, "business": 0, "loyal": 0}
    return [
        Line(name, total - row["all"], row["all"] - row["business"] - row["loyal"], row["loyal"], row["business"])
        for pk, name in Category.objects.values_list("pk", "name")
        for row in [found.get(pk, empty)]
    ]


@dataclass(frozen=True)
class OwnLine:
    """A customer in one business line."""

    name: str
    phase: str
    first: date
    last: date


def own_lines(customer, night, knobs):
    """The phase of one customer in each line it bought in."""
    standing, since = customer.standing, newcomer_since(night, knobs)
    rows = CategoryFirst.objects.filter(customer=customer, first__lte=night.as_of).order_by("first", "category__name")
    found = []
    for name, first, last in rows.values_list("category__name", "first", "last"):
        old = standing.first_order and first > standing.first_order
        if old and first > since and standing.purchase_days >= knobs.loyal_purchases:
            phase = "NEW_BUSINESS"
        else:
            phase = "LOYAL" if last > first else "NEW"
        found.append(OwnLine(name, phase, first, last))
    return found


def standpoint(model, standing):
    """The code of the vocabulary's stage on which one customer stands, or None where it has none for it."""
    stage = reading(model)(getattr(standing, model.axis), standing.sub_state)
    return stage.code if stage else None
