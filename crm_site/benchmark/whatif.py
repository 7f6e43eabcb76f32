"""A moved weight on the what-if page, from the request to the last byte; and what stability adds to a night."""

import statistics
import time

import numpy as np
from django.conf import settings
from django.test import Client

from crm_site import nightly
from crm_site.benchmark import data
from crm_site.benchmark.reporting import table
from customers.models import User
from customers.vocabulary import NightOrigin
from segmentation import assess
from segmentation.models import WeightSet
from segmentation.numerics import noise, stability, verdict
from segmentation.selectors import policies, whatif

ROUNDS = 9
BAR = 1.0  # seconds from a moved weight to the answer
TITLE = "What-if: a moved weight on the whole portfolio"
NEEDS_DATABASE = True


def measure(size, say):
    """Makes a firm of `size` customers, one night, and moves weights; plain data."""
    data.make(size, say)
    night = nightly.run_night(as_of=data.END, origin=NightOrigin.COMMAND.value)
    say(f"night {night.seconds:.2f} s")
    weights = {code: float(value) for code, value in night.weights["weights"].items()}
    cold = _timed(lambda: whatif.portfolio(night))
    say(f"first reading {cold[0]:.2f} s")
    found = {"customers": size, "night": night.seconds, "read": cold}
    found["answer"] = _median(lambda k: _answer(weights | {"gross_profit": 0.1 + 0.05 * k}, night))
    found["page"] = _pages(WeightSet.objects.get(status="PUBLISHED").pk)
    found["steps"] = {step["name"]: step["seconds"] for step in night.steps}
    return found | _stability(night)


def _answer(weights, night):
    found = whatif.what_if(weights, 0.39, night)
    for axis in whatif.AXES:
        whatif.flows(found, axis)
        whatif.matrix(found, axis)
    return whatif.winners(found), whatif.losers(found)


def _pages(pk):
    """The htmx answer to a moved weight, through the whole stack but the socket."""
    admin = User.objects.create(username="bench", role="ADMIN")
    client = Client(headers={"host": "127.0.0.1", "hx-request": "true"})
    client.force_login(admin, backend=settings.AUTHENTICATION_BACKENDS[-1])

    def ask(k):
        answer = client.get(f"/segmentation/whatif/{pk}/", {"w_gross_profit": f"{0.1 + 0.05 * k}"})
        if answer.status_code != 200:
            raise RuntimeError(f"the page answered {answer.status_code}")

    return _median(ask)


def _stability(night):
    """Seconds of the stability alone, as the night computes it."""
    held, rules = whatif.portfolio(night), policies.rules_of(night)
    told = night.weights
    weight = {code: float(told["weights"][code]) for code in told["indicators"]}
    weighting = verdict.Weighting(told["dimension"], told["direction"], weight, float(told["current_share"]))
    judged = verdict.judge(held.raw, weighting, rules, held.facts)
    draws = noise.around(weighting, np.random.default_rng(1), assess.draws_for(len(held.ids)))
    taken = _median(lambda _k: stability.stability(judged, weighting, rules, draws), 3)
    return {"stability": taken, "draws": len(draws), "judge": _median(lambda _k: _judge(held, weighting, rules), 3)}


def _judge(held, weighting, rules):
    return verdict.judge(held.raw, weighting, rules, held.facts, held.judged)


def _median(act, rounds=ROUNDS):
    """Medians of wall-clock and processor seconds."""
    taken = [_timed(lambda k=k: act(k)) for k in range(rounds)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def _timed(act):
    """Seconds on the wall clock, and of the processor: other work on the machine stretches only the first."""
    begin, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - begin, time.process_time() - cpu


def report(measured):
    """Lines of Markdown, and the verdict in one line."""
    text = [
        f"{measured['customers']:,} customers. Medians of {ROUNDS} moved weights; the night's raw values are in memory"
        " after the first request of a process.",
        "",
        *table(
            ("what", "seconds", "of the processor"),
            [
                ("first reading of the night's raw values", *measured["read"]),
                ("the firm scored, ranked and cut anew", *measured["judge"]),
                ("a moved weight: counts, matrices, money, names", *measured["answer"]),
                ("the same as the browser gets it (htmx part)", *measured["page"]),
            ],
        ),
        "",
        *table(
            ("in the night", "seconds", "of the processor"),
            [
                (f"stability, {measured['draws']:,} draws", *measured["stability"]),
                ("segmentation in all", measured["steps"]["segmentation"], "-"),
                ("all steps (the first night: every stage and task is new)", measured["night"], "-"),
            ],
        ),
    ]
    wall, cpu = measured["page"]
    told = "within" if wall <= BAR else "OVER"
    return text, f"moved weight = {wall:.2f} s, {cpu:.2f} s of the processor ({told} {BAR:.0f} s)"
