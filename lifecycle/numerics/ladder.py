"""One entry for the night: purchases to come, P(alive), silence and lifetime value of every customer, on some rung.

Implements analytics 1.5 points 1 and 3: penalised (M)BG/NBD x Gamma-Gamma on order value x shrunken margin rate, per
segment, with the fallback ladder of `rungs`. Never raises on thin data and never answers with a non-finite number.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from customers.vocabulary import ClvGap, ClvMethod
from lifecycle.numerics import clv, contracts, rate, spread, trust
from lifecycle.numerics.rungs import RATE_KIND, Columns, Crowd, Fit, Rung, Settings, Starts, climb, purchases, values

OUTPUT = [
    *("p_alive", "expected_purchases", "p_no_purchase", "expected_value", "margin_rate"),
    *("clv", "clv_low", "clv_high", "clv_deviation", "life_months", "keeping"),
]
MARGIN_RANGE = (-10.0, 1.0)  # no cost is below nothing; losses beyond ten times the sales are an accident of division
METHODS = [method.value for method in ClvMethod]
NO_STARTS: Starts = {}


@dataclass(frozen=True)
class Prediction:
    """`frame`: one row per customer, see `predict`; `fits`: the model card; `models` and `model`: who predicts whom;
    `shared_error`: deviation of the sum of all lifetime values by the uncertainty of the parameters."""

    frame: pd.DataFrame
    fits: tuple[Fit, ...]
    models: tuple
    model: np.ndarray  # per customer the index into `models`, -1 without a basis
    shared_error: float = 0.0

    def p_no_purchase(
        self,
        position: np.ndarray,
        frequency: np.ndarray,
        recency: np.ndarray,
        age: np.ndarray,
        weeks: np.ndarray,
    ) -> np.ndarray:
        """P(no purchase within `weeks`) by the model of the customer at `position`, for a history of any date.

        Flat arrays of one length, weeks throughout; 0 for customers without a model. This is what the stage rules ask.
        """
        answer = np.zeros(len(position))
        number = self.model[position]
        for k, model in enumerate(self.models):
            rows = slice(None) if len(self.models) == 1 and (number >= 0).all() else np.flatnonzero(number == k)
            some = {"frequency": frequency[rows], "recency": recency[rows], "age": age[rows]}
            answer[rows] = model.p_no_purchase(some, weeks[rows])
        return answer


def predict(summary: pd.DataFrame, settings: Settings | None = None, starts: Starts = NO_STARTS) -> Prediction:
    """Predict every customer.

    summary, one row per customer: `frequency` repeat purchase days, `recency` and `age` in weeks (NaN: no purchase
    yet), `monetary` mean amount of the repeat purchase days (0 if none; refunds included, may be negative), `sales` of
    all history, `profit` of all history (NaN where no cost is known), optional `costed` the part of sales that profit
    is about (default: sales), `segment` text, `churn_weeks` the customer's warning horizon. Optional: `cost_a_month` of
    keeping the customer, `contract_months` still to run (NaN: no contract that pays every period) and
    `contract_amount`, what it pays a month. `starts` are parameters of earlier fits, (kind, segment) -> values, where
    the optimiser begins, and which speak on where a fit fails.

    frame, same index: `p_alive`, `expected_purchases` (purchase days within settings.expected_months),
    `p_no_purchase` (within churn_weeks), `expected_value` (per purchase day), `margin_rate`, `clv` (margin within
    settings.clv_months or for ever, discounted, less the cost of keeping), `clv_low` and `clv_high` (see `spread`),
    `clv_deviation` (of the process alone), `life_months` as customer within the horizon, `keeping` (discounted cost),
    `method` (ClvMethod) and `gap` (ClvGap: the reason why the value should not be told). All zero without a purchase.
    """
    settings = settings or Settings()
    table = _table(summary)
    rows = np.flatnonzero(np.isfinite(table["frequency"]) & np.isfinite(table["age"]))
    outcome = _Outcome(len(summary), rows)
    if rows.size:
        code, segments = pd.factorize(_labels(summary["segment"].iloc[rows]))
        crowd = Crowd({name: column[rows] for name, column in table.items()}, code, tuple(map(str, segments)))
        outcome.fill(crowd, settings, starts)
    return outcome.prediction(summary.index)


def _table(summary: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns as sane floats: nothing negative where it cannot be, recency within age, NaN only where it speaks."""
    names = ["frequency", "recency", "age", "monetary", "sales", "profit", "churn_weeks"]
    table = {name: np.asarray(summary[name], dtype=float) for name in names}
    table["costed"] = np.asarray(summary["costed"], dtype=float) if "costed" in summary else table["sales"]
    for name in ("frequency", "age"):
        table[name] = np.where(np.isfinite(table[name]), np.maximum(table[name], 0.0), np.nan)
    for name in ("recency", "monetary", "sales", "costed", "churn_weeks"):
        table[name] = np.nan_to_num(table[name], posinf=0.0, neginf=0.0)
    table["recency"] = np.clip(table["recency"], 0.0, np.nan_to_num(table["age"]))
    table["churn_weeks"] = np.maximum(table["churn_weeks"], 0.0)
    for name, otherwise in (("cost_a_month", 0.0), ("contract_months", np.nan), ("contract_amount", 0.0)):
        given = np.asarray(summary[name], dtype=float) if name in summary else np.full(len(summary), otherwise)
        table[name] = given if np.isnan(otherwise) else np.nan_to_num(given, posinf=0.0, neginf=0.0)
    return table


