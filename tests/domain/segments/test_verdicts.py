from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from pydantic import TypeAdapter

from shared.domain.measures.model import Activity, Cell, Measure
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import MAX_FACTS, evaluate
from shared.domain.segments.references import references
from tests.domain.segments.conditions import conditions, trait_conditions, trees
from tests.domain.segments.histories import Happening, view_of
from tests.domain.segments.oracle import Reading, oracle
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
DAYS = [n * 86_400 for n in range(6)]
FAR = 400 * DAY  # from there on anniversaries are not looked for


def judged(data, history, now, zone):
    condition = CONDITION.validate_python(data)
    return evaluate(condition, view_of(history, references(condition), now, zone), now, zone)


def read(**data):
    return CONDITION.validate_python(data)


@given(cases(trees(trait_conditions())))
def test_a_trait_never_makes_a_verdict_change_by_itself(case):
    assert judged(*case).changes_at is None


def test_thirty_days_without_a_visit_become_true_at_a_midnight_of_the_workspace():
    condition = read(type="event", event="page", comparison="exactly", times=0, within_days=30)
    view = View({}, {"page": {date(2026, 11, 22): 3}})
    # 00:30 on the 22nd in Shanghai is still the 21st in UTC.
    now = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)

    verdict = evaluate(condition, view, now, SHANGHAI)

    assert not verdict.matches
    assert verdict.changes_at == datetime(2026, 12, 22, tzinfo=SHANGHAI)
    assert [fact.to_json() for fact in verdict.because] == [
        {"about": "event", "name": "page", "value": 3, "holds": False, "within_days": 30}
    ]


def test_an_event_of_tomorrow_counts_from_tomorrow_on():
    condition = read(type="event", event="page", within_days=1)
    view = View({}, {"page": {date(2026, 11, 23): 1}})

    verdict = evaluate(condition, view, NOON, ZoneInfo("UTC"))

    assert not verdict.matches
    assert verdict.changes_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_day_at_the_end_of_the_calendar_does_no_harm():
    condition = read(type="event", event="page", comparison="exactly", within_days=730)
    view = View({}, {"page": {date.max: 1, date.min: 1}})

    verdict = evaluate(condition, view, NOON, ZoneInfo("UTC"))

    assert not verdict.matches
    assert verdict.changes_at is None


@pytest.mark.parametrize("born", ["9999-12-31", "0001-01-01"])
@pytest.mark.parametrize("repeats", ["never", "yearly"])
@pytest.mark.parametrize("calendar", ["solar", "lunar"])
def test_a_date_at_the_end_of_the_calendar_does_no_harm(born, repeats, calendar):
    if (repeats, calendar) == ("never", "lunar"):
        return
    condition = read(
        type="date", source={"type": "trait", "trait": "born"}, from_days=-31, to_days=31,
        repeats=repeats, calendar=calendar,
    )  # fmt: skip

    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        assert not evaluate(condition, View({"born": born}, {}), NOON, ZoneInfo(zone)).matches


def test_a_lunar_birthday_of_a_leap_month_is_kept_in_the_regular_one():
    """Born on the first of the leap sixth month of 2025; in 2026 that month begins on 14 July."""
    condition = read(
        type="date", source={"type": "trait", "trait": "born"}, from_days=0, to_days=0,
        repeats="yearly", calendar="lunar",
    )  # fmt: skip
    view = View({"born": "2025-07-25"}, {})

    before = evaluate(condition, view, datetime(2026, 7, 1, tzinfo=SHANGHAI), SHANGHAI)
    on = evaluate(condition, view, datetime(2026, 7, 14, tzinfo=SHANGHAI), SHANGHAI)

    assert (before.matches, before.changes_at) == (False, datetime(2026, 7, 14, tzinfo=SHANGHAI))
    assert (on.matches, on.changes_at) == (True, datetime(2026, 7, 15, tzinfo=SHANGHAI))


def test_of_a_long_text_the_first_two_hundred_characters_are_compared():
    test = {"property": "sku", "operator": "equals", "value": "x" * 200}
    history = [Happening(NOON, "page", {"sku": "x" * 201})]
    last = {"type": "value", "event": "page", "which": "last", "test": test}
    filtered = {"type": "event", "event": "page", "where": [test]}

    assert judged(last, history, NOON, SHANGHAI).matches
    assert not judged(filtered, history, NOON, SHANGHAI).matches


def test_silence_of_a_million_days_is_an_instant_still():
    condition = read(type="activity", about="silence_days", comparison="at_least", value=1_000_000)
    view = View({}, {}, activity=Activity(NOON, NOON, 1))

    assert evaluate(condition, view, NOON, SHANGHAI).changes_at == NOON + 1_000_000 * DAY


