"""Marks that both scripts have: a Latin font draws them in English, whatever font draws the letters around them."""

import pytest

from tests import needs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
MARKS = "“”‘’…"
LATIN = "'Segoe UI', 'Helvetica Neue', Inter, Roboto, Arial, 'Noto Sans', 'Liberation Sans', 'DejaVu Sans'"


def fonts(page, style=""):
    """The font families that really draw the marks."""
    page.evaluate(
        """async ([text, style]) => {
            const box = document.createElement('p'); box.id = 'drawn'; box.textContent = text;
            if (style) box.style.fontFamily = style;
            document.getElementById('drawn')?.remove(); document.body.append(box);
            box.getBoundingClientRect(); await document.fonts.ready;
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        [MARKS, style],
    )
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable"), session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": "#drawn"})["nodeId"]
    return {font["familyName"] for font in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]}


def test_english_quotation_marks_are_latin(browse):
    page = browse()
    page.goto("/accounts/login/")
    latin = fonts(page, LATIN)
    if any("CJK" in name or "Han" in name for name in latin):
        needs.lacking("this machine has no Latin font")
    assert fonts(page) == latin


def test_chinese_quotation_marks_are_drawn_like_the_characters_beside_them(browse):
    page = browse(language="zh-hans")
    page.goto("/accounts/login/")
    chinese = fonts(page, "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC'")
    if not any("CJK" in name or "Noto Sans SC" in name for name in chinese):
        needs.lacking("this machine has no Chinese font")
    assert fonts(page) == chinese
