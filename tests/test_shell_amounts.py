"""Money, numbers, shares and dates in both languages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from customers.templatetags import amounts


def said(function, *args, language="en", **kwargs):
    with translation.override(language):
        return function(*args, **kwargs)


@pytest.mark.parametrize(
    ("value", "currency", "english", "chinese"),
    [
        (Decimal("1234567"), "CNY", "¥1,234,567.00", "¥1,234,567.00"),
        (Decimal("-0.5"), "USD", "−$0.50", "−US$0.50"),
        (Decimal("12.3456"), "CNY", "¥12.3456", "¥12.3456"),
        (27_096_026.9958, "CNY", "¥27,096,027.00", "¥27,096,027.00"),
        (0.1 + 0.2, "CNY", "¥0.30", "¥0.30"),
        (10**15, "CNY", "¥1,000,000,000,000,000.00", "¥1,000,000,000,000,000.00"),
        (5, "CHF", "CHF 5.00", "CHF 5.00"),
        (None, "CNY", "—", "—"),
        (float("nan"), "CNY", "—", "—"),
        (-0.004, "CNY", "¥0.00", "¥0.00"),
        (-0.006, "CNY", "−¥0.01", "−¥0.01"),
        ("abc", "CNY", "—", "—"),
    ],
)
def test_exact_money(value, currency, english, chinese):
    assert said(amounts.exact_money, value, currency) == english
    assert said(amounts.exact_money, value, currency, language="zh-hans") == chinese


@pytest.mark.parametrize(
    ("value", "currency", "english", "chinese"),
    [
        (123_456_789, "CNY", "¥123.5M", "1.23亿元"),
        (1_234_567, "CNY", "¥1.2M", "123.5万元"),
        (12_345, "CNY", "¥12.3K", "1.2万元"),
        (9_876, "CNY", "¥9.9K", "¥9,876"),
        (987, "CNY", "¥987", "¥987"),
        (-2_500_000, "CNY", "−¥2.5M", "−250万元"),
        (1_234_567, "USD", "$1.2M", "US$123.5万"),
        (0, "CNY", "¥0", "¥0"),
        (-0.4, "CNY", "¥0", "¥0"),
        (-0.6, "CNY", "−¥1", "−¥1"),
    ],
)
def test_short_money_has_no_k_or_m_in_chinese(value, currency, english, chinese):
    assert said(amounts.compact_money, value, currency) == english
    assert said(amounts.compact_money, value, currency, language="zh-hans") == chinese


def test_the_short_amount_carries_the_exact_one_for_hover_and_screen_readers():
    with translation.override("zh-hans"):
        html = Template("{% load amounts %}{% compact 1234567.5 %}").render(Context({"currency": "CNY"}))
    assert 'title="¥1,234,567.50"' in html
    assert '<span class="sr-only">¥1,234,567.50</span>' in html
    assert '<span aria-hidden="true">123.5万元</span>' in html


def test_numbers_and_shares():
    assert said(amounts.number, 1234567.891, 2) == "1,234,567.89"
    assert said(amounts.number, 1234567, language="zh-hans") == "1,234,567"
    assert said(amounts.number, Decimal("0.125"), 2) == "0.12"
    assert said(amounts.signed, 1.25, 2) == "+1.25"
    assert said(amounts.signed, -0.4, 2) == "−0.40"
    assert said(amounts.signed, 0) == "0"
    assert said(amounts.percent, 0.1234) == "12.3%"
    assert said(amounts.percent, 0.12345, 2, language="zh-hans") == "12.34%"
    assert said(amounts.percent, -0.5, 0) == "−50%"
    assert said(amounts.percent, None) == "—"
    assert said(amounts.points, 0.012) == "+1.2"
    assert said(amounts.short, 125_000) == "125K"
    assert said(amounts.short, 125_000, language="zh-hans") == "12.5万"
    assert said(amounts.short, 999, language="zh-hans") == "999"


def test_dates():
    birthday = date(2026, 3, 5)
    assert said(amounts.day, birthday) == said(amounts.day, birthday, language="zh-hans") == "2026-03-05"
    assert said(amounts.long_day, birthday) == "5 Mar 2026"
    assert said(amounts.long_day, birthday, language="zh-hans") == "2026年3月5日"
    assert said(amounts.long_day, "2026-03-05") == "5 Mar 2026"
    assert said(amounts.month, birthday, language="zh-hans") == "2026年3月"
    late = datetime(2026, 3, 5, 18, 10, tzinfo=UTC)
    assert said(amounts.moment, late) == "2026-03-06 02:10"  # in Shanghai it is the next morning
    assert said(amounts.day, late) == "2026-03-06"
    assert said(amounts.day, None) == "—"


@pytest.mark.parametrize(
    ("then", "english", "chinese"),
    [
        (date(2026, 3, 5), "today", "今天"),
        (date(2026, 3, 4), "yesterday", "昨天"),
        (date(2026, 3, 6), "tomorrow", "明天"),
        (date(2026, 2, 21), "12 days ago", "12 天前"),
        (date(2026, 3, 8), "in 3 days", "3 天后"),
        (date(2016, 3, 5), "3,652 days ago", "3,652 天前"),
    ],
)
def test_how_long_ago(then, english, chinese):
    assert said(amounts.ago, then, date(2026, 3, 5)) == english
    assert said(amounts.ago, then, date(2026, 3, 5), language="zh-hans") == chinese


def test_durations_and_sizes():
    assert said(amounts.duration, 0.42) == "0.4 s"
    assert said(amounts.duration, 200) == "3 min 20 s"
    assert said(amounts.duration, 7500, language="zh-hans") == "2 小时 5 分"
    assert said(amounts.size, 900) == "900 B"
    assert said(amounts.size, 1_258_291) == "1.2 MB"


def test_django_itself_writes_dates_in_chinese():
    with translation.override("zh-hans"):
        assert Template("{{ d }}").render(Context({"d": date(2026, 3, 5)})) == "2026年3月5日"
