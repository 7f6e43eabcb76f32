"""MBG/NBD (Batislam, Denizel and Filiztekin 2007): like BG/NBD, but a customer may also be lost after the first."""

from typing import ClassVar

from lifecycle.numerics.betageo import BetaGeo, Params, Summary
from lifecycle.numerics.optimise import Prior


class MbgNbd(BetaGeo):
    """An MBG/NBD model, fitted by `fit` or given by its parameters: `MbgNbd(Params(r, alpha, a, b))`."""

    SHIFT: ClassVar[int] = 1


def fit(summary: Summary, prior: Prior | None = None, start: Params | None = None) -> MbgNbd:
    """Fit to columns `frequency`, `recency`, `age` (weeks); plain maximum likelihood unless a `prior` is given.

    Published check (CDNOW sample, lifetimes' test): .525, 6.183, .891, 1.614. ValueError on an empty or impossible
    summary.
    """
    return MbgNbd.fit(summary, prior, start)
