"""Courses and figures held against the instants that they speak of, one by one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.segments.courses import Course, at_least, combined, earliest
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import Figure, Pieces

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # in Shanghai
CLOCK = Clock.of(NOON, ZONE)
DAY = timedelta(days=1)
HOURS = [NOON + n * timedelta(hours=1) for n in range(1, 7)]
instants = st.sampled_from(HOURS)
courses = st.builds(
    Course,
    st.booleans(),
    st.lists(instants, unique=True, max_size=3).map(lambda found: tuple(sorted(found))),
    st.none() | instants,
)


def at(course, instant):
    """Whether it holds at an instant, by its turns."""
    return course.holds ^ (sum(turn <= instant for turn in course.turns) % 2 == 1)


@given(courses)
def test_an_opposite_is_the_other_answer_at_every_instant(course):
    inverted = course.inverted()
    for instant in (NOON, *HOURS):
        assert at(inverted, instant) != at(course, instant)
    assert inverted.until == course.until
    assert inverted.inverted() == course


@given(courses)
def test_a_course_changes_at_its_first_turn_or_where_it_is_known_no_more(course):
    ends = [*course.turns, *([course.until] if course.until else [])]
    assert course.changes_at == (min(ends) if ends else None)


@settings(max_examples=80)
@given(st.lists(courses, min_size=1, max_size=4), st.integers(1, 4))
def test_a_group_holds_at_every_instant_as_its_parts_do_then(parts, count):
    for holds, least in ((all, len(parts)), (any, 1), (at_least(count), count)):
        course = combined(holds, parts)
        answers = [sum(at(part, instant) for part in parts) >= least for instant in (NOON, *HOURS)]
        assert [at(course, instant) for instant in (NOON, *HOURS)] == answers
        changes = [hour for n, hour in enumerate(HOURS) if answers[n + 1] != answers[n]]
        assert [*course.turns] == changes
        known = [part.until for part in parts if part.until]
        assert course.until == (min(known) if known else None)


@given(st.lists(st.none() | instants, max_size=4))
def test_the_earliest_is_of_those_that_are_there(found):
    there = sorted(each for each in found if each)
    assert earliest(found) == (there[0] if there else None)


# --- figures ------------------------------------------------------------------------------------

# Days of the workspace, and instants between them; two entries may be for one time.
TIMES = [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)]
EXACT = [*(datetime(2026, 11, day, tzinfo=ZONE) for day in (23, 24, 25)), *HOURS[:2]]
figures = st.builds(
    lambda now, later, until: Figure(now, sorted(later, key=lambda each: CLOCK.instant(each[0])),
                                     until),
    st.integers(0, 3),
    st.lists(st.tuples(st.sampled_from([*TIMES, *EXACT]), st.integers(0, 3)), max_size=6),
    st.none() | instants,
)  # fmt: skip


def values_of(figure):
    """(instant, what it is from then on) for each instant that it speaks of."""
    last = {}
    for when, value in figure.later:
        last[CLOCK.instant(when)] = value
    return [(NOON, figure.now), *sorted(last.items())]


@settings(max_examples=80)
@given(figures, st.integers(0, 3))
def test_a_test_of_a_figure_turns_where_the_figure_passes_it(figure, wanted):
    course = figure.course(lambda value: value >= wanted, CLOCK)
    told = values_of(figure)
    for instant, value in told:
        assert at(course, instant) == (value >= wanted)
    answers = [value >= wanted for _, value in told]
    turning = [told[n][0] for n in range(1, len(told)) if answers[n] != answers[n - 1]]
    assert [*course.turns] == turning
    assert course.until == figure.until


@settings(max_examples=80)
@given(figures)
def test_said_in_other_words_it_changes_when_it_did(figure):
    other = figure.map(lambda value: f"{value}!")
    assert other.now == f"{figure.now}!"
    assert other.until == figure.until
    expected, before = [], figure.now
    for when, value in figure.later:
        if value != before:
            expected.append((when, f"{value}!"))
        before = value
    assert [*other.later] == expected


@settings(max_examples=80)
@given(figures)
def test_a_figure_stays_until_an_entry_says_another_one(figure):
    ends = [CLOCK.instant(when) for when, value in figure.later if value != figure.now]
    ends += [figure.until] if figure.until else []
    assert figure.changes_at(CLOCK) == (min(ends) if ends else None)


pieces = st.builds(
    lambda leaving, staying, until: Pieces([*sorted(leaving), *staying], until),
    st.lists(st.tuples(st.sampled_from(TIMES), st.sampled_from("abc")), max_size=4),
    st.lists(st.tuples(st.none(), st.sampled_from("abc")), max_size=2),
    st.none() | instants,
)


@given(pieces)
def test_what_remains_is_what_has_not_left_yet(found):
    """Texts are put together as they are added: from the latest piece to the earliest."""
    figure = found.fold("", str.__add__)
    items = [*found.items]

    def put_together(since):
        return "".join(piece for _, piece in reversed(items[since:]))

    assert figure.now == put_together(0)
    assert [*figure.later] == [
        (leaves, put_together(n + 1)) for n, (leaves, _) in enumerate(items) if leaves
    ]
    assert figure.until == found.until
    louder = found.map(str.upper)
    assert [*louder.items] == [(leaves, piece.upper()) for leaves, piece in items]
    assert louder.until == found.until


def test_a_clock_knows_the_day_of_its_zone_and_where_days_begin():
    late = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert Clock.of(late, ZONE) == Clock(late, ZONE, date(2026, 11, 23))
    assert Clock.of(late, ZoneInfo("UTC")).today == date(2026, 11, 22)
    assert CLOCK.instant(date(2026, 11, 23)) == late
    assert CLOCK.instant(NOON) is NOON
    assert late - CLOCK.instant(CLOCK.today) == DAY
