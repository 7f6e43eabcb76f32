"""Money, numbers, shares and dates as each language writes them: 万 and 亿 in Chinese, K and M in English."""

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from babel.numbers import format_compact_decimal, format_decimal, format_percent
from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

EMPTY = "—"
SIGNS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$"}
SIGNS_ZH = {**SIGNS, "USD": "US$", "JPY": "JP¥"}
HUNDRED_MILLION = 100_000_000
COMPACT_FROM = {"zh_Hans": 10_000, "en": 1_000}  # below, the exact number is as short


def _locale():
    """Babel's name of the active language."""
    return "zh_Hans" if (get_language() or "en").startswith("zh") else "en"


def _decimal(value):
    """The value as a Decimal, or None where there is no number."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None


def _sign(currency, locale):
    signs = SIGNS_ZH if locale == "zh_Hans" else SIGNS
    return signs.get(currency, f"{currency} " if currency else "")


def _grouped(number, pattern):
    return format_decimal(number, format=pattern, locale=_locale(), decimal_quantization=True)


def _fixed(number, decimals):
    number = number.quantize(Decimal(1).scaleb(-int(decimals)), rounding=ROUND_HALF_EVEN)
    text = _grouped(abs(number), "#,##0" + ("." + "0" * int(decimals) if int(decimals) else ""))
    return f"−{text}" if number < 0 else text


def _minus(number, text):
    """The sign before an amount; none where what is left of it after rounding is zero."""
    return "−" if number < 0 and any(digit in text for digit in "123456789") else ""


def exact_money(value, currency="CNY"):
    """An amount to the cent: ¥1,234,567.00; recorded amounts keep further decimals, computed ones (floats) do not."""
    number = _decimal(value)
    if number is None:
        return EMPTY
    text = _grouped(abs(number), "#,##0.00" if isinstance(value, float) else "#,##0.00##")
    return f"{_minus(number, text)}{_sign(currency, _locale())}{text}"


def _short(number, digits):
    """1234567 as 123.5万 or 1.2M; at least `digits` decimals below one hundred of the unit, none above a thousand."""
    locale = _locale()
    if abs(number) < COMPACT_FROM[locale]:
        return None
    if locale == "zh_Hans" and abs(number) >= HUNDRED_MILLION:
        digits = max(digits, 2)  # 亿 is so large that 1.04 and 0.96 of it must not read alike
    return format_compact_decimal(abs(number), locale=locale, fraction_digits=digits)


def compact_money(value, currency="CNY", digits=1):
    """A short amount: 123.5万元 in Chinese, ¥1.2M in English; small amounts to the unit."""
    number = _decimal(value)
    if number is None:
        return EMPTY
    locale, minus = _locale(), "−" if number < 0 else ""
    short = _short(number, digits)
    if short is None:
        text = _fixed(abs(number), 0)
        return f"{_minus(number, text)}{_sign(currency, locale)}{text}"
    if locale == "zh_Hans" and currency == "CNY":
        return f"{minus}{short}元"
    return f"{minus}{_sign(currency, locale)}{short}"


def compact_number(value, digits=1):
    """A short number for axes and counts: 12.5万, 125K."""
    number = _decimal(value)
    if number is None:
        return EMPTY
    short = _short(number, digits)
    if short is None:
        return _fixed(number, 0 if number == number.to_integral_value() else digits)
    return f"{'−' if number < 0 else ''}{short}"


@register.filter(name="money")
def money_filter(value, currency="CNY"):
    """Exact money as plain text: ``{{ line.amount|money:currency }}``."""
    return exact_money(value, str(currency or "CNY"))


@register.simple_tag(takes_context=True)
def money(context, value, currency=""):
    """Exact money in the firm's currency: ``{% money line.amount %}``."""
    return exact_money(value, str(currency or context.get("currency") or "CNY"))


@register.filter(name="compact")
def compact_filter(value, currency="CNY"):
    """Short money as plain text, e.g. for SVG: ``{{ v|compact:currency }}``."""
    return compact_money(value, str(currency or "CNY"))


