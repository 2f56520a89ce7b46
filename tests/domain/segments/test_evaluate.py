from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.measures.model import Activity
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import MAX_FACTS, evaluate
from shared.domain.segments.references import References, all_references, references
from tests.domain.segments.histories import Happening, view_of
from tests.domain.segments.oracle import Reading, oracle
from tests.domain.segments.strategies import (
    EVENTS,
    LEAVES,
    PROPERTIES,
    SECONDS,
    cases,
    conditions,
    trait_conditions,
    trees,
)

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


@pytest.mark.parametrize("kind", LEAVES)
def test_the_verdict_on_a_leaf_is_the_one_of_a_naive_reading(kind):
    """At `now`, and where a window may just have begun or ended."""

    @given(cases(LEAVES[kind]), st.lists(st.integers(0, 10_000), max_size=6))
    @settings(max_examples=200)
    def check(case, picks):
        data, history, now, zone = case
        instants = ends_of_windows(history)
        chosen = [instants[pick % len(instants)] for pick in picks if instants]
        for at in [now, *chosen]:
            verdict = judged(data, history, at, zone)
            assert verdict.matches == oracle(data, history, at, zone)
            assert_shows(verdict.because[0], data, Reading(history, at, zone))

    check()


def assert_shows(fact, data, reading):
    """A fact shows the figure that a naive reading finds."""
    match data["type"]:
        case "event":
            assert fact.value == reading.times(data)
        case "amount":
            found = reading.amount(data)
            assert fact.value == (None if found is None else pytest.approx(float(found)))
        case "value" | "favourite":
            found = getattr(reading, data["type"])(data)
            assert (type(fact.value), fact.value) == (type(found), found)


def ends_of_windows(history):
    """Instants at which a window over one of the events ends, with the milliseconds around it."""
    lengths = [timedelta(seconds=each) for each in (0, *SECONDS, *DAYS)]
    ends = {event.at + length for event in history for length in lengths}
    return sorted(at + n * MILLISECOND for at in ends for n in (-1, 0, 1))


SMALL = {"type": "sequence", "within_days": 1}
small_steps = st.lists(st.sampled_from("ab").map(lambda e: {"event": e}), min_size=2, max_size=4)


@given(
    st.lists(st.tuples(st.sampled_from("abx"), st.integers(0, 7)), max_size=9),
    small_steps,
    st.integers(1, 5),
    st.booleans(),
)
@settings(max_examples=500)
def test_a_sequence_in_a_crowd_of_events_is_found_as_by_trying_all(happened, steps, within, plain):
    history = tuple(
        Happening(NOON - second * timedelta(seconds=1), name, message_id=f"m{n}")
        for n, (name, second) in enumerate(happened)
    )
    without = {} if plain else {"without": {"event": "x"}}
    data = {**SMALL, "steps": steps, "within_seconds": within, **without}

    assert judged(data, history, NOON, SHANGHAI).matches == oracle(data, history, NOON, SHANGHAI)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", 1, True]), st.integers(0, 9)), max_size=12),
    st.integers(1, 4),
)
@settings(max_examples=300)
def test_a_favourite_in_a_crowd_of_values_is_found_as_by_counting(said, days):
    history = tuple(
        Happening(NOON - half * DAY / 2, "page", {"sku": value}, message_id=f"m{n}")
        for n, (value, half) in enumerate(said)
    )
    test = {"property": "sku", "operator": "exists"}
    data = {"type": "favourite", "event": "page", "test": test, "within_days": days}

    for later in range(3):
        now = NOON + later * DAY
        verdict = judged(data, history, now, SHANGHAI)
        assert_shows(verdict.because[0], data, Reading(history, now, SHANGHAI))


def test_only_the_latest_thousand_values_are_counted():
    early, late = ["old"] * 600, ["new"] * 501
    history = tuple(
        Happening(NOON - (2_000 - n) * MILLISECOND, "page", {"sku": value}, message_id=f"m{n}")
        for n, value in enumerate(early + late)
    )
    test = {"property": "sku", "operator": "equals", "value": "new"}
    data = {"type": "favourite", "event": "page", "test": test, "within_days": 1}

    assert judged(data, history, NOON, SHANGHAI).matches


