"""BG/NBD (Fader, Hardie and Lee 2005): who repeats may drop out after each purchase; one-time buyers count as alive."""

from typing import ClassVar

from lifecycle.numerics.betageo import BetaGeo, Params, Summary
from lifecycle.numerics.optimise import Prior


class BgNbd(BetaGeo):
    """A BG/NBD model, fitted by `fit` or given by its parameters: `BgNbd(Params(r, alpha, a, b))`."""

    SHIFT: ClassVar[int] = 0


def fit(summary: Summary, prior: Prior | None = None, start: Params | None = None) -> BgNbd:
    """Fit to columns `frequency`, `recency`, `age` (weeks); plain maximum likelihood unless a `prior` is given.

    Published check (CDNOW sample): .2426, 4.4136, .7929, 2.4259 with log likelihood -9582.43. ValueError on an empty
    or impossible summary.
    """
    return BgNbd.fit(summary, prior, start)
