"""Random bytes never end an import in anything but counts or one sentence; every data row is accounted for."""

import json
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.imports.lines import LineReader
from customers.imports.mapping import check, guess
from customers.imports.problems import FileProblem, row_message
from customers.imports.reading import blocks
from customers.imports.source import opened

GOOD = "customer,date,amount\n" + "".join(f"C{i},2024-01-{i % 28 + 1:02d},{i}.5\n" for i in range(30))
pieces = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(
            [b'"', b",", b"\n", b"\r", b"\r\n", b";", b"\0", b"\xff\xfe", b"C1,2024-01-05,5\n", b'"a\nb"', b"\xa3"]
        ),
    ),
    max_size=30,
).map(b"".join)


def read_all(path):
    """Every data row of a file as either good or refused; the numbers of both."""
    with opened(path) as source:
        mapping = check({"columns": {"customer_code": "customer", "date": "date", "amount": "amount"}}, "TRANSACTIONS")
        try:
            indexes = mapping.indexes(source.shape.headers)
        except FileProblem:
            guess(source.shape.headers, "TRANSACTIONS")
            return 0, 0
        reader = LineReader(mapping, indexes, today=date(2026, 1, 1), currency="CNY")
        good = refused = rows = 0
        for block in blocks(source.path, source.shape, 64):
            lines = reader.read(block)
            rows += len(block.rows) + len(block.broken)
            good, refused = good + len(lines), refused + len(lines.refused)
            assert all(row_message(code, found, "x") for _line, _cells, _name, code, found in lines.refused)
        assert good + refused == rows
        return good, refused


def survives(path):
    """Counts or one sentence."""
    try:
        return read_all(path)
    except FileProblem as problem:
        assert str(problem)
        json.dumps(problem.as_dict())
        return None


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(pieces)
def test_random_bytes(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    survives(tmp_path / "x")


@quick
@given(pieces)
def test_random_bytes_below_a_good_header(tmp_path, data):
    (tmp_path / "x").write_bytes(b"customer,date,amount\n" + data)
    survives(tmp_path / "x")


@quick
@given(st.integers(21, len(GOOD)), pieces)
def test_a_good_file_damaged_somewhere(tmp_path, at, noise):
    (tmp_path / "x").write_bytes(GOOD[:at].encode() + noise + GOOD[at:].encode())
    survives(tmp_path / "x")


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_the_size_of_a_block_does_not_matter(tmp_path, size):
    text = (
        GOOD
        + 'C1,"2024\n-01-05",1\nC2,"open,2024-01-05,2\nC3,2024-01-05,3\r\nC4,2024-01-05,4\r,,\n"C5","2024-01-05","5"'
    )
    (tmp_path / "x").write_text(text, newline="")
    with opened(tmp_path / "x") as source:
        found = [
            (line, row) for block in blocks(source.path, source.shape, size)
            for line, row in [*zip(block.lines, block.rows, strict=True), *((b[0], b[1]) for b in block.broken)]
        ]  # fmt: skip
    assert [line for line, _row in sorted(found)] == [*range(2, 33), 34, 35, 36, 38]
    assert dict(found)[32] == ["C1", "2024\n-01-05", "1"]
    assert dict(found)[38] == ["C5", "2024-01-05", "5"]
