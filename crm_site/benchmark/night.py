"""A night against its floor: rounds of both in turn, so that a noisy machine disturbs them alike."""

import statistics
import time
from datetime import timedelta

from crm_site import nightly
from crm_site.benchmark import data, floor
from crm_site.benchmark.reporting import table
from customers.vocabulary import NightOrigin

ROUNDS = 3
BAR = 2.5  # of the floor: what the project promises
PROMISED = 100_000  # customers from which: a smaller night is mostly what every night costs, whatever its size
TITLE = "A night against its floor"
NEEDS_DATABASE = True


def measure(size, say):
    """Makes a firm of `size` customers in the empty database at hand and times nights; plain data."""
    lines = data.make(size, say)
    first = _night(data.END - timedelta(days=ROUNDS), "first night (everything is new)", say)
    rounds = []
    for nth in range(ROUNDS):
        as_of = data.END - timedelta(days=ROUNDS - 1 - nth)
        parts = floor.measure(as_of)
        whole = {"floor": parts["group"] + parts["copy_in"], "plain": parts["group"] + parts["plain_in"]}
        say(f"floor {whole['floor']:.2f} s ({parts['group']:.2f} group and out, {parts['copy_in']:.2f} in)")
        rounds.append({**whole, **_night(as_of, "night", say)})
    return {"customers": size, "lines": lines, "columns": floor.columns(), "first": first, "rounds": rounds}


def _night(as_of, name, say):
    begin, cpu = time.perf_counter(), time.process_time()
    night = nightly.run_night(as_of=as_of, origin=NightOrigin.COMMAND.value)
    seconds = time.perf_counter() - begin
    say(f"{name} {seconds:.2f} s")
    steps = {step["name"]: step["seconds"] for step in night.steps}
    return {"night": seconds, "client_cpu": time.process_time() - cpu, "steps": steps}


def report(measured):
    """Lines of Markdown, and the verdict in one line."""
    rounds = measured["rounds"]
    middle = {key: statistics.median(r[key] for r in rounds) for key in ("floor", "plain", "night", "client_cpu")}
    ratio = statistics.median(r["night"] / r["floor"] for r in rounds)
    first = measured["first"]["night"]
    steps = {name: statistics.median(r["steps"].get(name, 0) for r in rounds) for name in rounds[0]["steps"]}
    many, plain = measured["columns"], statistics.median(r["night"] / r["plain"] for r in rounds)
    text = [
        f"{measured['customers']:,} customers, {measured['lines']:,} order lines. Medians of {ROUNDS} rounds, floor and"
        f" night in turn. The promise is a ratio of at most {BAR} from {PROMISED:,} customers.",
        "",
        *table(
            ("what", "seconds", "ratio"),
            [
                (
                    f"floor: GROUP BY + COPY out + COPY in of what a night publishes ({many} columns)",
                    middle["floor"],
                    1.0,
                ),
                (
                    "the same with 25 plain columns, as in earlier tables",
                    middle["plain"],
                    middle["plain"] / middle["floor"],
                ),
                ("night, all steps to publication", middle["night"], ratio),
                ("first night (every stage change and task is new)", first, first / middle["floor"]),
            ],
        ),
        "",
        *table(("step of the night", "seconds"), [*steps.items(), ("client CPU in all", middle["client_cpu"])]),
    ]
    verdict = f"within {BAR}" if ratio <= BAR else f"OVER {BAR}"
    if measured["customers"] < PROMISED:
        verdict = "too small for the promise"
    return text, f"night / floor = {ratio:.2f} ({verdict}); against the floor with 25 columns {plain:.2f}"