@given(cases())
@settings(max_examples=200)
def test_the_verdict_on_a_tree_is_the_one_of_a_naive_reading(case):
    assert judged(*case).matches == oracle(*case)


def candidates(history, now, zone):
    """Every instant at which anything can change, each with the milliseconds around it."""
    today = now.astimezone(zone).date()
    days = [today + n * DAY for n in range(1, 160)]
    days = [day for n, day in enumerate(days) if n < 14 or day.weekday() == 0 or day.day == 1]
    instants = [datetime.combine(day, time.min, zone).astimezone(UTC) for day in days]
    found = {at + n * MILLISECOND for at in instants for n in (-1, 0, 1)}
    return sorted(at for at in found.union(ends_of_windows(history)) if at > now)


def steps(case):
    data, history, now, zone = case
    verdict = judged(*case)
    changes_at = verdict.changes_at

    for at in candidates(history, now, zone):
        if changes_at is not None and at >= changes_at:
            break
        assert Reading(history, at, zone).holds(data) == verdict.matches
    if changes_at is None:
        return
    assert changes_at > now
    assert Reading(history, changes_at - MILLISECOND, zone).holds(data) == verdict.matches
    if changes_at < now + FAR - 2 * DAY:
        assert Reading(history, changes_at, zone).holds(data) != verdict.matches


@pytest.mark.parametrize("kind", LEAVES)
def test_a_leaf_changes_at_that_instant_and_not_before(kind):
    @given(cases(LEAVES[kind]))
    @settings(max_examples=60)
    def check(case):
        steps(case)

    check()


@given(cases())
@settings(max_examples=100)
def test_a_tree_changes_at_that_instant_and_not_before(case):
    steps(case)


@given(cases(), st.randoms())
def test_it_does_not_matter_in_which_order_things_become_known(case, random):
    data, history, now, zone = case

    assert judged(data, random.sample(history, len(history)), now, zone) == judged(*case)


@given(cases())
def test_a_person_of_several_strands_is_judged_like_one_of_a_single_strand(case):
    data, history, now, zone = case
    single = [event.__class__(**{**vars(event), "strand_id": "p1"}) for event in history]

    assert judged(data, single, now, zone) == judged(*case)


@given(cases())
def test_what_is_not_referred_to_does_not_matter(case):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    needed = references(condition)

    more = all_references((needed, EVERYTHING, References(dict.fromkeys(EVENTS))))

    assert judged(*case) == evaluate(condition, view_of(history, more, now, zone), now, zone)


EVERYTHING = all_references(
    references(read(**leaf))
    for leaf in (
        {"type": "activity", "about": "events", "comparison": "at_least", "value": 1},
        *(
            {"type": "sequence", "steps": [{"event": event}] * 2, "within_seconds": 9 * 86_400}
            for event in EVENTS
        ),
        *(
            {"type": "amount", "aggregate": "sum", "event": event, "property": name}
            | {"comparison": "at_least", "value": 1}
            for event in EVENTS
            for name in PROPERTIES
        ),
    )
)


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


@given(cases(), st.integers(1, 10 * 86_400))
@settings(max_examples=150)
def test_what_seems_to_lie_in_the_future_is_judged_again_when_it_comes(case, seconds):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    earlier = now - timedelta(seconds=seconds)
    view = view_of(history, references(condition), now, zone)

    verdict = evaluate(condition, view, earlier, zone)

    coming = [event.at for event in history if event.at > earlier]
    until = min(coming, default=now)
    for at in candidates(history, earlier, zone):
        if at >= until or (verdict.changes_at and at >= verdict.changes_at):
            break
        again = evaluate(condition, view, at, zone)
        assert again.matches == verdict.matches


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
