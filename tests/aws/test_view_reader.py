"""A view shows what plain histories show, however the events are spread over strands and days."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws.measure_store import MeasureStore
from shared.aws.state_store import StateStore
from shared.aws.view_reader import ViewReader
from shared.domain.counters.fold import Occurrence, fold_counters, fold_state, position_of
from shared.domain.identity.person import Person
from shared.domain.measures.model import Measure, measures_by_event
from shared.domain.measures.taking import moments_by_day
from shared.domain.segments.nodes.events import PropertyFilter
from shared.domain.segments.references import Anchored, References
from tests.domain.segments.histories import Happening, view_of

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
PEOPLE = count()
SPENT = Measure("order", (), "price")
DEAR = Measure("order", (PropertyFilter(property="price", operator="greater", value=5),))
PAGES = Measure("page")
EVERYTHING = References(
    events={"order": 40, "page": None},
    cells={SPENT: 35, DEAR: None, PAGES: None},
    moments={SPENT: 3 * 86_400, PAGES: 90 * 86_400},
    anchored=frozenset(
        {
            Anchored(SPENT, PAGES, "first", 0, 5 * 86_400),
            Anchored(SPENT, PAGES, "last", 2 * 86_400, 0),
            Anchored(DEAR, PAGES, "last", 0, 3_600),
        }
    ),
    activity=True,
)


@st.composite
def histories(draw):
    hours = draw(st.lists(st.integers(0, 100 * 24), max_size=12, unique=True))
    return tuple(
        Happening(
            at=NOON - timedelta(hours=hour),
            name=draw(st.sampled_from(["order", "page", "$listed"])),
            properties={"price": draw(st.integers(0, 10))},
            message_id=f"m{number}",
            strand_id=draw(st.sampled_from(["a", "b"])),
        )
        for number, hour in enumerate(hours)
    )


class World:
    """A person of two strands whose events are folded as update_tags folds them."""

    def __init__(self, dynamodb, table):
        self.states, self.measures = StateStore(dynamodb, table), MeasureStore(dynamodb, table)
        number = next(PEOPLE)
        self.person = Person("shop", f"a{number}", (f"a{number}", f"b{number}"), ())

    def happen(self, history, measures):
        for strand, name in zip(self.person.strands, "ab", strict=True):
            mine = [each for each in history if each.strand_id == name]
            keyed = [(each.message_id, each.event()) for each in mine]
            found = moments_by_day(keyed, measures_by_event(measures), SHANGHAI)
            self.measures.add("shop", strand, found, SHANGHAI)
            seen = [
                Occurrence(position_of(str(at)), each.name, each.at)
                for at, each in enumerate(mine, start=1)
            ]
            for (event, month), fold in fold_counters(seen, SHANGHAI).items():
                self.states.fold_counter("shop", strand, event, month, fold)
            if fold := fold_state(seen):
                self.states.fold_state("shop", strand, fold)

    def view(self, asked, now=NOON):
        whole = self.states.whole(self.person)
        views = ViewReader(self.states, self.measures)
        return views.view(self.person, whole.seen, {}, whole.state, asked, now, SHANGHAI)


@pytest.fixture
def world(dynamodb, profiles_table):
    return lambda: World(dynamodb, profiles_table)


def plain(days):
    """Days by measure or event, without those that have none."""
    return {name: dict(each) for name, each in days.items() if each}


def reaching(moments):
    """Instant and value of each, by measure: short ids follow from keys that differ here."""
    return {name: [(at, value) for at, _, value in each] for name, each in moments.items() if each}


@given(history=histories())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_view_is_that_of_the_plain_history(world, history):
    here = world()
    here.happen(history, EVERYTHING.measures)

    found, expected = here.view(EVERYTHING), view_of(history, EVERYTHING, NOON, SHANGHAI)

    assert plain(found.counters) == plain(expected.counters)
    assert plain(found.cells) == plain(expected.cells)
    assert found.activity == expected.activity
    shown = reaching(found.moments)
    for measure, moments in reaching(expected.moments).items():
        assert set(moments) <= set(shown[measure])


def test_only_what_is_asked_for_is_read(world):
    here = world()
    here.happen([Happening(NOON, "order", {"price": 7}, strand_id="a")], EVERYTHING.measures)

    view = here.view(References(events={"order": 1}))

    assert view.counters == {"order": {date(2026, 11, 22): 1}}
    assert (view.cells, view.moments) == ({}, {})


def test_a_view_of_nobody_is_empty(world):
    view = world().view(EVERYTHING)

    assert view.activity is None
    assert plain(view.counters) == plain(view.cells) == reaching(view.moments) == {}