@register.simple_tag(takes_context=True)
def compact(context, value, currency="", digits=1):
    """Short money whose exact figure shows on hover and is what assistive technology reads."""
    currency = str(currency or context.get("currency") or "CNY")
    if _decimal(value) is None:
        return EMPTY
    short, exact = compact_money(value, currency, digits), exact_money(value, currency)
    return format_html(
        '<span class="amount" title="{}"><span aria-hidden="true">{}</span><span class="sr-only">{}</span></span>',
        exact,
        short,
        exact,
    )


@register.filter
def short(value, digits=1):
    """A short number without money: 12.5万 or 125K."""
    return compact_number(value, int(digits))


@register.filter
def number(value, decimals=0):
    """A grouped number with fixed decimals: ``{{ n|number }}``, ``{{ score|number:2 }}``."""
    parsed = _decimal(value)
    return EMPTY if parsed is None else _fixed(parsed, decimals)


@register.filter
def signed(value, decimals=0):
    """A number that always shows its sign: +1.25, −0.40, 0."""
    parsed = _decimal(value)
    if parsed is None:
        return EMPTY
    text = _fixed(parsed, decimals)
    return f"+{text}" if parsed > 0 else text


@register.filter
def percent(value, decimals=1):
    """A share as a percentage: 0.1234 → 12.3%."""
    parsed = _decimal(value)
    if parsed is None:
        return EMPTY
    pattern = "#,##0" + ("." + "0" * int(decimals) if int(decimals) else "") + "%"
    text = format_percent(abs(parsed), format=pattern, locale=_locale(), decimal_quantization=True)
    return f"−{text}" if parsed < 0 and any(d in text for d in "123456789") else text


@register.filter
def points(value, decimals=1):
    """A difference of two shares in percentage points, signed: +1.2."""
    parsed = _decimal(value)
    return EMPTY if parsed is None else signed(parsed * 100, decimals)


def _day(value):
    """A date of a date, a moment (in local time) or an ISO text."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            return None
    return value


@register.filter
def day(value):
    """A date for tables, in both languages sortable by eye: 2026-03-05."""
    found = _day(value)
    return found.strftime("%Y-%m-%d") if found else EMPTY


@register.filter
def long_day(value):
    """A date in a sentence: 5 Mar 2026 or 2026年3月5日."""
    found = _day(value)
    return formats.date_format(found, "DATE_FORMAT") if found else EMPTY


@register.filter
def moment(value):
    """A moment to the minute, local time, 24 hours: 2026-03-05 02:10."""
    if not value:
        return EMPTY
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M")


@register.filter
def month(value):
    """A month: Mar 2026 or 2026年3月."""
    found = _day(value)
    return formats.date_format(found, "YEAR_MONTH_FORMAT") if found else EMPTY


@register.filter
def ago(value, as_of=None):
    """How long before a date: ``{{ last|ago:night.as_of }}`` → 12 days ago, today, in 3 days."""
    then, reference = _day(value), _day(as_of)
    if then is None or reference is None:
        return EMPTY if then is None else day(then)
    days = (reference - then).days
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days == -1:
        return _("tomorrow")
    if days < 0:
        return ngettext("in %(n)s day", "in %(n)s days", -days) % {"n": number(-days)}
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": number(days)}


@register.filter
def duration(seconds):
    """Seconds for people: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    parsed = _decimal(seconds)
    if parsed is None:
        return EMPTY
    whole = int(parsed)
    if parsed < 10:
        return _("%(s)s s") % {"s": number(parsed, 1)}
    if whole < 60:
        return _("%(s)s s") % {"s": whole}
    if whole < 3600:
        return _("%(m)s min %(s)s s") % {"m": whole // 60, "s": whole % 60}
    return _("%(h)s h %(m)s min") % {"h": whole // 3600, "m": whole % 3600 // 60}


@lru_cache(maxsize=4)
def _size_units(_language):
    return [_("%(n)s B"), _("%(n)s KB"), _("%(n)s MB"), _("%(n)s GB")]


@register.filter
def size(count):
    """A file's size: 1.2 MB."""
    amount, units = float(count or 0), _size_units(get_language())
    for unit in units[:-1]:
        if amount < 1024:
            return unit % {"n": number(amount, 0 if unit is units[0] or amount >= 10 else 1)}
        amount /= 1024
    return units[-1] % {"n": number(amount, 1)}
