"""Chinese is complete: every message translated, nothing fuzzy, placeholders kept, nothing in the code left out."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HAN = "[\u4e00-\u9fff]"


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE))


def said(entry):
    return entry.msgstr or entry.msgstr_plural.get(0, "")


def test_every_message_is_translated_and_none_is_fuzzy(catalogue):
    assert len(catalogue) > 400
    assert [entry.msgid for entry in catalogue if not said(entry).strip() or entry.fuzzy or entry.obsolete] == []


def test_placeholders_survive(catalogue):
    def names(text):
        return sorted(re.findall(r"%\(\w+\)[sdf]|{\w*}|%[sd]", text))

    wrong = [
        e.msgid
        for e in catalogue
        if said(e) and names(said(e)) not in (names(e.msgid), names(e.msgid_plural or e.msgid))
    ]
    assert wrong == []


def test_chinese_is_set_with_full_width_punctuation(catalogue):
    half_width = re.compile(rf"{HAN}[,;:?!]|[,;:?!]{HAN}|\([^)]*{HAN}|{HAN}\.(\s|$)")
    assert [said(entry) for entry in catalogue if half_width.search(said(entry))] == []


def test_traditional_characters_do_not_slip_in(catalogue):
    traditional = set("戶層係維當價關係務負責備註總數據導入帳號權選擇頁項題類終")
    assert [said(entry) for entry in catalogue if traditional - set("係入") & set(said(entry)) - set("系")] == []


@pytest.mark.gettext
def test_makemessages_finds_nothing_new(catalogue, tmp_path):
    copy = tmp_path / "source"
    skipped = shutil.ignore_patterns(
        ".venv", ".git", "var", "tests", "docs", "staticfiles", "node_modules", "__pycache__", "*.pyc", ".*_cache"
    )
    shutil.copytree(ROOT, copy, ignore=skipped)
    command = [sys.executable, "manage.py", "makemessages", "-l", "zh_Hans", "--no-location", "--no-wrap", "-v", "0"]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "crm_site.settings", "GUANXI_VAR": str(tmp_path / "var")}
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = polib.pofile(str(copy / CATALOGUE.relative_to(ROOT)))
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue}
    assert [e.msgid for e in found if not e.obsolete and (e.msgctxt, e.msgid) not in known] == []
    assert [e.msgid for e in found if e.obsolete] == []


def chinese_strings(path):
    """Every text literal with Chinese in it, patterns left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if re.search(HAN, text) and not set("\\[") & set(text):
            yield text


def test_chinese_content_in_the_code_is_set_with_full_width_punctuation():
    apps = ("customers", "segmentation", "lifecycle", "retention", "crm_site")
    half_width = re.compile(rf"{HAN}[,;:?!](?={HAN})|{HAN}[?!;:]$|{HAN}\([^)]*{HAN}")
    found = {
        f"{path.relative_to(ROOT)}: {text[:40]}"
        for app in apps
        for path in sorted((ROOT / app).rglob("*.py"))
        for text in chinese_strings(path)
        if half_width.search(text)
    }
    assert found == set()
