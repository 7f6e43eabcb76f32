"""The door through which the night writes tasks: one set-based sync inside the transaction that publishes."""

import json
from collections import namedtuple

import numpy as np
from django.db import connection

from customers import copying
from customers.dialect import postgres
from customers.numerics.working_days import add_working_days
from customers.selectors.calendar import working_calendar
from customers.vocabulary import NightOrigin, OwnerRule, TaskState
from retention import frames, publish_trials
from retention.frames import EVENTS, LIVE, REPLAY, TASKS
from retention.numerics import planning

STAGE = "retention_stage"  # temporary: every pair of customer and template that has a task tonight
# Why the system closed a task; the words are in labels.py.
VANISHED, EXITED, TEMPLATE_OFF, REPLAYED = "VANISHED", "EXITED", "TEMPLATE_OFF", "REPLAY"
FRESH, HELD = 1, 0


# Who a task's owner is (u, of customer c with owner o): somebody active who sees the customer.
SEES = """coalesce(u.is_active AND (u.is_superuser OR u.role = 'ADMIN' OR u.id = c.owner_id
    OR (u.role = 'LEAD' AND (c.owner_id IS NULL OR o.team_id = u.team_id))), FALSE)"""


def sync_tasks(night, candidates):
    """Bring the tasks in line with what fires tonight; answers counts.

    New pairs of customer and template get a task for the customer's owner, except where a live one exists or one was
    done or dismissed within the template's rest. Live tasks whose reason vanished, whose template was switched off or
    whose customer left are closed and say why, unless a person added them or took them in hand (customers who left:
    always). Snoozed tasks whose day has come open again. Evidence, priority and value follow the facts. A replay only
    leaves closed tasks behind. Where a template holds customers out by chance, those get no task; what chance decided
    is kept. Must run inside a transaction; a second run of the same night changes nothing.
    """
    if night.origin == NightOrigin.REPLAY.value:
        return _replay(night, candidates)
    work = weigh(night.as_of, candidates)
    with connection.cursor() as cursor:
        closed = _close(cursor, night, work.live["id"], work.gone)
        _update(cursor, f"UPDATE {TASKS} SET lapsed_on = %s WHERE id IN ({{ids}})", [night.as_of], work.lapsed)
        reopened = _wake(cursor, night)
        rehomed = rehome(_moment(night))
        _stage(cursor, night, candidates, work.held, work.chosen)
        refreshed = _refresh(cursor, night)
        raised = _raise(cursor, night)
        cursor.execute(f"DROP TABLE {STAGE}")
    publish_trials.write(night, candidates, work.drawn, _short)
    return {
        "raised": raised, "closed": closed, "reopened": reopened, "refreshed": refreshed, "held": len(work.held),
        "rehomed": rehomed, "held_out": int(work.drawn.held.sum()),
    }  # fmt: skip


Weighed = namedtuple("Weighed", "live gone held chosen lapsed taken resting out drawn")


def weigh(as_of, candidates):
    """What a night does to the tasks, before anything is written.

    live: live tasks as arrays, gone: why each must close (or ""); held, chosen: entries of the candidates that keep
    their task, and that get one; lapsed: ids of dismissed tasks whose evidence is gone; taken, resting: keys of pairs
    that have a task, and that must not get one yet; out: keys of pairs held out by an earlier night; drawn: what chance
    decides tonight.
    """
    live = frames.live_tasks(as_of)
    position, rule = candidates.positions_of(live["customer"]), frames.rules_of(candidates, live["template"])
    known = (position >= 0) & (rule >= 0)
    firing = known & planning.among(candidates.key(position, rule), candidates.keys())
    gone = _gone(live, position, rule, firing)
    kept = firing & (gone == "")
    own = kept & (live["raised"] == 1)
    taken = candidates.key(position[kept], rule[kept])
    spent = frames.spent_since(as_of.replace(day=1)) + _cost(candidates, rule[(gone == "") & ~kept])
    dismissed, lapsed = _dismissed(candidates)
    resting = np.concatenate([frames.resting(as_of, candidates), dismissed])
    under_way, out = frames.windows(as_of, candidates)
    chosen, drawn = publish_trials.choose(candidates, taken, np.concatenate([resting, out]), spent, under_way)
    held = np.flatnonzero(planning.among(candidates.keys(), candidates.key(position[own], rule[own])))
    return Weighed(live, gone, held, chosen, lapsed, taken, resting, out, drawn)


