"""The list of everybody has each person of today once, as the view of their events shows them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.counters.fold import position_of
from shared.domain.events.model import Event
from shared.domain.lake import sql
from shared.domain.lake.rows import erased_row, event_row, identity_row
from shared.domain.lake.tables import EVENTS, IDENTITIES
from tests.conftest import NOON

STRANDS = ["s1", "s2", "s3", "s4"]
DAYS = ["2026-11-20", "2026-11-21", "2026-11-22"]


def event_of(strand_id, workspace_id, number):
    event = Event(
        workspace_id=workspace_id,
        source_id="web",
        message_id=f"m-{number}",
        type="track",
        name="seen",
        user_id="u",
        timestamp=NOON,
        occurred_at=NOON,
        received_at=NOON,
    )
    return event_row(strand_id, event.to_json())


def listed(lake, *asked):
    return [row["profile_id"] for row in lake.query(sql.people(*asked))]


@given(
    arrived=st.lists(st.tuples(st.sampled_from(STRANDS), st.sampled_from(DAYS)), max_size=8),
    merged=st.lists(st.tuples(*[st.sampled_from(STRANDS)] * 2), max_size=3),
    erased=st.sets(st.sampled_from(STRANDS), max_size=1),
    since=st.sampled_from([None, *DAYS]),
)
def test_whoever_has_an_event_is_listed_once(make_lake, arrived, merged, erased, since):
    lake = make_lake()
    for number, (strand, day) in enumerate(arrived):
        lake.add(EVENTS, [event_of(strand, "default", number)] * 2, day)
    for number, (strand, owner) in enumerate(merged):
        position = position_of(str(number + 1))
        lake.add(IDENTITIES, [identity_row("default", strand, owner, position)])
    lake.add(IDENTITIES, [erased_row("default", strand) for strand in erased])

    found = listed(lake, "default", since)

    shown = lake.query(f"SELECT DISTINCT profile_id FROM ({sql.people_events(since)}) shown")
    assert sorted(found) == sorted(row["profile_id"] for row in shown)


def test_nobody_of_another_workspace_is_listed(lake):
    lake.add(EVENTS, [event_of("s1", "it's", 1), event_of("s2", "default", 2)])
    assert listed(lake, "it's") == ["s1"]
    assert listed(lake, "default") == ["s2"]
