"""The conductor of the night: the only file that knows the order of the wings, and what makes a night visible."""

import hashlib
import json
import logging
import time
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pandas as pd
from django.db import connection, transaction
from django.utils import timezone

import customers.assess
import lifecycle.assess
import retention.assess
import segmentation.assess
from crm_site import gate, locks
from customers import frames, frames_lines
from customers.beside import beside
from customers.changes import watermark
from customers.models import Night, PublishedNight, Standing
from customers.publish import WORK_MEM, Generation
from customers.vocabulary import NightOrigin, NightStatus

log = logging.getLogger("guanxi.night")
METHOD = 15  # raised whenever the arithmetic changes, so that old nights are not taken for new ones
ATTEMPTS = 5  # a night that crashes its process every time is given up
WINGS = (
    ("tiers", customers.assess),
    ("lifecycle", lifecycle.assess),
    ("segmentation", segmentation.assess),
    ("retention", retention.assess),
)
COMPLETE = [NightStatus.COMPUTED.value, NightStatus.PUBLISHED.value, NightStatus.SUPERSEDED.value]


class NightFailed(Exception):
    """The night could not be completed; `night.error` says why, and what was published before stays visible."""

    def __init__(self, night):
        super().__init__(night.error)
        self.night = night


def run_night(*, as_of, origin=NightOrigin.COMMAND, by=None, reason="", publish=False, progress=None):
    """Compute every verdict for one date and publish it, unless a later date is published already.

    Same inputs and date: the same night is returned. `publish` moves the pointer back to an older date on purpose; a
    replay never moves it. `progress(step, done, total)` is called as steps begin. Raises NightFailed.
    """
    night = plan(as_of=as_of, origin=origin, by=by, reason=reason)
    return run_planned(night.pk, publish=publish, progress=progress)


def run_planned(night_id, *, publish=False, progress=None):
    """Take up a planned or abandoned night and carry it to its end; a complete one is only published if asked for."""
    with locks.one_night_at_a_time():
        night = Night.objects.get(pk=night_id)
        if night.status in COMPLETE:
            return _publish_again(night) if publish else night
        if night.status == NightStatus.FAILED.value:
            raise NightFailed(night)
        return _run(night, publish, progress or (lambda *args: None))


