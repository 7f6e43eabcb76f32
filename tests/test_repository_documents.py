"""The documents tell the truth: commands, settings and make targets are there, links lead somewhere, nothing leaks."""

import re
from pathlib import Path

import pytest

from tests.repository import HOUSE, ROOT, commands, documents, modules, read, settings_from_the_environment, tracked

# Read by others, or by set-up only to hand it on.
NOT_OURS = {"TERM", "XDG_RUNTIME_DIR", "UV_INDEX"}
# Spelled apart, so that this file does not find itself.
LEAKS = [
    r"(?<![\w.])/(?:work|root|home|Users)/",
    r"\.lib" + "rary/",
    "py" + r"pi\.org",
    "python" + "hosted",
    "np" + r"mjs\.(?:org|com)",
    "deb" + r"ian\.org/debian",
]
UNFINISHED = re.compile(
    r"\b(?:TO" + r"DO|FIX" + r"ME|XXX)\b|raise NotImpl" + r"ementedError|lorem ipsum|coming soon", re.IGNORECASE
)


def test_every_command_is_documented():
    text = documents()
    assert {name for name in commands() if not re.search(rf"\b{name}\b", text)} == set()
    assert "run_nightly" in commands()


def test_every_setting_of_the_environment_is_documented():
    text = documents()
    names = settings_from_the_environment() - NOT_OURS
    assert {name for name in names if f"`{name}`" not in text} == set()
    assert {"DATABASE_URL", "SECRET_KEY", "GUANXI_VAR"} <= names


def test_every_make_target_explains_itself_and_is_documented():
    makefile, text = read("Makefile"), documents()
    targets = re.findall(r"^([a-z]+):(.*)$", makefile, re.MULTILINE)
    assert [name for name, rest in targets if "##" not in rest] == []
    assert [name for name, _ in targets if f"make {name}" not in text] == []


def test_the_chinese_readme_says_what_the_english_one_says():
    """The same parts, commands, settings and pictures, in the same order; only the words differ."""
    english, chinese = (_skeleton(read(path)) for path in ("README.md", "docs/README.zh-Hans.md"))
    assert chinese == english
    assert len(english["tables"]) > 40


def _skeleton(text):
    """What two languages of a document have alike: parts, code, the names in its tables, and the files it leads to."""
    text = re.sub(r'"(Client|客户编号|Ordered|下单日期|Net|金额)"', '""', text)
    tables = [line for line in text.splitlines() if line.startswith("| `")]
    links = [
        Path(target).name for target in re.findall(r"\]\(([^)\s]+)\)", text) if not target.endswith("importing.md")
    ]
    return {
        "parts": re.findall(r"^#+", text, re.MULTILINE),
        "code": re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL),
        "tables": [re.findall(r"`[^`]+`", line) for line in tables],
        "links": [name for name in links if not name.startswith("README")],
    }


def test_example_environment_names_only_known_settings():
    known = settings_from_the_environment() | {"POSTGRES_PASSWORD", "PORT"}
    named = set(re.findall(r"^([A-Z_]+)=", read(".env.example"), re.MULTILINE))
    assert named <= known
    assert set(re.findall(r"\$\{([A-Z_]+)", read("docker-compose.yml"))) == named


def test_compose_has_the_services_and_the_rules_that_keep_the_queue():
    compose = read("docker-compose.yml")
    services = re.findall(
        r"^  ([a-z]+):$", compose.partition("\nservices:\n")[2].partition("\nvolumes:\n")[0], re.MULTILINE
    )
    assert {"web", "worker", "beat", "migrate", "postgres", "broker", "cache"} <= set(services)
    assert compose.count("healthcheck:") >= 6
    assert '--maxmemory-policy", "noeviction"' in compose
    assert '"--appendonly", "yes"' in compose
    assert "stop_grace_period: 60s" in compose


@pytest.mark.parametrize("path", tracked(".md"), ids=str)
def test_links_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", read(path), flags=re.DOTALL)
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = link.partition("#")
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        file = (ROOT / path).parent / target if target else ROOT / path
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file)):
            dead.append(link)
    assert dead == []


def _anchors(file):
    titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_nothing_names_a_machine_or_a_registry():
    found = []
    for path in tracked():
        try:
            text = read(path)
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{path}: {match.group()}" for leak in LEAKS for match in re.finditer(leak, text)]
    assert found == []


def test_nothing_is_left_open_in_the_code():
    places = [path for path in [*modules(*HOUSE), *tracked(".html", ".js")] if path.parts[0] != "tests"]
    assert [f"{path}: {match.group()}" for path in places for match in UNFINISHED.finditer(read(path))] == []


def test_the_two_commands_are_on_the_front_page():
    readme = read("README.md")
    assert "make demo" in readme
    assert "make test" in readme


def test_decisions_say_what_and_why():
    records = [path for path in tracked(".md") if path.parent == Path("docs/adr")]
    assert records
    assert [str(path) for path in records if not {"## What", "## Why"} <= set(read(path).splitlines())] == []
