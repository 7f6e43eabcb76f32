"""The door through which the night writes tasks: one set-based sync inside the transaction that publishes."""

import json
from datetime import timedelta

import numpy as np
from django.db import connection

from customers import copying
from customers.vocabulary import NightOrigin, TaskState
from retention.numerics import planning

TASKS, EVENTS = "retention_retentiontask", "retention_taskevent"
STAGE = "retention_stage"  # temporary: every pair of customer and template that has a task tonight
LIVE = f"('{TaskState.OPEN.value}', '{TaskState.SNOOZED.value}')"
REPLAY = f"'{NightOrigin.REPLAY.value}'"
# Why the system closed a task; the words are in labels.py.
VANISHED, EXITED, TEMPLATE_OFF, REPLAYED = "VANISHED", "EXITED", "TEMPLATE_OFF", "REPLAY"
HANDS_OFF = "('followed', 'snoozed')"  # steps by a person that leave a task the night's own
FRESH, HELD = 1, 0


def _postgres():
    return connection.vendor == "postgresql"


def _big(expression):
    return f"({expression})::int8" if _postgres() else f"CAST({expression} AS INTEGER)"


def _truth(condition):
    return _big(f"CASE WHEN {condition} THEN 1 ELSE 0 END")


def sync_tasks(night, candidates):
    """Bring the tasks in line with what fires tonight; answers counts.

    New pairs of customer and template get a task for the customer's owner, except where a live one exists or one was
    done or dismissed within the template's rest. Live tasks whose reason vanished, whose template was switched off or
    whose customer left are closed and say why, unless a person added them or took them in hand (customers who left:
    always). Snoozed tasks whose day has come open again. Evidence, priority and value follow the facts. A replay only
    leaves closed tasks behind. Must run inside a transaction; a second run of the same night changes nothing.
    """
    if night.origin == NightOrigin.REPLAY.value:
        return _replay(night, candidates)
    live = _read_live(night.as_of)
    position, rule = candidates.positions_of(live["customer"]), _rules_of(candidates, live["template"])
    known = (position >= 0) & (rule >= 0)
    firing = known & planning.among(candidates.key(position, rule), candidates.keys())
    gone = _gone(live, position, rule, firing)
    kept = firing & (gone == "")
    own = kept & (live["raised"] == 1)
    taken = candidates.key(position[kept], rule[kept])
    chosen = planning.choose(candidates, taken, _resting(night, candidates, replayed=False))
    held = np.flatnonzero(planning.among(candidates.keys(), candidates.key(position[own], rule[own])))
    with connection.cursor() as cursor:
        closed = _close(cursor, night, live["id"], gone)
        reopened = _wake(cursor, night)
        _stage(cursor, night, candidates, held, chosen)
        refreshed = _refresh(cursor)
        raised = _raise(cursor, night)
        cursor.execute(f"DROP TABLE {STAGE}")
    return {"raised": raised, "closed": closed, "reopened": reopened, "refreshed": refreshed, "held": len(held)}


def _moment(night):
    """The moment of publication (of completion for a replay): the sync reads no clock of its own."""
    return night.published_at or night.finished_at or night.created_at


def _read_live(as_of):
    """Live tasks as arrays; the flags (0 or 1) say raised by a night, touched by a person, customer exited …"""
    by_hand = f"SELECT 1 FROM {EVENTS} e WHERE e.task_id = t.id AND e.by_id IS NOT NULL AND e.what NOT IN {HANDS_OFF}"
    sql = f"""SELECT t.id, t.customer_id, t.template_id, {_truth("t.night_id IS NOT NULL")},
        {_truth(f"EXISTS ({by_hand})")}, {_truth("c.exited_on <= %s")}, {_truth("p.active")},
        {_truth("p.category = 'EXIT'")}
        FROM {TASKS} t JOIN customers_customer c ON c.id = t.customer_id
        JOIN retention_tasktemplate p ON p.id = t.template_id
        WHERE t.state IN {LIVE} AND t.origin <> {REPLAY} ORDER BY t.id"""
    names = ("id", "customer", "template", "raised", "touched", "exited", "active", "parting")
    return copying.read_numbers(connection, sql, [as_of], dict.fromkeys(names, "int8"))


