"""A file ready to be read as text rows, whatever it was: CSV as it is, a workbook after its passage through a child."""

import os
from contextlib import contextmanager
from dataclasses import dataclass

from customers.imports import detect, workbook
from customers.imports.problems import FileProblem


@dataclass(frozen=True)
class Source:
    """A text table on disk and its shape; `workbook` says that days may be serial numbers."""

    path: str
    shape: detect.Shape
    workbook: bool = False
    sheets: tuple[str, ...] = ()


@contextmanager
def opened(path, *, encoding="", delimiter="", sheet="", header_row=None):
    """A Source for the file at `path`; a converted workbook is removed afterwards."""
    path = str(path)
    if not os.path.isfile(path):
        raise FileProblem("not_found", value=path)
    if detect.kind_of(path) == "xlsx":
        with workbook.converted(path, sheet) as (table, sheets, digest):
            shape = detect.measure(table, "utf-8", ",", header_row)
            shape.sha256, shape.size = digest, os.path.getsize(path)
            yield Source(table, shape, True, sheets)
    else:
        yield Source(path, detect.measure(path, encoding, delimiter, header_row))
