"""The four published random-index tables that turn a consistency index into a consistency ratio."""

from types import MappingProxyType

from segmentation.numerics.judgement import JudgementError

_FROM_THREE = {
    "saaty1980": "0.58 0.90 1.12 1.24 1.32 1.41 1.45 1.49 1.51 1.48 1.56 1.57 1.59",
    "alonso_lamata2006": "0.5245 0.8815 1.1086 1.2479 1.3417 1.4056 1.4499 1.4854 1.5141 1.5365 1.5551 1.5713 1.5838",
    "saaty2005": "0.52 0.89 1.11 1.25 1.35 1.40 1.45 1.49 1.52 1.54 1.56 1.58 1.59",
    "donegan_dodd": "0.4914 0.8286 1.0591 1.1797 1.2519 1.3171 1.3733 1.4055 1.4213 1.4497 1.4643 1.4822 1.4969",
}
# For n = 1 and 2 no contradiction is possible: 0.
TABLES = MappingProxyType({name: (0.0, 0.0, *map(float, row.split())) for name, row in _FROM_THREE.items()})


class UnknownTable(JudgementError):
    """No random-index table of that name."""

    code = "unknown_table"


def random_index(n, table="saaty1980"):
    """Return the mean consistency index of random reciprocal matrices of order `n` (1 to 15).

    Tables: `saaty1980` (Saaty, The Analytic Hierarchy Process, 1980; its value at n = 12 is known to be low),
    `alonso_lamata2006` (Alonso and Lamata, Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems 14(4), 2006),
    `saaty2005` (Saaty, Theory and Applications of the Analytic Network Process, 2005), `donegan_dodd` (Donegan and
    Dodd, Mathematical and Computer Modelling 15(3), 1991: 5 to 6 % lower throughout). The choice changes verdicts:
    Saaty's house is .1691, .1696, .1703 or .1810. Raises UnknownTable, and IndexError for n above 15.
    """
    if table not in TABLES:
        raise UnknownTable(f"unknown random-index table {table!r}; choose from {', '.join(TABLES)}")
    return TABLES[table][n - 1]
