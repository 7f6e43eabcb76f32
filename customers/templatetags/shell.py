"""The frame's tags: icons, navigation, fields, pagination, empty states, progress, bars and words for codes."""

import re
from functools import lru_cache

from django import template
from django.db.models.fields import BLANK_CHOICE_DASH
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from lucide import _render_icon

from customers import labels

register = template.Library()

BETWEEN_SENTENCES = re.compile(r"([。；！？：](?:</\w+>)*)\s+(?=\S)")


@lru_cache(maxsize=256)
def _icon(name, css, text):
    naming = {"role": "img", "aria-label": text} if text else {"aria-hidden": "true"}
    svg = _render_icon(name, None, focusable="false", **{"class": f"icon {css}".strip()}, **naming)
    return mark_safe(svg)  # noqa: S308 - drawn from the icon set; the words are escaped by ElementTree


@register.simple_tag
def icon(name, css="", text=""):
    """An icon of the lucide set; decorative unless a text is given: ``{% icon "users" %}``."""
    return _icon(str(name), str(css), str(text))


@register.simple_tag(takes_context=True)
def same_as(context, block_name):
    """What another block of the page says, so that heading and document title are written once."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(block_name) if blocks else None
    return block.render(context) if block else ""


# Pages that stand beside an entry's own page in its tabs, though not under its address.
LODGERS = {
    "/retention/losses/": "/retention/cases/",
    "/retention/exits/": "/retention/cases/",
    "/retention/cross-selling/": "/retention/cases/",
    "/segmentation/movement/": "/segmentation/quadrant/",
    "/segmentation/weights/": "/segmentation/quadrant/",
    "/segmentation/whatif/": "/segmentation/quadrant/",
    "/segmentation/studies/": "/segmentation/quadrant/",
    "/segmentation/trees/": "/segmentation/quadrant/",
    "/segmentation/scores/": "/segmentation/quadrant/",
}


@register.simple_tag(takes_context=True)
def here(context, prefix):
    """``aria-current`` for a navigation entry when the page lies under its address, and under no closer entry."""
    path = getattr(context.get("request"), "path", "")
    path = next((house for lodger, house in LODGERS.items() if path.startswith(lodger)), path)
    closer = {entry["href"] for entry in context.get("navigation", ())}
    under = path == prefix or (prefix != "/" and path.startswith(prefix))
    if under and not any(path.startswith(other) for other in closer if other.startswith(prefix) and other != prefix):
        return mark_safe(' aria-current="page"')
    return ""


class Sentences(template.Node):
    """Renders its content; between two Chinese sentences stands no space."""

    def __init__(self, content):
        self.content = content

    def render(self, context):
        text = self.content.render(context).strip()
        return mark_safe(BETWEEN_SENTENCES.sub(r"\1", text))  # noqa: S308 - rendered and escaped already


@register.tag
def sentences(parser, token):
    """``{% sentences %}…{% endsentences %}`` around sentences that are written one after the other."""
    content = parser.parse(("endsentences",))
    parser.delete_first_token()
    return Sentences(content)


@register.filter
def label(code, enum_name=""):
    """The word for a code: ``{{ standing.tier|label:"Tier" }}`` or, for an enum member, ``{{ member|label }}``."""
    if code in (None, ""):
        return ""
    enum = labels.BY_NAME[enum_name] if enum_name else type(code)
    return labels.label_of(enum, code)


@register.filter
def svg(number, decimals=2):
    """A number for SVG geometry: no grouping, no local decimal sign, whatever the reader's language."""
    if number in (None, ""):
        return ""
    text = f"{float(number):.{int(decimals)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.simple_tag
def bar(value, top=1, css=""):
    """A small horizontal bar, the value against a top; decorative: write the number beside it."""
    share = 0 if not top or value is None else max(0.0, min(100.0, 100 * float(value) / float(top)))
    return format_html(
        '<svg class="bar {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="8" rx="2"></rect>'
        '<rect class="fill" width="{}" height="8" rx="2"></rect></svg>',
        css,
        f"{share:.1f}",
    )


