"""The frame: sign-in, preferences, error pages, and templates that the Content-Security-Policy lets through."""

import re
from pathlib import Path

import html5lib
import pytest
from django import forms
from django.conf import settings
from django.core import mail
from django.db.models.fields import BLANK_CHOICE_DASH
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.urls import resolve
from django.utils import translation
from lucide import _load_icon

from customers.context import ENTRIES, navigation
from customers.models import Team
from customers.templatetags.shell import LODGERS
from customers.vocabulary import Right

ROOT = Path(settings.BASE_DIR)
FOLDERS = [ROOT / "templates", *(ROOT / app / "templates" for app in ("crm_site", "customers", "lifecycle"))]
FOLDERS += [ROOT / app / "templates" for app in ("retention", "segmentation")]
PAGES = sorted(page for folder in FOLDERS for page in folder.rglob("*.html"))
LANGUAGES = ["en", "zh-hans"]


def parse(html):
    """Refuses anything a strict HTML parser refuses."""
    parser = html5lib.HTMLParser(strict=False)
    tree = parser.parse(html)
    assert not parser.errors, [(where, name) for where, name, _ in parser.errors[:5]]
    return tree


@pytest.mark.parametrize("language", LANGUAGES)
def test_sign_in_page_parses_and_has_its_four_fields(client_for, language):
    response = client_for(None, language).get("/accounts/login/?next=/customers/")
    html = response.content.decode()
    parse(html)
    for name in ("username", "password", "next", "csrfmiddlewaretoken"):
        assert f'name="{name}"' in html
    assert f'lang="{language}"' in html and 'value="/customers/"' in html
    assert ("登录" if language == "zh-hans" else "Sign in") in html


