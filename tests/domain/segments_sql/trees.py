"""Random conditions about facts and consent, as plain data; their bounds lie where events do."""

from datetime import timedelta

from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.expand import Definitions, expand
from tests.domain.segments_sql.people import (
    EVENTS,
    PLAIN,
    PROPERTIES,
    TRAITS,
    plain_value,
    weird_value,
)

READ = TypeAdapter(Condition)
OPERATORS = ("equals", "not_equals", "one_of", "contains", "contains_any", "contains_all",
             "greater", "greater_or_equal", "less", "less_or_equal", "matches",
             "exists", "not_exists")  # fmt: skip
PATTERNS = (
    "^a",
    "b$",
    "[0-9]+",
    "茶",
    "a.c",
    "[Tt][Ee][Aa]",
    "^$",
    "x{2,}",
    r"\d\.\d",
    "ab|cd",
    r"\\",
)
REACHES = (1, 60, 3_600, 86_400, 7 * 86_400)
AMOUNTS = ("at_least", "at_most", "more_than", "less_than", "exactly")
NUMBERS = (0, 1, 2, -1, 0.5, 2.5, 10, 0.1, 19.99, 1e-5, 1e12, 3.3333333333333335, 12_345_678.25)


def scalar(random):
    while True:
        value = random.choice((plain_value, weird_value))(random)
        numeric = isinstance(value, int | float) and abs(value) <= 2**53 - 1
        if numeric or (isinstance(value, str) and len(value) < 250):
            return value


def value_test(random):
    operator = random.choice(OPERATORS)
    match operator:
        case "exists" | "not_exists":
            value = None
        case "one_of" | "contains_any" | "contains_all":
            value = [scalar(random) for _ in range(random.randint(1, 3))]
        case "matches":
            value = random.choice(PATTERNS)
        case "equals" | "not_equals" | "contains":
            value = scalar(random)
        case _:
            value = scalar(random)
            while isinstance(value, bool):
                value = scalar(random)
    return {"operator": operator, "value": value}


def pattern(random):
    where = [
        {"property": random.choice(PROPERTIES), **value_test(random)}
        for _ in range(random.choice((0, 0, 0, 1, 1, 2)))
    ]
    return {"event": random.choice(EVENTS), "where": where}


def window(random, today, *, fine=False):
    kinds = ["none", "days", "rolling", "between", "after", "before"]
    match random.choice(["days", "rolling", "after", "before"] if fine else kinds):
        case "none":
            return {}
        case "days":
            return {"within_days": random.choice((1, 2, 3, 7, 30, 90))}
        case "rolling":
            return {"window": {"type": "rolling", "seconds": random.choice(REACHES)}}
        case "between":
            first = today - timedelta(days=random.randint(-2, 40))
            last = first + timedelta(days=random.randint(0, 20))
            return {"window": {"type": "between", "first_day": str(first), "last_day": str(last)}}
        case kind:
            return {
                "window": {
                    "type": kind,
                    "anchor": pattern(random),
                    "which": random.choice(("first", "last")),
                    "seconds": random.choice(REACHES),
                }
            }


def event(random, today):
    return {
        "type": "event",
        **pattern(random),
        **window(random, today),
        "comparison": random.choice(("at_least", "at_most", "exactly")),
        "times": random.choice((0, 1, 1, 2, 3)),
    }


def amount(random, today):
    aggregate = random.choice(("sum", "average", "minimum", "maximum", "distinct"))
    value = random.choice(NUMBERS)
    return {
        "type": "amount",
        **pattern(random),
        **window(random, today, fine=aggregate == "distinct"),
        "aggregate": aggregate,
        "property": random.choice(PROPERTIES),
        "comparison": random.choice(AMOUNTS),
        "value": random.choice((0, 1, 2, 3)) if aggregate == "distinct" else value,
    }


def value(random, today):
    return {
        "type": "value",
        **pattern(random),
        **window(random, today),
        "which": random.choice(("first", "last")),
        "test": {"property": random.choice(PLAIN), **value_test(random)},
    }