def _word_the_empty_choice(field):
    """Django's row of hyphens, in words: what is asked for, or that nothing is chosen."""
    dashes = BLANK_CHOICE_DASH[0][1]
    words = _("Please choose") if field.required else _("Not chosen")
    if getattr(field, "empty_label", None) == dashes:
        field.empty_label = words
    elif not hasattr(field, "queryset") and hasattr(field, "choices"):
        field.choices = [(code, words if text == dashes else text) for code, text in field.choices]


@register.inclusion_tag("parts/field.html")
def field(bound, css="", label="", help=""):
    """One form field with label, help and errors: ``{% field form.name %}``, ``{% field form.note "full" %}``."""
    kind = getattr(bound.field.widget, "input_type", "") or type(bound.field.widget).__name__.lower()
    many = kind in ("radio", "checkbox") and not hasattr(bound.field.widget, "check_test")
    ids = [bound.auto_id + "_help"] if (help or bound.help_text) else []
    ids += [bound.auto_id + "_errors"] if bound.errors else []
    attrs = {}
    _word_the_empty_choice(bound.field)
    if ids and not many:
        attrs["aria-describedby"] = " ".join(ids)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {
        "field": bound,
        "css": css,
        "words": label or bound.label,
        "help": help or bound.help_text,
        "many": many,
        "check": kind == "checkbox" and not many,
        "widget": bound.as_widget(attrs=attrs),
    }


@register.inclusion_tag("parts/form.html")
def form_fields(form, css="form-grid"):
    """All visible fields of a form in a grid, hidden ones and form errors included."""
    return {"form": form, "css": css}


@register.inclusion_tag("parts/pagination.html", takes_context=True)
def pager(context, page, sizes="25,50,100", total=None):
    """Pagination of a Django page, keeping every other parameter of the address: ``{% pager page %}``."""
    paginator = page.paginator
    return {
        "request": context.get("request"),
        "page": page,
        "numbers": paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        "gap": paginator.ELLIPSIS,
        "total": paginator.count if total is None else total,
        "sizes": [int(size) for size in sizes.split(",") if size],
        "per_page": paginator.per_page,
    }


@register.inclusion_tag("parts/chips.html", takes_context=True)
def chips(context, items, clear=""):
    """Removable filter chips: items are mappings with ``label`` and ``remove`` (an address); clear is an address."""
    return {"items": items, "clear": clear, "request": context.get("request")}


@register.inclusion_tag("parts/empty.html")
def empty(title, text="", href="", action="", icon="inbox", css="", href2="", action2=""):
    """An empty state that says what to do next."""
    return {
        "title": title,
        "text": text,
        "href": href,
        "action": action,
        "icon": icon,
        "css": css,
        "href2": href2,
        "action2": action2,
    }


@register.inclusion_tag("parts/progress.html")
def progress(done, total, text="", left="", css=""):
    """A progress bar with counts: ``{% progress job.done job.total text left %}``; total 0 = unknown."""
    share = None if not total else min(1.0, float(done or 0) / float(total))
    return {"done": done or 0, "total": total, "share": share, "text": text, "left": left, "css": css}


@register.inclusion_tag("parts/kpi.html")
def kpi(label, value, note="", href="", tone=""):
    """One number of a KPI strip; tone is good, warn, bad or empty."""
    return {"label": label, "value": value, "note": note, "href": href, "tone": tone}


@register.inclusion_tag("parts/sort.html", takes_context=True)
def sort_header(context, key, text, css="", name="sort", part=""):
    """A sortable column head: a click sorts up, then down, then not at all; state lives in the address.

    part: a template that is drawn behind the title, for example a mark with a reason.
    """
    request = context["request"]
    now = request.GET.get(name, "")
    state, following = {key: ("ascending", f"-{key}"), f"-{key}": ("descending", None)}.get(now, ("none", key))
    params = request.GET.copy()
    params.pop("page", None)
    params.pop(name, None)
    if following:
        params[name] = following
    return {"text": text, "state": state, "href": f"?{params.urlencode()}", "css": css, "part": part,
            "request": request, "night": context.get("night")}  # fmt: skip
