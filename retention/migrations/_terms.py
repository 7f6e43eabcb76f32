"""Short forms in which the seeded triggers are written."""


def has(field, op, value=None):
    """One condition."""
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


def every(*parts):
    """All of the parts."""
    return {"all": list(parts)}


def some(*parts):
    """At least one of the parts."""
    return {"any": list(parts)}


def silent(days):
    """No contact for so many days, or none on record."""
    return some(has("last_contact_days", "ge", days), has("last_contact_days", "missing"))


def stage(*codes):
    return has("stage", "in", list(codes))


def quadrant(*codes):
    return has("quadrant", "in", list(codes))


def tier(*codes):
    return has("tier", "in", list(codes))


def level(*codes):
    return has("level", "in", list(codes))


CALM = has("warned", "is_false")
RECENT = {"not": has("gap_ratio", "ge", 4)}  # silent for less than four own gaps: not lost yet
MANUAL = {}  # added by a person, never by the night


def template(code, category, bond, title, title_zh, advice, advice_zh, trigger, due, rest, weight, top=None):
    """One row of the catalogue."""
    return {
        "code": code, "category": category, "bond_level": bond, "title": title, "title_zh": title_zh, "advice": advice,
        "advice_zh": advice_zh, "trigger": trigger, "due_days": due, "rest_days": rest, "weight": weight, "top": top,
    }  # fmt: skip
