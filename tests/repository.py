"""What the repository's tests about itself read: the tracked files, and what code says about its own settings."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = ("customers", "segmentation", "lifecycle", "retention")
HOUSE = ("crm_site", *APPS)
READERS = {"text", "flag", "whole", "words"}


@cache
def tracked(*suffixes):
    """Paths of the tracked files that end so, relative to the root; everything on disk where git is not at hand."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listing.stdout.split("\0") if listing.returncode == 0 else []
    paths = [Path(name) for name in names if name and (ROOT / name).is_file()]
    return tuple(path for path in paths if not suffixes or path.name.endswith(suffixes))


def read(path):
    """A tracked file's text."""
    return (ROOT / path).read_text(encoding="utf-8")


def modules(*tops):
    """The tracked Python modules under these top folders, migrations left out."""
    return [path for path in tracked(".py") if path.parts[0] in tops and "migrations" not in path.parts]


def settings_from_the_environment():
    """Names of all environment variables that the product reads."""
    found = set()
    for path in [*modules(*HOUSE), Path("manage.py")]:
        for node in ast.walk(ast.parse(read(path))):
            name = _asked_for(node, reader_calls=path == Path("crm_site/settings.py"))
            if name:
                found.add(name)
    return found


def _asked_for(node, reader_calls):
    """The variable's name where the node reads one: env.text("X"), os.environ.get("X") or os.environ["X"]."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        owner, method, first = ast.unparse(node.func.value), node.func.attr, node.args[0]
        reads = (reader_calls and owner == "env" and method in READERS) or (owner == "os.environ" and method == "get")
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        reads, first = ast.unparse(node.value) == "os.environ", node.slice
    else:
        return None
    return first.value if reads and isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def commands():
    """Names of all management commands of the house."""
    return {path.stem for path in modules(*HOUSE) if path.parent.name == "commands" and path.stem != "__init__"}


def documents():
    """The tracked documents for people: the README and everything in docs/ but the ADRs, in one text."""
    wanted = [path for path in tracked(".md") if path.parts[0] in ("README.md", "docs") and "adr" not in path.parts]
    return "\n".join(read(path) for path in wanted)