def _labels(segment: pd.Series) -> pd.Series:
    return segment.astype(object).where(segment.notna(), "") if segment.hasnans else segment


class _Outcome:
    """Collects the columns of the frame while the rungs are climbed."""

    def __init__(self, size: int, rows: np.ndarray):
        self.size, self.rows = size, rows
        self.columns: dict[str, np.ndarray] = {name: np.zeros(rows.size) for name in OUTPUT}
        self.method = np.full(rows.size, METHODS.index(ClvMethod.NONE.value), dtype=np.int8)
        self.model = np.full(rows.size, -1, dtype=np.int32)
        self.value_model = np.full(rows.size, -1, dtype=np.int32)
        self.gap = np.full(rows.size, ClvGap.NONE.value, dtype=object)
        self.models: list = []
        self.value_models: list = []
        self.shared_variance = 0.0
        self.fits: list[Fit] = []

    def fill(self, crowd: Crowd, settings: Settings, starts: Starts) -> None:
        """Values and margins first, then purchases, then their product over time."""
        self.columns["expected_value"] = self._values(crowd, settings, starts)
        self.columns["margin_rate"] = margin_rates(crowd, settings)
        rungs, cards = climb(crowd, purchases(settings), settings, starts)
        self.fits += cards
        fallback = rate.fit(crowd.columns) if any(rung.model is None for rung in rungs) else None
        if fallback is not None:
            self._note_rate(fallback, crowd)
        self._assign(crowd, rungs, fallback)
        for number, model in enumerate(self.models):
            self._predict(model, np.flatnonzero(self.model == number), crowd.columns, settings)
        self._rescue(crowd, settings)
        self._bound(crowd.columns, settings)
        methods = np.array(METHODS, dtype=object)[self.method]
        least = {"customers": settings.gate_customers, "repeaters": settings.gate_repeaters}
        self.gap = trust.gaps(crowd.columns, methods, **least, weeks=settings.gate_weeks)

    def prediction(self, index: pd.Index) -> Prediction:
        """The frame over all customers, zero where nothing is known."""
        frame = pd.DataFrame({name: self._spread(self.columns[name], 0.0) for name in OUTPUT}, index=index)
        none = METHODS.index(ClvMethod.NONE.value)
        frame["method"] = pd.Categorical.from_codes(self._spread(self.method, none), METHODS)
        frame["gap"] = ClvGap.NO_PURCHASE.value
        frame.iloc[self.rows, frame.columns.get_loc("gap")] = self.gap
        shared = float(np.sqrt(self.shared_variance))
        return Prediction(frame, tuple(self.fits), tuple(self.models), self._spread(self.model, -1), shared)

    def _spread(self, column: np.ndarray, empty: float) -> np.ndarray:
        full = np.full(self.size, empty, dtype=column.dtype)
        full[self.rows] = column
        return full

    def _values(self, crowd: Crowd, settings: Settings, starts: Starts) -> np.ndarray:
        rungs, cards = climb(crowd, values(), settings, starts)
        self.fits += cards
        answer = np.empty(crowd.code.size)
        for segment, rung in enumerate(rungs):
            rows = np.flatnonzero(crowd.code == segment)
            some = {name: crowd.columns[name][rows] for name in ("frequency", "monetary", "sales")}
            if rung.model is not None:
                self.value_model[rows] = _index(self.value_models, rung.model)
            answer[rows] = rung.model.expected_value(some) if rung.model is not None else _mean_order(some)
        return answer

    def _assign(self, crowd: Crowd, rungs: list[Rung], fallback: rate.Rate | None) -> None:
        number = [_index(self.models, fallback if rung.model is None else rung.model) for rung in rungs]
        self.model = np.array(number, dtype=np.int32)[crowd.code]
        self.method = np.array([METHODS.index(rung.method) for rung in rungs], dtype=np.int8)[crowd.code]

    def _predict(self, model: object, rows: np.ndarray, columns: Columns, settings: Settings) -> None:
        some = {name: columns[name][rows] for name in ("frequency", "recency", "age")}
        value, margin = (self.columns[name][rows] for name in ("expected_value", "margin_rate"))
        self.columns["p_alive"][rows] = model.p_alive(some)
        weeks = settings.expected_months * clv.WEEKS_PER_MONTH
        self.columns["expected_purchases"][rows] = model.expected_purchases(some, weeks)
        self.columns["p_no_purchase"][rows] = model.p_no_purchase(some, columns["churn_weeks"][rows])
        if settings.infinite:
            self.columns["clv"][rows] = model.discounted_transactions(some, _weekly(settings)) * value * margin
        else:
            self.columns["clv"][rows] = clv.discounted(
                model, some, value=value, margin=margin, months=settings.clv_months, discount=_monthly(settings)
            )
        for number in np.unique(self.value_model[rows]) if settings.ranges else ():
            own = np.flatnonzero(self.value_model[rows] == number)
            self._range(model, self.value_models[number] if number >= 0 else None, rows[own], columns, settings)

    def _range(self, model: object, values_by: object, rows: np.ndarray, columns: Columns, settings: Settings) -> None:
        """Interval, time as customer and the cost of it, for customers of one pair of models."""
        some = {name: columns[name][rows] for name in ("frequency", "recency", "age", "monetary")}
        weeks = np.inf if settings.infinite else settings.clv_months * clv.WEEKS_PER_MONTH
        found = spread.with_values(spread.of_purchases(model, some, _weekly(settings), weeks), values_by, some)
        gross = self.columns["clv"][rows]
        low, high, deviation = spread.interval(gross, found)
        cost = columns["cost_a_month"][rows] * found.life_discounted / clv.WEEKS_PER_MONTH
        told = {"clv": gross, "clv_low": low, "clv_high": high}
        for name, figure in told.items():
            self.columns[name][rows] = figure - cost
        self.columns["clv_deviation"][rows], self.columns["keeping"][rows] = deviation, cost
        self.columns["life_months"][rows] = found.life / clv.WEEKS_PER_MONTH
        self.shared_variance += float(np.nan_to_num(spread.shared_error(gross, found)))

    def _bound(self, columns: Columns, settings: Settings) -> None:
        """Customers with a contract that pays every period: the retention formula instead of the purchase model."""
        rows = np.flatnonzero(np.isfinite(columns["contract_months"]))
        if rows.size == 0:
            return
        margin = columns["contract_amount"][rows] * self.columns["margin_rate"][rows]
        monthly = settings.contract_retention ** (1.0 / 12.0)
        months = None if settings.infinite else settings.clv_months
        found = contracts.worth(margin, columns["contract_months"][rows], monthly, _monthly(settings), months)
        cost = columns["cost_a_month"][rows] * found.months_discounted
        told = {"clv": found.value, "clv_low": found.low, "clv_high": found.high}
        for name, figure in told.items():
            self.columns[name][rows] = figure - cost
        self.columns["clv_deviation"][rows], self.columns["keeping"][rows] = found.deviation, cost
        self.columns["life_months"][rows] = found.months
        self.method[rows] = METHODS.index(ClvMethod.CONTRACT.value)

    def _rescue(self, crowd: Crowd, settings: Settings) -> None:
        """Should a model ever answer with NaN or infinity, those customers step down to the rate."""
        finite = np.logical_and.reduce([np.isfinite(self.columns[name]) for name in OUTPUT])
        rows = np.flatnonzero(~finite)
        if rows.size == 0:
            return
        fallback = rate.fit(crowd.columns)
        self._note_rate(fallback, crowd)
        self.models.append(fallback)
        self.model[rows], self.method[rows] = len(self.models) - 1, METHODS.index(ClvMethod.RATE.value)
        for name in ("expected_value", "margin_rate"):
            self.columns[name][rows] = np.nan_to_num(self.columns[name][rows], posinf=0.0, neginf=0.0)
        self._predict(fallback, rows, crowd.columns, settings)

    def _note_rate(self, fallback: rate.Rate, crowd: Crowd) -> None:
        repeaters = int(np.count_nonzero(crowd.columns["frequency"]))
        params = {"shape": fallback.params.shape, "weeks": fallback.params.weeks}
        card = Fit(RATE_KIND, "", ClvMethod.RATE.value, fallback.customers, repeaters, params, converged=True)
        self.fits.append(card)