@given(conditions)
def test_whoever_has_done_nothing_is_judged_too(data):
    verdict = judged(data, (), NOON, SHANGHAI)

    assert verdict.matches == oracle(data, (), NOON, SHANGHAI)
    assert verdict.changes_at is None


@pytest.mark.parametrize(
    "leaf",
    [
        {"type": "tag", "tag_id": "a", "operator": "exists"},
        {"type": "lifecycle", "stages": ["lost"]},
        {"type": "segment", "segment_id": "a"},
        {"type": "list", "list_id": "a"},
        {"type": "message", "outcome": "sent"},
        {"type": "journey", "journey_id": "a", "outcome": "entered"},
    ],
)
def test_what_stands_for_something_else_has_to_be_expanded_first(leaf):
    condition = read(type="not", condition=leaf)

    with pytest.raises(ValueError, match="expanded first"):
        evaluate(condition, View({}, {}), NOON, SHANGHAI)


@pytest.mark.parametrize(
    ("leaf", "fact"),
    [
        (
            {"type": "favourite", "within_days": 30},
            {"value": "tea", "within_days": 30, "property": "sku"},
        ),
        (
            {"type": "value", "which": "last", "within_days": 30},
            {"value": "milk", "within_days": 30, "property": "sku", "aggregate": "last"},
        ),
        (
            {"type": "value", "which": "first", "within_days": 7},
            {"value": "tea", "within_days": 7, "property": "sku", "aggregate": "first"},
        ),
    ],
)
def test_a_fact_says_what_was_compared_and_over_which_days(leaf, fact):
    test = {"property": "sku", "operator": "equals", "value": fact["value"]}
    history = [
        Happening(NOON - ago * DAY, "page", {"sku": sku}, message_id=f"m{ago}")
        for ago, sku in ((5, "tea"), (4, "tea"), (1, "milk"))
    ]
    (found,) = judged({**leaf, "event": "page", "test": test}, history, NOON, SHANGHAI).because
    assert found.to_json() == {"about": leaf["type"], "name": "page", "holds": True, **fact}


def test_facts_are_small_whatever_the_profile_holds():
    exists = [{"type": "trait", "trait": f"t{n}", "operator": "exists"} for n in range(40)]
    view = View({f"t{n}": ["x" * 9_999] if n % 2 else "x" * 9_999 for n in range(40)}, {})

    because = evaluate(read(type="all", conditions=exists), view, NOON, SHANGHAI).because

    assert len(because) == MAX_FACTS
    assert because[0].value == "x" * 100
    assert because[1].to_json() == {"about": "trait", "name": "t1", "holds": True}


@given(cases())
def test_the_facts_given_are_those_of_leaves_that_agree_with_the_whole(case):
    data, history, now, zone = case
    verdict = judged(*case)
    leaves = agreeing(data, Reading(history, now, zone))

    assert len(verdict.because) == len(leaves) < MAX_FACTS
    for fact, leaf in zip(verdict.because, leaves, strict=True):
        assert fact.about == leaf["type"]
        assert fact.holds == oracle(leaf, history, now, zone)


def agreeing(data, reading):
    """The leaves of the parts that agree with their group, from the left."""
    if data["type"] == "not":
        return agreeing(data["condition"], reading)
    if data["type"] not in ("all", "any", "at_least"):
        return [data]
    whole = reading.holds(data)
    parts = [part for part in data["conditions"] if reading.holds(part) == whole]
    return [leaf for part in parts for leaf in agreeing(part, reading)]


@given(cases())
def test_the_leaves_that_are_given_as_facts_decide_alone(case):
    """Whatever the other leaves answer, the tree answers the same."""
    data, history, now, zone = case
    reading = Reading(history, now, zone)
    whole = reading.holds(data)
    decisive = [id(leaf) for leaf in agreeing(data, reading)]

    def with_others(node, answer):
        if node["type"] == "not":
            return not with_others(node["condition"], answer)
        if node["type"] in ("all", "any", "at_least"):
            parts = [with_others(part, answer) for part in node["conditions"]]
            least = {"all": len(parts), "any": 1}.get(node["type"]) or node["count"]
            return sum(parts) >= least
        return reading.holds(node) if id(node) in decisive else answer

    assert with_others(data, True) == with_others(data, False) == whole


TOMORROW = datetime(2026, 11, 22, 16, tzinfo=UTC)  # begins in Shanghai
COMING = TOMORROW + timedelta(hours=1)
SKU = {"property": "sku", "operator": "equals", "value": "tea"}
OF_PRICE = {"type": "amount", "property": "price", "comparison": "at_least", "value": 1}
CART = {"event": "cart"}