def favourite(random, today):
    return {
        "type": "favourite",
        **pattern(random),
        "test": {"property": random.choice(PLAIN), **value_test(random)},
        "within_days": random.choice((1, 7, 30, 92)),
    }


def ratio(random, today):
    return {
        "type": "ratio",
        "part": random.choice((None, pattern(random), pattern(random))),
        "whole": pattern(random),
        "comparison": random.choice(AMOUNTS),
        "value": random.choice((0, 0.5, 1, 2 / 3, 0.75, 2, 1e-20, 1e15)),
        "within_days": random.choice((None, 2, 7, 30)),
    }


def trend(random, today):
    aggregate = random.choice(("count", "sum"))
    return {
        "type": "trend",
        **pattern(random),
        "aggregate": aggregate,
        "property": random.choice(PROPERTIES) if aggregate == "sum" else None,
        "direction": random.choice(("falling", "rising")),
        "periods": random.choice((1, 1, 1, 2, 3)),
        "unit": random.choice(("week", "month")),
    }


def sequence(random, today):
    return {
        "type": "sequence",
        "steps": [pattern(random) for _ in range(random.choice((2, 2, 3, 4)))],
        "within_seconds": random.choice(REACHES),
        "without": random.choice((None, pattern(random))),
        "within_days": random.choice((1, 2, 7, 30)),
    }


def trait(random, today):
    return {"type": "trait", "trait": random.choice(TRAITS), **value_test(random)}


def activity(random, today):
    about = random.choice(("silence_days", "age_days", "events"))
    return {
        "type": "activity",
        "about": about,
        "comparison": random.choice(("at_least", "less_than")),
        "value": random.choice((0, 1, 2, 7, 30, 1_000_000)),
    }


def date(random, today):
    repeats = random.choice(("never", "yearly", "yearly"))
    reach = 31 if repeats == "yearly" else 400
    first = random.randint(-reach, reach // 2)
    source = {"type": "trait", "trait": random.choice(("born", "born", "born", *TRAITS))}
    if random.random() < 0.4:
        where = random.choice(([], [], pattern(random)["where"]))
        which = random.choice(("first", "last"))
        source = {"type": "event", "event": random.choice(EVENTS), "where": where, "which": which}
    return {
        "type": "date",
        "source": source,
        "from_days": first,
        "to_days": min(reach, first + random.choice((0, 1, 7, 31, 62))),
        "repeats": repeats,
        "calendar": random.choice(("solar", "lunar")) if repeats == "yearly" else "solar",
    }


def consent(random, today):
    return {
        "type": "consent",
        "purpose": "marketing",
        "topic": random.choice(("", "sale", "news")),
        "channel": random.choice((None, "email", "sms")),
    }


def reachable(random, today):
    return {
        "type": "reachable",
        "purpose": random.choice(("marketing", "marketing", "transactional")),
        "topic": random.choice(("", "sale")),
        "channel": random.choice(("email", "sms")),
    }


LEAVES = {
    each.__name__: each
    for each in (
        event, amount, value, favourite, ratio, trend, sequence, trait, activity, date,
        consent, reachable,
    )
}  # fmt: skip


def read(data):
    """A condition out of plain data, of facts alone."""
    return expand(READ.validate_python(data), Definitions({}, {}))


def leaf(random, today):
    return random.choice(list(LEAVES.values()))(random, today)


def tree(random, today, depth=2):
    """A condition, mostly with a few groups around its leaves."""
    if depth == 0 or random.random() < 0.45:
        return leaf(random, today)
    kind = random.choice(("all", "any", "at_least", "not"))
    if kind == "not":
        return {"type": "not", "condition": tree(random, today, depth - 1)}
    parts = [tree(random, today, depth - 1) for _ in range(random.randint(1, 3))]
    count = {"count": random.randint(1, len(parts))} if kind == "at_least" else {}
    return {"type": kind, **count, "conditions": parts}
