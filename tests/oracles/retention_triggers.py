"""A slow second reading of triggers: one customer at a time, plain Python."""

from math import ceil, isnan


def unknown(value):
    return value is None or value == "" or (isinstance(value, float) and isnan(value))


def fires(trigger, rows, index):
    """Whether the trigger fires for rows[index]; rows is a list of dicts."""
    if not trigger:
        return False
    if "all" in trigger:
        return all(fires(part, rows, index) for part in trigger["all"])
    if "any" in trigger:
        return any(fires(part, rows, index) for part in trigger["any"])
    if "not" in trigger:
        return not fires(trigger["not"], rows, index)
    return compare(trigger, rows, index)


def compare(condition, rows, index):
    op, wanted, value = condition["op"], condition.get("value"), rows[index][condition["field"]]
    if op in ("missing", "present"):
        return unknown(value) == (op == "missing")
    if unknown(value):
        return False
    if op == "top_share":
        known = sorted((row[condition["field"]] for row in rows if not unknown(row[condition["field"]])), reverse=True)
        return value >= known[ceil(wanted * len(known) - 1e-9) - 1]
    return {
        "eq": lambda: value == wanted,
        "in": lambda: value in wanted,
        "not_in": lambda: value not in wanted,
        "ge": lambda: value >= wanted,
        "gt": lambda: value > wanted,
        "le": lambda: value <= wanted,
        "lt": lambda: value < wanted,
        "is_true": lambda: bool(value),
        "is_false": lambda: not value,
    }[op]()


def plan(entries, taken, limits, rules, owners):
    """Greedy by hand is not what the night does; what it promises is checked instead: bounds kept, no room wasted.

    entries: (position, rule) in order; taken: pairs; returns a function that answers whether a set of pairs obeys every
    bound and whether one more of the entries would fit.
    """

    def counts(pairs):
        template, desk, customer = {}, {}, {}
        for position, rule in pairs:
            owner = owners[position]
            template[rule, owner] = template.get((rule, owner), 0) + 1
            if rules[rule].weight < limits.urgent:
                desk[rules[rule].category, owner] = desk.get((rules[rule].category, owner), 0) + 1
                customer[position] = customer.get(position, 0) + 1
        return template, desk, customer

    def fits(pair, pairs):
        template, desk, customer = counts(pairs)
        position, rule = pair
        owner = owners[position]
        factor = limits.unassigned if owner < 0 else 1
        order = ["DEVELOP", "CARE", "CHURN_PREVENT", "WIN_BACK", "EXIT"]
        if rules[rule].top is not None and template.get((rule, owner), 0) >= rules[rule].top * factor:
            return False
        if rules[rule].weight >= limits.urgent:
            return True
        planned = sum(rules[number].cost for _, number in pairs)
        if rules[rule].cost and limits.budget is not None and planned + rules[rule].cost > limits.budget:
            return False
        bound = limits.desk[order.index(rules[rule].category)] * factor
        return desk.get((rules[rule].category, owner), 0) < bound and customer.get(position, 0) < limits.customer

    return fits