@pytest.mark.parametrize(
    ("leaf", "changes_at"),
    [
        ({"type": "event"}, TOMORROW),
        ({"type": "event", "within_days": 1}, TOMORROW),
        ({"type": "event", "where": [SKU]}, TOMORROW),
        ({"type": "event", "window": {"type": "rolling", "seconds": 60}}, COMING),
        ({"type": "event", "window": {"type": "between", "first_day": "2026-11-23",
                                      "last_day": "2026-11-23"}}, TOMORROW),
        ({"type": "event", "window": {"type": "between", "first_day": "2026-11-24",
                                      "last_day": "2026-11-25"}}, None),
        ({"type": "event", "window": {"type": "after", "seconds": 604_800, "anchor": CART}},
         COMING),
        ({**OF_PRICE, "aggregate": "sum"}, TOMORROW),
        ({**OF_PRICE, "aggregate": "maximum", "within_days": 2}, TOMORROW),
        ({**OF_PRICE, "aggregate": "distinct", "within_days": 2}, COMING),
        ({"type": "value", "which": "last", "test": SKU}, TOMORROW),
        ({"type": "favourite", "test": SKU, "within_days": 2}, COMING),
        ({"type": "date", "source": {"type": "event", "event": "page"}, "from_days": 0,
          "to_days": 0}, TOMORROW),
        ({"type": "trend", "direction": "rising", "periods": 1, "unit": "week"}, TOMORROW),
        ({"type": "ratio", "whole": {"event": "page"}, "part": CART, "comparison": "at_least",
          "value": 1}, TOMORROW),
        ({"type": "ratio", "whole": CART, "part": {"event": "page"}, "comparison": "at_least",
          "value": 1, "within_days": 30}, TOMORROW),
        ({"type": "ratio", "whole": {"event": "page"}, "comparison": "at_least", "value": 0},
         TOMORROW),
        ({"type": "sequence", "steps": [CART, {"event": "page"}], "within_seconds": 604_800},
         COMING),
        ({"type": "sequence", "steps": [{"event": "page"}, CART], "within_seconds": 604_800},
         COMING),
    ],
)  # fmt: skip
def test_what_is_known_of_tomorrow_is_looked_at_when_it_comes(leaf, changes_at):
    named = {} if leaf["type"] in ("date", "ratio", "sequence") else {"event": "page"}
    condition = read(**leaf, **named)
    history = [
        Happening(COMING, "page", {"sku": "tea", "price": 1}),
        Happening(NOON - DAY, "cart", message_id="c"),
    ]
    view = view_of(history, references(condition), COMING, SHANGHAI)

    verdict = evaluate(condition, view, NOON, SHANGHAI)

    assert not verdict.matches
    assert verdict.changes_at == changes_at


@pytest.mark.parametrize("kind", ["after", "before"])
@pytest.mark.parametrize("which", ["first", "last"])
def test_an_anchor_of_tomorrow_is_looked_at_when_its_day_begins_and_when_it_happens(kind, which):
    window = {"type": kind, "which": which, "anchor": CART, "seconds": 60}
    condition = read(type="event", event="page", window=window)
    carts = [Happening(at, "cart", message_id=str(at)) for at in (NOON - DAY, COMING)]
    view = view_of(carts, references(condition), COMING, SHANGHAI)
    assert evaluate(condition, view, NOON, SHANGHAI).changes_at == TOMORROW

    alone = view_of(carts[1:], references(condition), COMING, SHANGHAI)
    assert evaluate(condition, alone, NOON, SHANGHAI).changes_at == TOMORROW
    late = TOMORROW + timedelta(minutes=1)
    assert evaluate(condition, alone, late, SHANGHAI).changes_at == COMING


def test_what_counts_for_ever_is_counted_by_counters_and_days_by_cells():
    """In a workspace of another zone cells begin later than counters, but have its days."""
    long_ago, today = date(2020, 1, 1), date(2026, 11, 22)
    cells = {Measure("page"): {today: Cell(1, NOON, NOON)}}
    view = View({}, {"page": {long_ago: 5, today: 2}}, cells)

    def times(**window):
        (fact,) = evaluate(read(type="event", event="page", **window), view, NOON, SHANGHAI).because
        return fact.value

    assert times() == 7
    assert times(within_days=730) == 1
    years = {"type": "between", "first_day": "2019-01-01", "last_day": "2026-11-22"}
    assert times(window=years) == 1
    source = {"type": "event", "event": "page", "which": "first"}
    dated = read(type="date", source=source, from_days=0, to_days=0)
    assert evaluate(dated, view, NOON, SHANGHAI).because[0].value == "2020-01-01"

    def share(**days):
        ratio = read(type="ratio", whole={"event": "page"}, comparison="at_least", value=0, **days)
        return evaluate(ratio, view, NOON, SHANGHAI).because[0].value

    assert share() == 6 / 7
    assert share(within_days=30) == 0
