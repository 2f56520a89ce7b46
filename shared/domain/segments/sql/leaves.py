"""Leaves in SQL: what a person's row has to say for a condition to hold; never NULL."""

from datetime import datetime
from itertools import pairwise
from typing import Final, assert_never

from shared.domain.events.own import OWN_EVENTS
from shared.domain.segments.condition import (
    ActivityCondition,
    AmountCondition,
    EventCondition,
    FavouriteCondition,
    RatioCondition,
    TraitCondition,
    TrendCondition,
    ValueCondition,
)
from shared.domain.segments.nodes.events import MAX_FAVOURITE_VALUES, EventPattern
from shared.domain.segments.sql.json_values import JsonValue, passes
from shared.domain.segments.sql.literals import (
    amounts,
    before,
    both,
    counts,
    instant,
    one_of,
    shares,
    shifted,
)
from shared.domain.segments.sql.plan import VALUES, Plan
from shared.domain.segments.sql.windows import between, within, within_days

INSTANT: Final = 23  # characters of an instant as the scan says it
_SEPARATOR: Final = "chr(1)"  # stands in no JSON text and no source's id
_TIMES: Final = len(str(MAX_FAVOURITE_VALUES))


def sure(condition: str) -> str:
    """A condition that says FALSE where it said NULL."""
    return f"COALESCE({condition}, FALSE)"


def trait(node: TraitCondition, plan: Plan) -> str:
    """Compares the latest claim about a trait."""
    return sure(passes(node, JsonValue.whole(claimed(node.trait, plan))))


def claimed(name: str, plan: Plan) -> str:
    """The JSON text of the claim that holds: the latest, then by source and text."""
    plan.looks_at_traits()
    value = plan.row(f"CASE WHEN type = 'identify' THEN {JsonValue.member('traits', name).raw} END")
    latest = plan.person(f"max(t || source_id || {_SEPARATOR} || {value})")
    return f"substr({latest}, strpos({latest}, {_SEPARATOR}) + 1)"


def event(node: EventCondition, plan: Plan) -> str:
    """Compares how often something was done."""
    return counts(node.comparison, _count(node, within(node, plan), plan), node.times)


def _count(pattern: EventPattern, window: list[str], plan: Plan) -> str:
    return plan.person(f"count(*) FILTER (WHERE {both([plan.flag(pattern), *window])})")


def amount(node: AmountCondition, plan: Plan) -> str:
    """Compares a sum, average, minimum, maximum, or a number of values."""
    window = within(node, plan)
    member = JsonValue.member("properties", node.property)
    flag = plan.flag(node)
    if node.aggregate == "distinct":
        kept = plan.row(f"CASE WHEN {flag} THEN {member.kept} END")
        values = plan.person(f"count(DISTINCT {kept}){_where(window)}")
        return amounts(node.comparison, f"CAST({values} AS DECIMAL(38, 18))", node.value)
    number = plan.row(f"CASE WHEN {flag} THEN {member.amount} END")
    match node.aggregate:
        case "sum":
            total = plan.person(f"sum({number}){_where(window)}")
            return amounts(node.comparison, f"COALESCE({total}, 0)", node.value)
        case "average":
            total = plan.person(f"sum({number}){_where(window)}")
            times = plan.person(f"count({number}){_where(window)}")
            return sure(shares(node.comparison, total, times, node.value))
        case "minimum" | "maximum":
            found = plan.person(f"{node.aggregate[:3]}({number}){_where(window)}")
            return sure(amounts(node.comparison, found, node.value))
        case _:
            assert_never(node.aggregate)


def value(node: ValueCondition, plan: Plan) -> str:
    """Compares the first or last value; instant and value are one text, which orders both."""
    window = within(node, plan)
    member = JsonValue.member("properties", node.test.property)
    kept = plan.row(f"CASE WHEN {plan.flag(node)} THEN {member.kept} END")
    pick = "min" if node.which == "first" else "max"
    said = plan.person(f"{pick}(t || {kept}){_where(window)}")
    return sure(passes(node.test, JsonValue.whole(f"substr({said}, {INSTANT + 1})")))