def _rules_of(candidates, templates):
    """Index into the rules for each template id, -1 where it is not among them."""
    ids = np.asarray([rule.id for rule in candidates.rules], dtype="i8")
    order = np.argsort(ids)
    if not len(ids):
        return np.full(len(templates), -1)
    at = np.minimum(np.searchsorted(ids[order], templates), len(ids) - 1)
    return np.where(ids[order][at] == templates, order[at], -1)


def _gone(live, position, rule, firing):
    """Why each live task must close: a reason code, or ""."""
    ours = (live["raised"] == 1) & (live["touched"] == 0)
    return np.select(
        [
            (live["exited"] == 1) & (live["parting"] == 0),
            ours & (live["active"] == 0),
            ours & (position >= 0) & (rule >= 0) & ~firing,
        ],
        [EXITED, TEMPLATE_OFF, VANISHED],
        default="",
    )


def _resting(night, candidates, replayed):
    """Keys of pairs done or dismissed too recently (of pairs replayed too recently, for a replay)."""
    longest = max((rule.rest_days for rule in candidates.rules), default=0)
    column = "raised_on" if replayed else "closed_on"
    day = _big(f"{column} - DATE '0001-01-01' + 1" if _postgres() else f"julianday({column}) - 1721424.5")
    over = f"state IN ('DONE', 'DISMISSED') AND origin <> {REPLAY}"
    sql = f"""SELECT {_big("customer_id")}, {_big("template_id")}, {day} FROM {TASKS}
        WHERE {f"origin = {REPLAY} AND raised_on <= %s" if replayed else over} AND {column} > %s"""
    params = ([night.as_of] if replayed else []) + [night.as_of - timedelta(days=max(longest, 1))]
    rows = copying.read_numbers(connection, sql, params, dict.fromkeys(("customer", "template", "day"), "int8"))
    position, rule = candidates.positions_of(rows["customer"]), _rules_of(candidates, rows["template"])
    rests = np.asarray([r.rest_days for r in candidates.rules] or [0])[rule]
    still = (position >= 0) & (rule >= 0) & (rows["day"] > night.as_of.toordinal() - np.maximum(rests, 1))
    return candidates.key(position[still], rule[still])


def _close(cursor, night, ids, gone):
    """Close the tasks that have a reason to, each with its event."""
    count = 0
    for reason in (EXITED, TEMPLATE_OFF, VANISHED):
        wanted = ids[gone == reason].tolist()
        if not wanted:
            continue
        closed = _update(
            cursor,
            f"""UPDATE {TASKS} SET state = '{TaskState.CLOSED.value}', closed_on = %s, closed_reason = %s,
            snoozed_until = NULL
            WHERE id IN ({{ids}}) AND state IN {LIVE}""",
            [night.as_of, reason],
            wanted,
        )
        _log(cursor, closed, _moment(night), "closed", {"reason": reason})
        count += len(closed)
    return count


def _wake(cursor, night):
    """Snoozed tasks whose day has come are open again."""
    cursor.execute(
        f"""UPDATE {TASKS} SET state = '{TaskState.OPEN.value}', snoozed_until = NULL
        WHERE state = '{TaskState.SNOOZED.value}' AND snoozed_until <= %s AND origin <> {REPLAY} RETURNING id""",
        [night.as_of],
    )
    awake = [row[0] for row in cursor.fetchall()]
    _log(cursor, awake, _moment(night), "reopened", {})
    return len(awake)


def _update(cursor, sql, params, ids):
    """Run an UPDATE over many ids in portions; answers the ids it changed."""
    changed = []
    for start in range(0, len(ids), 500):
        portion = ids[start : start + 500]
        cursor.execute(sql.format(ids=", ".join(["%s"] * len(portion))) + " RETURNING id", [*params, *portion])
        changed += [row[0] for row in cursor.fetchall()]
    return changed


def _log(cursor, ids, at, what, detail):
    """One event for each task."""
    if not ids:
        return
    text = json.dumps(detail)
    if _postgres():
        cursor.execute(
            f"""INSERT INTO {EVENTS} (task_id, at, by_id, what, detail)
            SELECT id, %s, NULL, %s, %s::jsonb FROM unnest(%s) AS id ORDER BY id""",
            [at, what, text, ids],
        )
    else:
        at = connection.ops.adapt_datetimefield_value(at)
        sql = f"INSERT INTO {EVENTS} (task_id, at, by_id, what, detail) VALUES (%s, %s, NULL, %s, %s)"
        cursor.executemany(sql, [(task, at, what, text) for task in sorted(ids)])