def _cost(candidates, rules):
    """Planned cost of tasks by index of their rule; unknown rules cost nothing."""
    return sum(candidates.rules[number].cost for number in rules.tolist() if number >= 0)


def _dismissed(candidates):
    """Keys of pairs dismissed for evidence that has not changed since, and ids of tasks whose evidence is gone."""
    rows = frames.dismissed_tasks()
    position = candidates.positions_of(np.asarray([row.customer for row in rows], dtype="i8"))
    rule = frames.rules_of(candidates, np.asarray([row.template for row in rows], dtype="i8"))
    known = (position >= 0) & (rule >= 0)
    keys, everything = candidates.key(position, rule), candidates.keys()
    firing = known & planning.among(keys, everything)
    lapsed = [rows[place].id for place in np.flatnonzero(known & ~firing)]
    places = np.flatnonzero(firing)
    order = np.argsort(everything)
    entries = order[np.searchsorted(everything[order], keys[places])] if len(places) else np.zeros(0, "i8")
    said = candidates.evidence(entries)
    same = [
        place
        for place, now in zip(places.tolist(), said, strict=True)
        if not planning.news(rows[place].evidence, _short(now))
    ]
    return keys[np.asarray(same, dtype="i8")], lapsed


def _moment(night):
    """The moment of publication (of completion for a replay): the sync reads no clock of its own."""
    return night.published_at or night.finished_at or night.created_at


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


def _close(cursor, night, ids, gone):
    """Close the tasks that have a reason to, each with its event; the day a task was snoozed to still holds."""
    count = 0
    for reason in (EXITED, TEMPLATE_OFF, VANISHED):
        wanted = ids[gone == reason].tolist()
        if not wanted:
            continue
        closed = _update(
            cursor,
            f"""UPDATE {TASKS} SET state = '{TaskState.CLOSED.value}', closed_on = %s, closed_reason = %s
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
    if postgres():
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
    calendar = working_calendar()
    due = [add_working_days(night.as_of, r.due_days, calendar).toordinal() for r in candidates.rules]
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
        "due": ("day", np.asarray(due or [0])[rules]),
        "priority": ("int", candidates.priority[entries]),
        "value": ("float", candidates.value[entries]),
        "evidence": ("text", evidence),
        "fresh": ("int", np.repeat([HELD, FRESH], [len(held), len(chosen)])),
    }
    copying.write_rows(connection, STAGE, columns)
    if postgres():
        cursor.execute(f"ANALYZE {STAGE}")


def _short(evidence):
    """Six significant digits are enough for a reason in words, and keep it equal on both engines."""
    return {name: float(f"{value:.6g}") if type(value) is float else value for name, value in evidence.items()}


def _refresh(cursor, night):
    """Priority, value and evidence of held tasks, where they changed; what is new in the evidence leaves an event."""
    said, differs = ("s.evidence::jsonb", "IS DISTINCT FROM") if postgres() else ("s.evidence", "IS NOT")
    mine = f"""s.fresh = {HELD} AND t.customer_id = s.customer_id AND t.template_id = s.template_id
        AND t.state IN {LIVE} AND t.night_id IS NOT NULL"""
    before = "t.evidence::text" if postgres() else "t.evidence"
    cursor.execute(f"SELECT t.id, {before}, s.evidence FROM {TASKS} t, {STAGE} s WHERE {mine} AND t.evidence <> {said}")
    for task, was, now in cursor.fetchall():
        was, now = json.loads(was), json.loads(now)
        if planning.news(was, now):
            _log(cursor, [task], _moment(night), "evidence", {"evidence": now, "before": was})
    cursor.execute(
        f"""UPDATE {TASKS} AS t SET priority = s.priority, value = s.value, evidence = {said} FROM {STAGE} s
        WHERE {mine} AND (t.priority <> s.priority OR t.value {differs} s.value OR t.evidence <> {said})"""
    )
    return max(0, cursor.rowcount)


def rehome(at, person=None):
    """Live tasks of people who left or may no longer see the customer go to its owner, or to the queue.

    at: the moment of the events; person: id of the only one to look at. Answers how many went.
    """
    only, params = ("AND t.owner_id = %s", [person]) if person else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.id, t.owner_id, k.id FROM {TASKS} t JOIN customers_customer c ON c.id = t.customer_id
            JOIN customers_user u ON u.id = t.owner_id LEFT JOIN customers_user o ON o.id = c.owner_id
            LEFT JOIN customers_user k ON k.id = c.owner_id AND k.is_active
            WHERE t.state IN {LIVE} AND t.origin <> {REPLAY} AND NOT {SEES} {only} ORDER BY t.id""",
            params,
        )
        lost = cursor.fetchall()
        for task, before, keeper in lost:
            cursor.execute(f"UPDATE {TASKS} SET owner_id = %s WHERE id = %s", [keeper, task])
            _log(cursor, [task], at, "followed", {"before": before, "to": keeper})
    return len(lost)