def test_sign_in_goes_where_one_was_headed(client_for, owner):
    answer = client_for(None).post(
        "/accounts/login/", {"username": "owner", "password": "owner-owner", "next": "/accounts/password_change/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password_change/")


def test_wrong_password_is_explained(client_for, owner):
    html = client_for(None).post("/accounts/login/", {"username": "owner", "password": "no"}).content.decode()
    assert 'role="alert"' in html and 'value="owner"' in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_password_pages_parse(client_for, owner, language):
    signed_in = client_for(owner, language)
    for path in ("/accounts/password_change/", "/accounts/password_reset/", "/accounts/password_reset/done/"):
        response = signed_in.get(path)
        assert response.status_code == 200
        parse(response.content.decode())


def test_password_reset_by_mail(client_for, owner):
    owner.email = "olga@example.org"
    owner.save()
    anonymous = client_for(None, "zh-hans")
    anonymous.post("/accounts/password_reset/", {"email": owner.email})
    (message,) = mail.outbox
    assert "密码" in message.subject
    link = re.search(r"https?://\S+?(/accounts/reset/\S+)", message.body).group(1)
    page = anonymous.get(link, follow=True)
    assert 'name="new_password1"' in page.content.decode()
    done = anonymous.post(
        page.redirect_chain[-1][0], {"new_password1": "Long-enough-77", "new_password2": "Long-enough-77"}, follow=True
    )
    assert done.status_code == 200
    owner.refresh_from_db()
    assert owner.check_password("Long-enough-77")
    assert "new_password1" not in anonymous.get(link, follow=True).content.decode()  # a link works once


def test_language_is_kept_with_the_account(client_for, owner):
    signed_in = client_for(owner)
    answer = signed_in.post("/i18n/setlang/", {"language": "zh-hans", "next": "/accounts/password_change/"})
    assert answer.headers["Location"] == "/accounts/password_change/"
    owner.refresh_from_db()
    assert owner.language == "zh-hans"
    assert "修改密码" in client_for(owner).get("/accounts/password_change/").content.decode()
    assert signed_in.get("/i18n/setlang/").status_code == 405
    signed_in.post("/i18n/setlang/", {"language": "tlh"})
    owner.refresh_from_db()
    assert owner.language == "zh-hans"


def test_theme_is_kept_in_the_browser_and_with_the_account(client_for, owner):
    anonymous = client_for(None)
    answer = anonymous.post("/theme/", {"theme": "dark", "next": "https://elsewhere.example/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert 'data-theme="dark"' in anonymous.get("/accounts/login/").content.decode()
    signed_in = client_for(owner)
    assert signed_in.post("/theme/", {"theme": "light"}, headers={"X-Theme": "1"}).status_code == 204
    owner.refresh_from_db()
    assert owner.theme == "light"
    assert 'data-theme="light"' in client_for(owner).get("/accounts/password_change/").content.decode()
    signed_in.post("/theme/", {"theme": "<script>"})
    owner.refresh_from_db()
    assert owner.theme == "system"


def test_the_navigation_shows_what_one_may_open():
    everybody = {entry["href"] for entry in navigation(set())}
    assert "/imports/" not in everybody and "/people/" not in everybody and "/admin/" not in everybody
    assert {"/", "/customers/", "/retention/", "/nights/", "/segmentation/pyramid/"} <= everybody
    assert len(navigation(set(Right))) == len(ENTRIES)
    keys = [entry[4] for entry in ENTRIES if entry[4]]
    assert len(keys) == len(set(keys)) and not {"j", "k", "x", "g"} & set(keys)


def test_the_closest_entry_is_the_current_one(rf):
    request = rf.get("/customers/portfolio/")
    context = Context({"request": request, "navigation": navigation(set())})
    current = Template("{% load shell %}{% here '/' %}|{% here '/customers/' %}|{% here '/customers/portfolio/' %}")
    assert current.render(context) == '|| aria-current="page"'
    for lodger, house in LODGERS.items():  # an address that is gone would light nothing
        context["request"] = rf.get(lodger)
        assert resolve(lodger)
        context["house"] = house
        assert Template("{% load shell %}{% here house %}").render(context) == ' aria-current="page"'


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "413", "500"])
def test_error_pages_need_nothing_but_themselves(name, language):
    with translation.override(language):
        html = render_to_string(f"{name}.html")
    parse(html)
    assert "<h1>" in html and 'href="/' in html


def test_a_missing_page_is_a_404_in_the_users_language(client_for, owner):
    response = client_for(owner, "zh-hans").get("/no/such/page/")
    assert response.status_code == 404 and "这里没有内容" in response.content.decode()


def templates():
    """Every template of the product with its text, comments left out."""
    for page in PAGES:
        text = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", page.read_text(encoding="utf-8"), flags=re.S)
        yield page.relative_to(ROOT), text


def test_no_template_needs_inline_script_or_style():
    forbidden = [r"<style\b", r"\sstyle\s*=", r"\son[a-z]+\s*=\s*[\"']", r"javascript:"]
    forbidden += [r"(?:src|href)=[\"'](?:https?:)?//(?!www\.w3\.org)", r"<script\b(?![^>]*(?:src=|json))"]
    found = [(str(page), rule) for page, text in templates() for rule in forbidden if re.search(rule, text, re.I)]
    assert found == []


GEOMETRY = re.compile(r"\s(?:viewBox|x|y|width|height|cx|cy|r|rx|x1|x2|y1|y2)=\"([^\"]*{{[^\"]*)\"")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bare_number_is_an_address_and_never_grouped(language):
    with translation.override(language):
        assert Template("{{ pk }}").render(Context({"pk": 1234567})) == "1234567"


def test_geometry_is_never_grouped_by_thousands():
    plain = re.compile(r"\|(svg|stringformat|unlocalize)")
    found = [
        (str(page), value)
        for page, text in templates()
        for value in GEOMETRY.findall(text)
        if not all(plain.search(number) for number in re.findall(r"{{(.*?)}}", value))
    ]
    assert found == []


def test_every_template_compiles_and_every_icon_exists():
    for page in PAGES:
        folder = next(folder for folder in FOLDERS if page.is_relative_to(folder))
        get_template(str(page.relative_to(folder)))
    for page, text in templates():
        for name in re.findall(r"{% icon [\"']([\w-]+)[\"']", text):
            assert _load_icon(name) is not None, (page, name)


def test_the_icons_of_the_navigation_exist():
    for entry in ENTRIES:
        assert _load_icon(entry[3]) is not None


def test_styles_load_nothing_from_elsewhere_and_every_variable_is_defined():
    sheets = {sheet.name: sheet.read_text(encoding="utf-8") for sheet in (ROOT / "static/css").glob("*.css")}
    everything = "\n".join(sheets.values())
    assert "http" not in everything and "@import" not in everything
    defined = set(re.findall(r"(--[\w-]+)\s*:", everything))
    used = set(re.findall(r"var\((--[\w-]+)", everything))
    assert used <= defined, used - defined


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_words_have_contrast_aa_in_both_themes():
    tokens = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
    pairs = re.findall(r"(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\)", tokens)
    colours = {name: both for name, *both in pairs}
    grounds = ["--ground", "--surface", "--sunken", "--hover", "--nav"]
    words = ["--ink", "--ink-2", "--ink-3", "--jade", "--good", "--warn", "--bad", "--info"]
    for theme in (0, 1):
        for word in words:
            for ground in grounds:
                ratio = contrast(colours[word][theme], colours[ground][theme])
                assert ratio >= 4.5, (word, ground, theme, round(ratio, 2))
        for status in ("good", "warn", "bad", "info"):
            assert contrast(colours[f"--{status}"][theme], colours[f"--{status}-soft"][theme]) >= 4.5
        assert contrast(colours["--accent-strong"][theme], colours["--accent-soft"][theme]) >= 4.5
        assert contrast(colours["--on-accent"][theme], colours["--jade"][theme]) >= 4.5
        for name in colours:
            if re.match(r"--(quadrant|stage|category|role)-", name) and name != "--quadrant-un":
                assert contrast(colours[name][theme], colours["--surface"][theme]) >= 3, (name, theme)


def test_too_many_wrong_passwords_are_explained_in_the_readers_language(client_for, owner):
    anonymous = client_for(None, "zh-hans")
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = anonymous.post("/accounts/login/", {"username": "owner", "password": "wrong"})
    assert response.status_code == 429
    parse(response.content.decode())
    assert "尝试次数过多" in response.content.decode()
    assert anonymous.post("/accounts/login/", {"username": "owner", "password": "owner-owner"}).status_code == 429


@pytest.mark.parametrize(
    ("language", "optional", "wanted"), [("en", "Not chosen", "Please choose"), ("zh-hans", "未选择", "请选择")]
)
def test_an_empty_choice_is_said_in_words(db, language, optional, wanted):
    class Two(forms.Form):
        team = forms.ModelChoiceField(Team.objects.all(), required=False)
        kind = forms.ChoiceField(choices=[*BLANK_CHOICE_DASH, ("a", "A")])

    with translation.override(language):
        form = Two()
        drawn = [
            str(Template("{% load shell %}{% field f %}").render(Context({"f": form[name]}))) for name in form.fields
        ]
    for html, words in zip(drawn, (optional, wanted), strict=True):
        first = next(html5lib.parse(html, namespaceHTMLElements=False).iter("option"))
        assert (first.get("value"), first.text) == ("", words)