def favourite(node: FavouriteCondition, plan: Plan) -> str:
    """Compares the most frequent value: how often, the last instant and the value are one text."""
    window = within_days(node, node.within_days, plan)
    member = JsonValue.member("properties", node.test.property)
    kept = plan.row(f"CASE WHEN {both([plan.flag(node), *window])} THEN {member.kept} END")
    rank = plan.row(
        f"row_number() OVER (PARTITION BY profile_id, {kept} IS NULL ORDER BY t DESC, {kept} DESC)",
        VALUES + 1,
    )
    late = plan.row(f"CASE WHEN {rank} <= {MAX_FAVOURITE_VALUES} THEN {kept} END", VALUES + 2)
    same = f"OVER (PARTITION BY profile_id, {late})"
    times = plan.row(f"count(*) {same}", VALUES + 3)
    last = plan.row(f"max(t) {same}", VALUES + 3)
    digits = f"lpad(CAST({times} AS VARCHAR), {_TIMES}, '0')"
    best = plan.person(f"max(CASE WHEN NOT {late} IS NULL THEN {digits} || {last} || {late} END)")
    chosen = f"substr({best}, {_TIMES + INSTANT + 1})"
    return sure(passes(node.test, JsonValue.whole(chosen)))


def ratio(node: RatioCondition, plan: Plan) -> str:
    """Compares a part with a whole."""
    whole = _count(node.whole, within_days(node.whole, node.within_days, plan), plan)
    if node.part is None:
        part = f"{whole} - 1"
    else:
        part = _count(node.part, within_days(node.part, node.within_days, plan), plan)
    share = shares(node.comparison, f"CAST({part} AS DECIMAL(10, 0))", whole, node.value)
    return both((f"{whole} > 0", share))


def trend(node: TrendCondition, plan: Plan) -> str:
    """Compares whole periods, each with the one before it."""
    starts = _periods(node, plan)
    plan.looks_at(node, starts[0])
    found = []
    for since, until in pairwise(starts):
        window = between(since, until)
        if node.property is None:
            found.append(_count(node, window, plan))
            continue
        member = JsonValue.member("properties", node.property)
        number = plan.row(f"CASE WHEN {plan.flag(node)} THEN {member.amount} END")
        found.append(f"COALESCE({plan.person(f'sum({number}){_where(window)}')}, 0)")
    sign = ">" if node.direction == "falling" else "<"
    return both(f"{one} {sign} {next_}" for one, next_ in pairwise(found))


def _periods(node: TrendCondition, plan: Plan) -> list[datetime]:
    """Where the whole periods begin, ascending, and the current one."""
    today = plan.today
    if node.unit == "week":
        monday = shifted(today, -today.weekday())
        days = [shifted(monday, -7 * back) for back in range(node.periods + 1, -1, -1)]
    else:
        this = today.year * 12 + today.month - 1
        months = [this - back for back in range(node.periods + 1, -1, -1)]
        days = [today.replace(year=m // 12, month=m % 12 + 1, day=1) for m in months]
    return [plan.start_of(day) for day in days]


def activity(node: ActivityCondition, plan: Plan) -> str:
    """Compares first and last signs of life, or how many there were."""
    plan.looks_at_everything()
    alive = f"WHERE NOT {one_of('name', sorted(OWN_EVENTS))}"
    if node.about == "events":
        times = plan.person(f"count(*) FILTER ({alive})")
        return f"{times} {'>=' if node.comparison == 'at_least' else '<'} {node.value}"
    pick = "max" if node.about == "silence_days" else "min"
    seen = plan.person(f"{pick}(t) FILTER ({alive})")
    if not node.value:  # no days have gone by at once
        return f"NOT {seen} IS NULL" if node.comparison == "at_least" else "FALSE"
    reached = instant(before(plan.at, days=node.value))
    return sure(f"{seen} {'<=' if node.comparison == 'at_least' else '>'} {reached}")


def _where(window: list[str]) -> str:
    return f" FILTER (WHERE {both(window)})" if window else ""
