"""Tags of segmentation: links into the customer list, and the explanation of a customer's score."""

from django import template
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe

from customers import labels
from customers.templatetags import amounts
from customers.vocabulary import Quadrant
from segmentation.charts import course
from segmentation.selectors.change import History, history
from segmentation.selectors.explanation import explain
from segmentation.selectors.firmness import firmness

register = template.Library()


@register.simple_tag(takes_context=True)
def drill(context, **params):
    """The address of the customer list with the page's own filters and these: ``{% drill quadrant="HH" %}``.

    Empty parameters are left out; numbers are written so that the list reads them back.
    """
    query = QueryDict(context.get("query", ""), mutable=True)
    for name, value in params.items():
        if value not in (None, ""):
            query[name] = _plain(value)
    found = query.urlencode()
    return reverse("customers:list") + (f"?{found}" if found else "")


def _plain(value):
    if not isinstance(value, float):
        return str(value)
    return f"{value:.6f}".rstrip("0").rstrip(".")


@register.simple_tag(takes_context=True)
def density_cells(context, chart):
    """The cells of a density, each a link to its customers: written at once, because there may be a thousand."""
    door = drill(context, current_min="@").partition("current_min=")[0]
    words = {corner.quadrant: labels.label_of(Quadrant, corner.quadrant) for corner in chart.corners}
    safe = {code: (conditional_escape(door), conditional_escape(word)) for code, word in words.items()}
    return mark_safe("\n".join(_cell(cell, *safe[cell.quadrant]) for cell in chart.cells))  # noqa: S308 - see _cell


def _cell(cell, door, words):
    """One cell as markup: `door` and `words` are escaped, all else are numbers and codes of our own."""
    ends = (
        ("current_min", cell.current_from),
        ("current_max", cell.current_to),
        ("potential_min", cell.potential_from),
        ("potential_max", cell.potential_to),
    )
    asked = "".join(f"&amp;{name}={_plain(value)}" for name, value in ends if value is not None)
    count = str(cell.count) if cell.count < 1000 else amounts.number(cell.count)
    return (
        f'<a href="{door}quadrant={cell.quadrant}{asked}" tabindex="-1"><rect class="cell c-quadrant-{cell.quadrant}"'
        f' x="{cell.x}" y="{cell.y}" width="{cell.width}" height="{cell.height}" fill-opacity="{cell.opacity}">'
        f"<title>{words}: {count}</title></rect></a>"
    )


@register.simple_tag
def product(one, other):
    """One number times another."""
    return float(one) * float(other)


@register.simple_tag(takes_context=True)
def same_page(context, **params):
    """This page with some parameters replaced; an empty one is taken out: ``{% same_page view="density" %}``."""
    query = context["request"].GET.copy()
    for name, value in params.items():
        query.pop(name, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def tried_query(tried, axis="", before="", after=""):
    """The query of a page about tried weights: ``{% tried_query tried axis cell.before cell.after %}``."""
    query = QueryDict(mutable=True)
    query.update(tried)
    query.update({name: value for name, value in (("axis", axis), ("before", before), ("after", after)) if value})
    return f"?{query.urlencode()}"


@register.simple_tag
def admin_url(name, *args):
    """An address of the administration; empty where that part does not exist."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def raw_value(context, line):
    """The raw value of an indicator in its own unit."""
    return raw_number(context, line.raw, line.unit)


@register.simple_tag(takes_context=True)
def raw_number(context, value, unit):
    """A number in the unit of an indicator; a dash where there is none."""
    if value is None:
        return amounts.EMPTY
    if unit == "money":
        return amounts.compact(context, value, str(context.get("currency") or "CNY"))
    if unit == "share":
        return amounts.percent(value)
    if unit == "quantity":
        return amounts.number(value, 0 if value == round(value) else 1)
    return amounts.number(value, 0 if unit == "level" and value == round(value) else 2)


@register.simple_tag
def difference(ends):
    """The later number less the earlier one, with its sign; a dash where either is missing."""
    before, after = ends
    return amounts.EMPTY if before is None or after is None else amounts.signed(after - before, 3)


@register.inclusion_tag("segmentation/parts/explanation.html", takes_context=True)
def score_explanation(context, customer, night):
    """Where a customer's score comes from: ``{% score_explanation customer night %}`` (customer with its standing)."""
    return {
        "customer": customer,
        "found": explain(customer, night or None),
        "shown_night": night,
        "currency": context.get("currency"),
        "user": context.get("user"),
        "rights": context.get("rights") or (),
        "request": context.get("request"),
    }


@register.inclusion_tag("segmentation/parts/change.html", takes_context=True)
def score_change(context, customer, night):
    """Why a customer's score moved since an earlier night; the address may choose it: ``?since=<night>``."""
    request = context.get("request")
    wish = request.GET.get("since", "") if request else ""
    known = night and getattr(customer, "standing", None) is not None
    found = history(customer, night, wish) if known else History((), None)
    drawn = [course.course(found.nights, found.change and found.change.then, frame) for frame in course.FRAMES]
    return {
        "found": found,
        "change": found.change,
        "courses": [one for one in drawn if one],
        "currency": context.get("currency"),
        "request": request,
    }


@register.inclusion_tag("segmentation/parts/firmness.html", takes_context=True)
def standing_firmness(context, customer, night):
    """How firmly a customer stands and how far the next level is: ``{% standing_firmness customer night %}``."""
    found = firmness(customer, night or None)
    return {"customer": customer, "found": found, "shown_night": night, "currency": context.get("currency")}
