"""What a pairwise judgement matrix is, and the errors that say why something is not one."""

import numpy as np

LARGEST = 15  # no published random index goes further
SCALE = np.array([1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)])
SCALE.flags.writeable = False


class JudgementError(ValueError):
    """A matrix or a group of matrices that AHP cannot use; `code` is stable, `row` and `col` (from 0) where known."""

    code = "judgement"

    def __init__(self, message, row=None, col=None):
        super().__init__(message)
        self.row = row
        self.col = col


class NotSquare(JudgementError):
    """Not a two-dimensional square array."""

    code = "not_square"


class TooLarge(JudgementError):
    """More than 15 items: no random index is published here."""

    code = "too_large"


class NotFinite(JudgementError):
    """NaN or infinity where a judgement should be."""

    code = "not_finite"


class NotPositive(JudgementError):
    """Zero or a negative number where a ratio should be."""

    code = "not_positive"


class NotReciprocal(JudgementError):
    """`a_ji` is not `1 / a_ij`, or the diagonal is not 1."""

    code = "not_reciprocal"


def _refuse(error, where, message):
    row, col = (int(v) for v in np.argwhere(where)[0])
    raise error(message.format(row=row, col=col), row, col)


def shaped(matrix):
    """Return `matrix` as a square float64 array of order 1 to 15 (a copy); raises NotSquare, TooLarge, NotFinite."""
    try:
        a = np.array(matrix, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise NotSquare("a judgement matrix is a square table of numbers") from error
    if a.ndim != 2 or a.shape[0] != a.shape[1] or a.shape[0] == 0:
        raise NotSquare(f"a judgement matrix is square, not {' x '.join(map(str, a.shape)) or 'a single number'}")
    if a.shape[0] > LARGEST:
        raise TooLarge(f"at most {LARGEST} items can be compared, not {a.shape[0]}")
    return a


def checked(matrix, tolerance=1e-6):
    """Return `matrix` as a float64 array after proving it finite, positive and reciprocal.

    `tolerance` bounds |a_ij a_ji - 1|. Raises NotSquare, TooLarge, NotFinite, NotPositive or NotReciprocal, each a
    ValueError with `.code` and, where one cell is to blame, `.row` and `.col`.
    """
    a = shaped(matrix)
    if (wrong := ~np.isfinite(a)).any():
        _refuse(NotFinite, wrong, "row {row}, column {col} (from 0) is not a finite number")
    if (wrong := a <= 0).any():
        _refuse(NotPositive, wrong, "row {row}, column {col} (from 0) is not positive")
    if (wrong := np.abs(a * a.T - 1.0) > tolerance).any():
        _refuse(NotReciprocal, wrong, "rows and columns {row} and {col} (from 0) are not reciprocal")
    return a


def from_upper(values):
    """Return the reciprocal matrix whose upper triangle, row by row, is `values` (n (n - 1) / 2 positive ratios).

    Raises NotSquare when their number is not triangular, NotFinite or NotPositive for the values.
    """
    v = np.asarray(values, dtype=np.float64).ravel()
    n = round((1 + np.sqrt(1 + 8 * v.size)) / 2)
    if n * (n - 1) // 2 != v.size:
        raise NotSquare(f"{v.size} judgements do not fill a triangle")
    a = np.ones((n, n))
    upper = np.triu_indices(n, 1)
    a[upper] = v
    if not np.isfinite(v).all() or (v <= 0).any():
        return checked(a)
    a.T[upper] = 1.0 / v
    return checked(a)
