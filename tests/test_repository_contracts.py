"""The house contracts: floors and staircase, pure numerics, two doors to the database, no hidden clock, clean style."""

import ast
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.repository import APPS, HOUSE, ROOT, modules, read, tracked

BIN = Path(sys.executable).parent
LARGEST_MODULE = 350
SQL_DOORS = re.compile(r"frames(_\w+)?|copying|beside|publish(_\w+)?")
CLOCK_DOORS = {"views", "admin", "management", "tasks", "templatetags", "context"}
NUMERICS_MAY_IMPORT = {"numpy", "pandas", "scipy"}
SQL = re.compile(r"\.cursor\(|\.raw\(|\bRawSQL\b|\.extra\(")
CLOCK = re.compile(r"timezone\.now\(|\blocaldate\(\)|\bdate\.today\(|datetime\.(now|utcnow)\(|\btime\.time\(")
SAFE = {"django": (5, 2, 17), "celery": (5, 7), "kombu": (5, 7)}  # below: known holes and lost tasks


def run(*command):
    answer = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.returncode, answer.stdout + answer.stderr


def stairs(path):
    """The steps of an app's staircase a module stands on: its folder and its own name."""
    return {*path.parts[1:-1], path.stem}


def test_floors_and_staircase_hold():
    code, said = run(BIN / "lint-imports", "--no-logo", "--no-cache")
    assert code == 0, said


def test_style_is_clean():
    files = tracked(".py")
    for command in (("check", "--output-format=concise"), ("format", "--check")):
        code, said = run(BIN / "ruff", *command, "--no-cache", "--force-exclude", *files)
        assert code == 0, said


def test_no_migration_is_missing(db):
    out = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out)
    except SystemExit:
        pytest.fail(out.getvalue())
    assert "No changes detected" in out.getvalue()


def test_nobody_below_the_roof_imports_it():
    pattern = re.compile(r"^\s*(from|import) crm_site\b", re.MULTILINE)
    assert [str(path) for path in modules(*APPS) if pattern.search(read(path))] == []


def test_numerics_import_arrays_the_book_and_the_vocabulary_only():
    strangers = []
    for path in [path for path in modules(*APPS) if "numerics" in path.parts or path.name == "book.py"]:
        own = f"{path.parts[0]}.numerics"
        for name in _imported(read(path)):
            top = name.partition(".")[0]
            allowed = top in NUMERICS_MAY_IMPORT or top in sys.stdlib_module_names - {"time", "random"}
            ground = ("customers.vocabulary", "customers.book", "customers.numerics.blocks")
            if not (allowed or name.startswith((own, *ground))):
                strangers.append(f"{path}: {name}")
    assert strangers == []


def _imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_numerics_draw_from_a_passed_generator_only():
    globals_of_numpy = re.compile(r"np\.random\.(?!Generator\b)\w+")
    assert [f"{p}: {m.group()}" for p in modules(*APPS) if "numerics" in p.parts
            for m in globals_of_numpy.finditer(read(p))] == []  # fmt: skip


def test_raw_sql_stays_behind_the_doors_to_the_database():
    others = [path for path in modules(*APPS) if not SQL_DOORS.fullmatch(path.stem)]
    assert [str(path) for path in others if SQL.search(read(path))] == []


def test_the_clock_is_read_at_the_doors_only():
    below = [path for path in modules(*APPS) if not stairs(path) & CLOCK_DOORS]
    assert [str(path) for path in below if CLOCK.search(read(path))] == []


def test_every_module_says_what_it_is_for():
    named = [path for path in modules(*HOUSE, "tests") if path.name != "__init__.py"]
    assert [str(path) for path in named if not ast.get_docstring(ast.parse(read(path)))] == []


def test_package_files_are_empty():
    packages = [path for path in tracked("__init__.py") if path.parent.name != "models" and len(path.parts) > 2]
    assert [str(path) for path in packages if read(path).strip()] == []


def test_modules_stay_short():
    lengths = {str(path): read(path).count("\n") for path in modules(*HOUSE)}
    assert {path: lines for path, lines in lengths.items() if lines > LARGEST_MODULE} == {}


def test_each_function_has_a_home():
    homeless = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [str(path) for path in tracked(".py") if stairs(path) & homeless or path.parts[0] in homeless] == []


def test_migrations_hold_no_enum_members():
    stored = [path for path in tracked(".py") if "migrations" in path.parts]
    assert [str(path) for path in stored if re.search(r"vocabulary\.\w+\[|=\s*vocabulary\.", read(path))] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locked_versions_are_not_below_the_safe_ones(lock):
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([0-9.]+)", read(lock), re.MULTILINE))
    for name, least in SAFE.items():
        assert tuple(map(int, pins[name].split("."))) >= least, name
    assert read(lock).count("--hash=sha256:") >= len(pins)