def _index(models: list, model: object) -> int:
    """The place of this very model among the models, at the end where it is new."""
    known = next((k for k, other in enumerate(models) if other is model), None)
    if known is None:
        models.append(model)
    return len(models) - 1 if known is None else known


def _monthly(settings: Settings) -> float:
    return clv.monthly_rate(settings.discount_rate)


def _weekly(settings: Settings) -> float:
    """The continuous rate a week of the yearly discount."""
    return max(float(np.log1p(settings.discount_rate)) / (12.0 * clv.WEEKS_PER_MONTH), 1e-6)


def margin_rates(crowd: Crowd, settings: Settings) -> np.ndarray:
    """Each customer's margin rate, shrunk to the segment's with the weight of margin_weight mean customers' sales.

    Where a customer's costs are unknown it is the segment's rate, then the firm's, then settings.default_margin.
    Always within MARGIN_RANGE.
    """
    profit, sold = crowd.columns["profit"], np.maximum(crowd.columns["costed"], 0.0)
    known = np.isfinite(profit)
    firm = _ratio(profit[known].sum(), sold[known].sum(), settings.default_margin)
    size = len(crowd.segments)
    gained = np.bincount(crowd.code[known], profit[known], size)
    sales = np.bincount(crowd.code[known], sold[known], size)
    people = np.bincount(crowd.code[known], minlength=size)
    rates = np.array([_ratio(gain, sale, firm) for gain, sale in zip(gained, sales, strict=True)])
    weight = settings.margin_weight * sales / np.maximum(people, 1)
    shrunk = clv.shrunk_margin(np.where(known, profit, 0.0), sold, rates[crowd.code], weight[crowd.code])
    return np.clip(np.where(known, shrunk, rates[crowd.code]), *MARGIN_RANGE)


def _ratio(part: float, whole: float, otherwise: float) -> float:
    return float(part / whole) if whole > clv.SMALLEST_SALES else otherwise


def _mean_order(some: Columns) -> float:
    """Mean amount per purchase day, over everybody: what is left when no distribution of values can be fitted."""
    return max(float(some["sales"].sum()), 0.0) / float((some["frequency"] + 1.0).sum())
