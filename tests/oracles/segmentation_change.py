"""Why a score changed, done slowly: one customer at a time, one thing moved at a time, the standard library only."""

from statistics import fmean


def night(told, rows):
    """What `moved` needs of a night: told is night.weights; rows: per customer code -> (raw, z, points) or None."""
    held = {}
    for code in told["indicators"]:
        here = [row for row in rows if row[code]]
        held[code] = (
            fmean(_scaled(told, {c for c in row if row[c]}, code) * row[code][1] for row in here) if here else 0
        )
    return {"told": told, "rows": rows, "centre": held}


def _scaled(told, present, code):
    own = [c for c in present if told["dimension"][c] == told["dimension"][code]]
    return float(told["weights"][code]) / sum(float(told["weights"][c]) for c in own)


def under(early, late):
    """The centring of the late population by the early version, over the indicators both have.

    Where the late version has fewer, it moves by as much as the centring over the common ones moves.
    """
    told, then = early["told"], late["told"]
    common = [c for c in told["indicators"] if c in then["indicators"]]
    signs = {c: told["direction"][c] * then["direction"][c] for c in common}
    held = _held(told, common, late["rows"], signs)
    if len(common) == len(told["indicators"]):
        return held
    whole = _held(told, told["indicators"], early["rows"])
    part = _held(told, common, early["rows"])
    known = {c for c in common if None not in (held[c], whole[c], part[c])}
    return {c: held[c] + whole[c] - part[c] if c in known else None for c in common}


def _held(told, codes, rows, signs=None):
    held = {}
    for code in codes:
        found = []
        for row in rows:
            present = {c for c in codes if row[c]}
            total = sum(float(told["weights"][c]) for c in present if told["dimension"][c] == told["dimension"][code])
            if code in present and total:
                sign = signs[code] if signs else 1
                found.append(float(told["weights"][code]) / total * sign * row[code][1])
        held[code] = fmean(found) if found else None
    return held


def moved(early, late, customer, of="total"):
    """{cause: {code: effect}} of one customer; None where it has no score on either side."""
    a, b = early["told"], late["told"]
    had = {c: v for c, v in early["rows"][customer].items() if v}
    has = {c: v for c, v in late["rows"][customer].items() if v}
    common = set(a["indicators"]) & set(b["indicators"])
    centre = under(early, late)
    kept = {c for c in had if c in has or c not in common}
    both = {c for c in kept if c in common}
    z = {c: had[c][1] for c in had}
    h = dict(early["centre"])
    steps = [(None, a, set(had), dict(z), dict(h)), ("missing", a, kept, dict(z), dict(h))]
    for c in both:
        if has[c][0] != had[c][0]:
            sd = a["sd"][c]
            z[c] = a["direction"][c] * (has[c][0] - a["mean"][c]) / sd if sd else 0.0
    steps.append(("data", a, kept, dict(z), dict(h)))
    for c in both:
        z[c] = has[c][1] * a["direction"][c] * b["direction"][c]
    h |= {c: value for c, value in centre.items() if value is not None}
    steps.append(("population", a, kept, dict(z), dict(h)))
    new = {c for c in has if c in had or c not in a["indicators"]}
    z, h = {c: has[c][1] for c in has}, late["centre"]
    steps += [("weights", b, new, z, h), ("missing", b, set(has), z, h)]
    if _scores(of, *steps[0][1:]) is None or _scores(of, *steps[-1][1:]) is None:
        return None
    return _differences(steps, of, {c for c in common if (c in had) != (c in has)})


def _scores(of, told, present, z, h):
    """{code: what it adds to the score}, None without a score."""
    total = {"CURRENT": 0.0, "POTENTIAL": 0.0}
    for c in present:
        total[told["dimension"][c]] += float(told["weights"][c])
    alive = {d for d in total if total[d] > 0}
    if not (alive if of == "total" else alive & {of}):
        return None
    share = {"CURRENT": float(told["current_share"])}
    share["POTENTIAL"] = 1 - share["CURRENT"]
    found = {}
    for c in present:
        d = told["dimension"][c]
        if d in alive:
            points = float(told["weights"][c]) / total[d] * z[c] - h[c]
            worth = (1.0 if len(alive) == 1 else share[d]) if of == "total" else float(d == of)
            found[c] = worth * points
    return found


def _differences(steps, of, came_or_went):
    effects = {cause: {} for cause in ("data", "population", "weights", "missing", "rescaled")}
    for i in range(1, len(steps)):
        before, after = (_scores(of, *step[1:]) or {} for step in (steps[i - 1], steps[i]))
        for c in set(before) | set(after):
            cause = steps[i][0]
            if cause == "missing" and c not in came_or_went:
                cause = "rescaled"
            effects[cause][c] = effects[cause].get(c, 0.0) + after.get(c, 0.0) - before.get(c, 0.0)
    return effects
