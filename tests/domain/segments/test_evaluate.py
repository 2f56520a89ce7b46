from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.instants import format_instant
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import References, all_references, references
from tests.domain.segments.conditions import EVENTS, LEAVES, PROPERTIES, SECONDS
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


@pytest.mark.parametrize("kind", LEAVES)
def test_the_verdict_on_a_leaf_is_the_one_of_a_naive_reading(kind):
    """At `now`, and where a window may just have begun or ended."""

    @given(cases(LEAVES[kind]), st.lists(st.integers(0, 10_000), max_size=6))
    @settings(max_examples=60)
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
    """A fact shows the figure that a naive reading finds, and of what it is."""
    said = fact.to_json()
    value, expected = said.pop("value", None), {"about": data["type"], **shown(data, reading)}
    figure = expected.pop("value")
    if isinstance(figure, Fraction):
        assert value == pytest.approx(float(figure))
        assert (type(value) is int) is (value == int(value) and data["type"] != "ratio")
    else:
        assert (type(value), value) == (type(figure), figure)
    assert said.pop("holds") == reading.holds(data)
    window = data.get("window")
    if window and "anchor" in window:
        assert said.pop("window")["type"] == window["type"]
    elif window:
        expected["window"] = window
    assert said == {name: each for name, each in expected.items() if each is not None}


def shown(data, reading):  # noqa: C901 - one line for each kind
    """What is compared in a leaf, and by which names it goes."""
    days = {"name": data.get("event"), "within_days": data.get("within_days")}
    match data["type"]:
        case "event":
            return {**days, "value": reading.times(data)}
        case "amount":
            names = {"property": data["property"], "aggregate": data["aggregate"]}
            return {**days, **names, "value": reading.amount(data)}
        case "value":
            names = {"property": data["test"]["property"], "aggregate": data["which"]}
            return {**days, **names, "value": small(reading.value(data))}
        case "favourite":
            names = {"property": data["test"]["property"]}
            return {**days, **names, "value": small(reading.favourite(data))}
        case "ratio":
            days["name"] = data["whole"]["event"]
            return {**days, "value": reading.ratio(data)}
        case "trend":
            names = {"property": data.get("property"), "aggregate": data.get("aggregate", "count")}
            return {**days, **names, "value": Fraction(reading.periods(data)[0])}
        case "sequence":
            at = reading.sequence(data)
            days["name"] = data["steps"][0]["event"]
            return {**days, "value": at and format_instant(at)}
        case "activity":
            found = reading.activity(data)
            return {"name": data["about"], "value": found if found is None else int(found)}
        case "date":
            source = data["source"]
            day = reading.source(source)
            name = source["trait"] if source["type"] == "trait" else source["event"]
            return {"name": name, "value": day and day.isoformat()}
        case "trait":
            return {"name": data["trait"], "value": small(reading.trait(data["trait"]))}


def small(value):
    """Of a text the first hundred characters, and nothing of lists and objects."""
    return (
        None if isinstance(value, list | dict) else value[:100] if isinstance(value, str) else value
    )


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
@settings(max_examples=150)
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
@settings(max_examples=150)
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


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 7)), max_size=8),
    st.sampled_from(["after", "before", "rolling"]),
    st.sampled_from(["first", "last"]),
    st.integers(1, 4),
)
@settings(max_examples=150)
def test_a_window_of_seconds_in_a_crowd_of_events_is_as_long_as_it_says(
    happened, kind, which, seconds
):
    history = tuple(
        Happening(NOON - second * timedelta(seconds=1), name, message_id=f"m{n}")
        for n, (name, second) in enumerate(happened)
    )
    anchor = {} if kind == "rolling" else {"anchor": {"event": "a"}, "which": which}
    data = {"type": "event", "event": "b", "window": {"type": kind, "seconds": seconds, **anchor}}

    fact = judged(data, history, NOON, SHANGHAI).because[0]
    assert fact.value == Reading(history, NOON, SHANGHAI).times(data)


@given(
    st.lists(st.integers(0, 4), min_size=4, max_size=4),
    st.sampled_from(["falling", "rising"]),
    st.integers(1, 3),
)
def test_a_trend_over_a_few_weeks_turns_when_it_should(weeks, direction, periods):
    history = tuple(
        Happening(NOON - back * timedelta(weeks=1), "page", message_id=f"m{back}-{n}")
        for back, times in enumerate(weeks)
        for n in range(times)
    )
    data = {"type": "trend", "event": "page", "direction": direction, "periods": periods}

    steps(({**data, "unit": "week"}, history, NOON, SHANGHAI))


@given(st.integers(-4, 4), st.sampled_from([0, 1, 36]), st.integers(-3, 3), st.integers(0, 3))
@settings(max_examples=100)
def test_a_date_near_today_begins_and_ends_when_it_should(ahead, years, first, longer):
    day = NOON.date() + ahead * DAY
    history = (Happening(NOON, "$identify", traits={"born": str(day.replace(year=2026 - years))}),)
    source = {"type": "trait", "trait": "born"}
    data = {"type": "date", "source": source, "from_days": first, "to_days": first + longer}

    steps(({**data, "repeats": "yearly" if years else "never"}, history, NOON, SHANGHAI))


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
@settings(max_examples=100)
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
    """The verdict is right, does not change before it says so, and then does."""
    data, history, now, zone = case
    verdict = judged(*case)
    changes_at = verdict.changes_at
    assert verdict.matches == oracle(*case)

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
    @settings(max_examples=40)
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


@given(cases(), st.integers(1, 10 * 86_400))
@settings(max_examples=100)
def test_what_seems_to_lie_in_the_future_is_judged_again_before_it_matters(case, seconds):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    earlier = now - timedelta(seconds=seconds)
    view = view_of(history, references(condition), now, zone)

    verdict = evaluate(condition, view, earlier, zone)

    coming = {event.at for event in history if event.at > earlier}
    for at in sorted(coming.union(candidates(history, earlier, zone))):
        if verdict.changes_at is not None and at >= verdict.changes_at:
            break
        assert evaluate(condition, view, at, zone).matches == verdict.matches