def _keeper():
    """Whose task a new one is, by the template's rule: SQL over the template p, its named person n and the lead."""
    named = SEES.replace("u.", "n.")
    return f"""CASE p.owner_rule WHEN '{OwnerRule.QUEUE.value}' THEN NULL
        WHEN '{OwnerRule.LEAD.value}' THEN coalesce((SELECT min(l.id) FROM customers_user l
            WHERE l.is_active AND l.role = 'LEAD' AND l.team_id = o.team_id), k.id)
        WHEN '{OwnerRule.PERSON.value}' THEN CASE WHEN {named} THEN n.id ELSE k.id END
        ELSE k.id END"""


def _raise(cursor, night):
    """Insert the new tasks; a pair that got a task in this very moment is left alone."""
    replay = night.origin == NightOrigin.REPLAY.value
    state = TaskState.CLOSED.value if replay else TaskState.OPEN.value
    date, evidence = ("%s::date", "s.evidence::jsonb") if postgres() else ("%s", "s.evidence")
    cursor.execute(
        f"""INSERT INTO {TASKS} (customer_id, template_id, owner_id, state, origin, raised_on, night_id, due, priority,
            value, evidence, outcome, note, closed_on, closed_reason)
        SELECT s.customer_id, s.template_id, {_keeper()}, %s, %s, {date}, %s, s.due, s.priority, s.value,
            {evidence}, '', '', {date}, %s
        FROM {STAGE} s JOIN customers_customer c ON c.id = s.customer_id
        JOIN retention_tasktemplate p ON p.id = s.template_id
        LEFT JOIN customers_user o ON o.id = c.owner_id
        LEFT JOIN customers_user k ON k.id = c.owner_id AND k.is_active
        LEFT JOIN customers_user n ON n.id = p.owner_person_id
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
    """What this night would have raised, as closed tasks: nobody's work, and never twice within a template's rest.

    Nobody is held out anew (what nobody works on proves nothing); who was on that evening stays without.
    """
    _keys, out = frames.windows(night.as_of, candidates, replayed=True)
    resting = np.concatenate([frames.resting(night.as_of, candidates, replayed=True), out])
    chosen = planning.choose(candidates, np.zeros(0, "i8"), resting)
    with connection.cursor() as cursor:
        _stage(cursor, night, candidates, np.zeros(0, "i8"), chosen)
        raised = _raise(cursor, night)
        cursor.execute(f"DROP TABLE {STAGE}")
    return {"raised": raised, "closed": raised, "reopened": 0, "refreshed": 0, "held": 0, "rehomed": 0, "held_out": 0}
