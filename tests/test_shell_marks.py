"""The five marks: every code of every axis has its picture, its word and an accessible name, in both languages."""

import html5lib
import pytest
from django.template import Context, Template
from django.utils import translation

from customers import labels
from customers.templatetags import marks, shell
from customers.vocabulary import Quadrant, Stage, Sublevel, SubState, Tier


@pytest.fixture(autouse=True)
def english():
    """Requests of other tests may have left another language active."""
    with translation.override("en"):
        yield


CODES = [(axis, member.value) for axis, enum in marks.ENUMS.items() for member in enum]


@pytest.mark.parametrize(("axis", "code"), CODES)
def test_full_and_compact_say_the_word(axis, code):
    word = str(labels.label_of(marks.ENUMS[axis], code))
    full, compact = marks.mark(axis, code), marks.mark(axis, code, compact=True)
    for html in (full, compact):
        html5lib.HTMLParser(strict=True).parseFragment(html)
        assert html.count("<svg") == 1 and 'aria-hidden="true"' in html
        assert f"c-{axis}-{code}" in html
    assert f"<span>{word}" in full
    assert f'title="{word}"' in compact and f'<span class="sr-only">{word}</span>' in compact


def test_pictures_differ_between_codes():
    for axis, enum in marks.ENUMS.items():
        pictures = {marks.mark(axis, m.value).split("<svg")[1].split("</svg>")[0] for m in enum}
        assert len(pictures) == len(enum), axis


def test_sub_states_and_sub_levels_sharpen_the_mark():
    html = marks.mark("stage", Stage.DECLINE.value, SubState.DETERIORATION.value, compact=True)
    assert "Decline · Deterioration" in html
    html = marks.mark("level", "LOW", Sublevel.DISCREDITED.value)
    assert "c-sublevel-DISCREDITED" in html and "Discredited" in html


def test_words_follow_the_language_although_marks_are_cached():
    english = marks.mark("tier", Tier.FRIEND.value)
    with translation.override("zh-hans"):
        chinese = marks.mark("tier", Tier.FRIEND.value)
    assert "Friend" in english and "朋友关系" in chinese


@pytest.mark.parametrize("nothing", ["", None, "NO_SUCH_CODE"])
def test_no_verdict_is_a_dash(nothing):
    assert "—" in marks.mark("level", nothing)


def test_labels_as_a_filter():
    text = Template('{% load shell %}{{ code|label:"Quadrant" }}/{{ member|label }}/{{ none|label:"Tier" }}')
    context = Context({"code": "HL", "member": Quadrant.HL, "none": None})
    assert text.render(context) == "High current, low potential/High current, low potential/"


def test_numbers_of_a_drawing_never_follow_the_language():
    with translation.override("zh-hans"):
        assert [shell.svg(n) for n in (1234.5, 1000000, 0.126, -3.0, None)] == ["1234.5", "1000000", "0.13", "-3", ""]
        assert 'width="50.0"' in shell.bar(500, 1000)


def test_equal_codes_of_different_axes_keep_their_own_words():
    with translation.override("zh-hans"):
        assert "伙伴关系" in marks.mark("tier", "PARTNER") and "合作伙伴" in marks.mark("role", "PARTNER")
        assert "潜在期" in marks.mark("stage", "PROSPECT") and "潜在顾客" in marks.mark("role", "PROSPECT")
        assert "客户退出" in marks.mark("category", "EXIT")


def test_no_space_between_chinese_sentences():
    text = Template("{% load shell %}{% sentences %} 一。\n <a>二。</a> 三. Four. Five{% endsentences %}")
    assert text.render(Context()) == "一。<a>二。</a>三. Four. Five"
    led = Template("{% load shell %}{% sentences %}<strong>策略：</strong> 一，二{% endsentences %}")
    assert led.render(Context()) == "<strong>策略：</strong>一，二"