def fingerprint(as_of, inputs, replayed=False):
    """What a night depends on, as one hash; a replay reads some facts as they were on its evening, so it is another."""
    text = json.dumps([METHOD, as_of.isoformat(), inputs, *(["REPLAY"] if replayed else [])], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def plan(*, as_of, origin, by=None, reason=""):
    """The night of this date and these inputs: found, or planned in one transaction.

    One that waits for this date is taken whatever its inputs were: it reads the newest when it begins.
    """
    replayed = origin == NightOrigin.REPLAY.value
    with transaction.atomic():
        locks.planning()
        inputs = watermark()
        mark = fingerprint(as_of, inputs, replayed)
        nights = Night.objects.filter(as_of=as_of)
        waiting = nights.filter(status=NightStatus.PLANNED.value).exclude(origin=NightOrigin.REPLAY.value)
        same = nights.filter(fingerprint=mark).exclude(status=NightStatus.FAILED.value).first()
        same = same or (None if replayed else waiting.first())
        return same or Night.objects.create(
            as_of=as_of, origin=origin, requested_by=by, reason=reason, inputs=inputs, fingerprint=mark
        )


def _run(night, publish, progress):
    if night.attempts >= ATTEMPTS:
        return _fail(night, f"Given up after {ATTEMPTS} attempts.")
    Night.objects.filter(pk=night.pk).update(
        status=NightStatus.RUNNING.value, attempts=night.attempts + 1, heartbeat=timezone.now()
    )
    night.refresh_from_db()
    night.steps = []
    try:
        with beside() as hands:
            book, verdicts = _compute(night, hands, progress)
        return _finish(night, book, verdicts, publish, progress)
    except NightFailed:
        raise
    except Exception as failure:  # whatever goes wrong, yesterday stays and the reason is kept
        log.exception("night %s failed", night.pk)
        return _fail(night, f"{type(failure).__name__}: {failure}")


def _fail(night, error):
    night.status, night.error, night.finished_at = NightStatus.FAILED.value, error[:4000], timezone.now()
    night.save()
    Generation(night.pk).drop()
    raise NightFailed(night)


@contextmanager
def _step(night, name, progress):
    """Time a step and leave it on the night as a checkpoint that other processes see."""
    total = len(WINGS) + 3
    progress(name, len(night.steps), total)
    begin, record = time.perf_counter(), {"name": name, "rows": 0}
    yield record
    record["seconds"] = round(time.perf_counter() - begin, 4)
    night.steps = [*night.steps, record]
    if not connection.in_atomic_block:
        Night.objects.filter(pk=night.pk).update(steps=night.steps, heartbeat=timezone.now())
    progress(name, len(night.steps), total)


def _read(night, hands):
    """The book from one snapshot of the database, with the watermark that belongs to it, and the lines' own totals.

    The totals come as a function that waits for them: only the gate asks.
    """
    replayed = night.origin == NightOrigin.REPLAY.value
    with hands.snapshot(WORK_MEM) as begin:
        inputs = watermark()
        book = frames.read_book(night.as_of, replayed=replayed, begin=begin)
        totals = begin(frames_lines.line_totals, night.as_of)
    if inputs != night.inputs:
        night.inputs, night.fingerprint = inputs, fingerprint(night.as_of, inputs, replayed)
        Night.objects.filter(pk=night.pk).update(inputs=night.inputs, fingerprint=night.fingerprint)
    return replace(book, begin=hands.begin), totals


def _compute(night, hands, progress):
    """Read, let every wing speak, and write the generation apart, while the gate looks on: nothing is visible."""
    with _step(night, "read", progress) as step:
        book, totals = _read(night, hands)
        step["rows"] = len(book.days.day)
    verdicts = []
    for name, wing in WINGS:
        with _step(night, name, progress) as step:
            verdict = wing.assess(book)
            book = book.joined(verdict.columns)
            verdicts.append(verdict)
            step["rows"] = len(book)
    with _step(night, "check", progress) as step:
        columns = standing_columns(night.pk, book, verdicts)
        written = hands.begin(Generation(night.pk).write, columns, hands.begin)
        night.checksum = _checksum(columns)
        night.checks = gate.checks(book, verdicts, totals())
        for prepare in (act for verdict in verdicts for act in verdict.meanwhile):
            prepare(night)
        step["rows"] = len(night.checks) + 1
    with _step(night, "write", progress) as step:  # what the check has left of the time that writing takes
        step["rows"] = written()
    night.checks = [gate.rows_check(step["rows"], len(book)), *night.checks]
    return book, verdicts


def standing_columns(night_id, book, verdicts):
    """Every column of Standing as (kind, values), each from the wing that owns it; a missing one is an error."""
    spoken, vectors = {}, {}
    for verdict in verdicts:
        spoken |= {name: verdict.columns[name] for name in verdict.columns}
        spoken |= verdict.money
        vectors |= verdict.vectors
    columns = {
        "night_id": ("id", np.full(len(book), night_id, dtype="i8")),
        "customer_id": ("id", book.customers["customer_id"].to_numpy()),
    }
    for field in Standing._meta.concrete_fields:
        if field.column in columns or field.column is None:
            continue
        kind = KINDS[field.get_internal_type()]
        values = vectors[field.name] if kind == "vector" else spoken[field.name]
        columns[field.column] = (kind, _coded(values) if kind == "text" else np.asarray(values))
    return columns


def _coded(texts):
    """A column of codes as a Categorical of the words in use, in their order: found once for checksum and COPY."""
    codes, words = pd.factorize(texts)
    if (codes < 0).any():  # -1 would become the last word
        raise ValueError("A text of a standing is missing.")
    words = np.asarray(words, dtype=object)
    order = np.argsort(words)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return pd.Categorical.from_codes(place[codes], words[order])


KINDS = {
    "CharField": "text",
    "FloatField": "float",
    "IntegerField": "int",
    "BooleanField": "bool",
    "DateField": "day",
    "DecimalField": "money",
    "FloatVectorField": "vector",
}


def _checksum(columns):
    """One hash over everything a night says, so that equal inputs can be shown to give equal verdicts."""
    digest = hashlib.sha256()
    for name, (kind, values) in columns.items():
        if name == "night_id":
            continue
        digest.update(name.encode())
        if kind == "text":
            digest.update("\n".join(map(str, values.categories)).encode())
            values = values.codes.astype("i8")
        plain = np.ascontiguousarray(values, dtype="f8" if kind == "float" else None)
        digest.update(plain)
    return digest.hexdigest()


def _finish(night, book, verdicts, publish, progress):
    """Publication in one transaction; a night that fails its self-check or may not be published stays unseen."""
    night.warnings = [warning for verdict in verdicts for warning in verdict.warnings]
    night.summary = gate.summary(book, verdicts)
    night.models_used = [model for verdict in verdicts for model in verdict.models]
    night.weights = next((verdict.weights for verdict in verdicts if verdict.weights), {})
    night.rows = len(book)
    broken = [check for check in night.checks if not check["ok"]]
    if broken:
        return _fail(night, "Self-check: " + ", ".join(check["code"] for check in broken))
    with _step(night, "publish", progress), transaction.atomic():
        _settle(night, verdicts, publish)
    Night.objects.filter(pk=night.pk).update(steps=night.steps)
    return night


def _settle(night, verdicts, publish):
    """Inside the publishing transaction: pointer, audits and task sync come together or not at all."""
    pointer, _ = PublishedNight.objects.select_for_update().get_or_create(pk=1)
    before = pointer.night
    replayed = night.origin == NightOrigin.REPLAY.value
    shown = not replayed and (publish or before is None or night.as_of >= before.as_of)
    night.finished_at = timezone.now()
    night.status = NightStatus.PUBLISHED.value if shown else NightStatus.COMPUTED.value
    night.published_at = night.finished_at if shown else None
    night.warnings += gate.compared(night, before)
    night.save()
    if shown:
        _move(pointer, night)
    if shown or replayed:
        night.summary["published"] = _told(night, verdicts)
        night.save(update_fields=["summary"])


def _told(night, verdicts):
    """Let every wing do what belongs into the publishing transaction; their counts, by wing."""
    counts = {}
    for (name, _), verdict in zip(WINGS, verdicts, strict=True):
        for act in verdict.on_publish:
            counts.setdefault(name, {}).update(act(night) or {})
    return counts


def _move(pointer, night):
    if pointer.night_id and pointer.night_id != night.pk:
        Night.objects.filter(pk=pointer.night_id).update(status=NightStatus.SUPERSEDED.value)
    pointer.night, pointer.at = night, night.published_at
    pointer.save()


def _publish_again(night):
    """Roll back (or forward) to a complete night: only the pointer moves."""
    with transaction.atomic():
        pointer, _ = PublishedNight.objects.select_for_update().get_or_create(pk=1)
        if pointer.night_id != night.pk:
            night.status, night.published_at = NightStatus.PUBLISHED.value, timezone.now()
            night.save(update_fields=["status", "published_at"])
            _move(pointer, night)
    return night


def as_json(night):
    """What the commands print about a night."""
    return {
        "night": night.pk,
        "as_of": night.as_of.isoformat(),
        "status": night.status,
        "customers": night.rows,
        "seconds": round(night.seconds, 3),
        "steps": night.steps,
        "checks": night.checks,
        "warnings": night.warnings,
        "checksum": night.checksum,
        "error": night.error,
    }