def _stage(cursor, night, candidates, held, chosen):
    """Fill the temporary table with the pairs that keep their task and those that get one."""
    entries = np.concatenate([held, chosen]).astype("i8")
    rules = candidates.rule[entries]
    due_days = np.asarray([r.due_days for r in candidates.rules] or [0])[rules]
    templates = np.asarray([r.id for r in candidates.rules] or [0], dtype="i8")[rules]
    cursor.execute(f"DROP TABLE IF EXISTS {STAGE}")
    cursor.execute(
        f"""CREATE TEMPORARY TABLE {STAGE} (customer_id bigint, template_id bigint, due date, priority integer,
        value double precision, evidence text, fresh integer)"""
    )
    if not len(entries):
        return
    evidence = np.asarray([json.dumps(_short(said)) for said in candidates.evidence(entries)], dtype=object)
    columns = {
        "customer_id": ("id", candidates.ids[candidates.position[entries]]),
        "template_id": ("id", templates),
        "due": ("day", night.as_of.toordinal() + due_days),
        "priority": ("int", candidates.priority[entries]),
        "value": ("float", candidates.value[entries]),
        "evidence": ("text", evidence),
        "fresh": ("int", np.repeat([HELD, FRESH], [len(held), len(chosen)])),
    }
    copying.write_rows(connection, STAGE, columns)
    if _postgres():
        cursor.execute(f"ANALYZE {STAGE}")


def _short(evidence):
    """Six significant digits are enough for a reason in words, and keep it equal on both engines."""
    return {name: float(f"{value:.6g}") if type(value) is float else value for name, value in evidence.items()}


def _refresh(cursor):
    """Priority, value and evidence of held tasks, where they changed."""
    said, differs = ("s.evidence::jsonb", "IS DISTINCT FROM") if _postgres() else ("s.evidence", "IS NOT")
    cursor.execute(
        f"""UPDATE {TASKS} AS t SET priority = s.priority, value = s.value, evidence = {said} FROM {STAGE} s
        WHERE s.fresh = {HELD} AND t.customer_id = s.customer_id AND t.template_id = s.template_id AND t.state IN {LIVE}
        AND t.night_id IS NOT NULL
        AND (t.priority <> s.priority OR t.value {differs} s.value OR t.evidence <> {said})"""
    )
    return max(0, cursor.rowcount)


def _raise(cursor, night):
    """Insert the new tasks; a pair that got a task in this very moment is left alone."""
    replay = night.origin == NightOrigin.REPLAY.value
    state = TaskState.CLOSED.value if replay else TaskState.OPEN.value
    date, evidence = ("%s::date", "s.evidence::jsonb") if _postgres() else ("%s", "s.evidence")
    cursor.execute(
        f"""INSERT INTO {TASKS} (customer_id, template_id, owner_id, state, origin, raised_on, night_id, due, priority,
            value, evidence, outcome, note, closed_on, closed_reason)
        SELECT s.customer_id, s.template_id, u.id, %s, %s, {date}, %s, s.due, s.priority, s.value,
            {evidence}, '', '', {date}, %s
        FROM {STAGE} s JOIN customers_customer c ON c.id = s.customer_id
        LEFT JOIN customers_user u ON u.id = c.owner_id AND u.is_active
        WHERE s.fresh = {FRESH} ORDER BY s.priority, s.value DESC, s.customer_id, s.template_id
        ON CONFLICT DO NOTHING RETURNING id""",
        [state, night.origin, night.as_of, night.pk, night.as_of if replay else None, REPLAYED if replay else ""],
    )
    raised = [row[0] for row in cursor.fetchall()]
    _log(cursor, raised, _moment(night), "raised", {"night": night.pk})
    if replay:
        _log(cursor, raised, _moment(night), "closed", {"reason": REPLAYED})
    return len(raised)


def _replay(night, candidates):
    """What this night would have raised, as closed tasks: nobody's work, and never twice within a template's rest."""
    chosen = planning.choose(candidates, np.zeros(0, "i8"), _resting(night, candidates, replayed=True))
    with connection.cursor() as cursor:
        _stage(cursor, night, candidates, np.zeros(0, "i8"), chosen)
        raised = _raise(cursor, night)
        cursor.execute(f"DROP TABLE {STAGE}")
    return {"raised": raised, "closed": raised, "reopened": 0, "refreshed": 0, "held": 0}
