"""SQL shows each event once, with the person of today, whatever happened to people since."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.counters.fold import position_of
from shared.domain.lake import sql
from shared.domain.lake.rows import erased_row, event_row, identity_row
from shared.domain.lake.tables import EVENTS, IDENTITIES, PEOPLE_EVENTS_COLUMNS

SHOP = "default"


def rows(event, strand_id="s1", times=1):
    return [event_row(strand_id, event.to_json())] * times


def belongs(strand_id, profile_id, position, workspace_id=SHOP):
    return identity_row(workspace_id, strand_id, profile_id, position_of(str(position)))


def owners(lake):
    found = lake.query(sql.people_events())
    return {row["message_id"]: row["profile_id"] for row in found}


def test_a_strand_that_was_never_merged_is_a_person_of_its_own(lake, make_event):
    event = make_event()
    lake.add(EVENTS, rows(event))
    assert owners(lake) == {event.message_id: "s1"}


def test_doubles_are_removed_also_when_they_arrive_days_apart(lake, make_event):
    event = make_event(properties={"revenue": 11.77})
    lake.add(EVENTS, rows(event, times=3), "2026-11-22")
    lake.add(EVENTS, rows(event, times=2), "2026-11-23")
    (row,) = lake.query(sql.people_events())
    assert row["revenue"] == Decimal("11.77")
    assert row["day"] == "2026-11-22"


def test_what_the_timeline_keeps_as_two_events_is_two_events_here(lake, make_event):
    event = make_event()
    later = replace(event, timestamp=event.timestamp + timedelta(seconds=1))
    lake.add(EVENTS, rows(event) + rows(later) + rows(event, "s2"))
    assert len(lake.query(sql.people_events())) == 3


def test_yesterdays_events_belong_to_todays_person(lake, make_event):
    before, after = make_event(), make_event()
    lake.add(EVENTS, rows(before, "anonymous") + rows(after, "user"), "2026-11-20")
    assert owners(lake) == {before.message_id: "anonymous", after.message_id: "user"}
    lake.add(IDENTITIES, [belongs("anonymous", "user", 7)], "2026-11-22")
    assert owners(lake) == {before.message_id: "user", after.message_id: "user"}


def test_after_an_unmerge_they_are_two_people_again(lake, make_event):
    first, second = make_event(), make_event()
    lake.add(EVENTS, rows(first, "a") + rows(second, "b"))
    lake.add(IDENTITIES, [belongs("b", "a", 2), belongs("b", "b", 10), belongs("a", "a", 9)])
    assert owners(lake) == {first.message_id: "a", second.message_id: "b"}


def test_the_last_change_counts_in_whatever_order_rows_arrive(lake, make_event):
    event = make_event()
    lake.add(EVENTS, rows(event, "a"))
    lake.add(IDENTITIES, [belongs("a", "c", 100), belongs("a", "b", 99), belongs("a", "b", 9)])
    assert owners(lake) == {event.message_id: "c"}


def test_a_chain_that_is_not_flattened_yet_is_followed(lake, make_event):
    event = make_event()
    lake.add(EVENTS, rows(event, "a"))
    lake.add(IDENTITIES, [belongs("a", "b", 1), belongs("b", "c", 2)])
    assert owners(lake) == {event.message_id: "c"}


def test_the_erased_are_not_shown_not_even_by_rows_that_arrive_later(lake, make_event):
    gone, kept = make_event(), make_event()
    lake.add(IDENTITIES, [belongs("a", "b", 5), erased_row(SHOP, "a")])
    lake.add(EVENTS, rows(gone, "a") + rows(kept, "b"))
    lake.add(IDENTITIES, [belongs("a", "b", 99)])
    assert owners(lake) == {kept.message_id: "b"}


def test_workspaces_do_not_see_each_other(lake, make_event):
    ours, theirs = make_event(), make_event(workspace_id="other")
    lake.add(EVENTS, rows(ours, "a") + rows(theirs, "a"))
    lake.add(IDENTITIES, [belongs("a", "b", 1, "other"), erased_row("third", "a")])
    assert owners(lake) == {ours.message_id: "a", theirs.message_id: "b"}


def test_days_bound_what_is_read(lake, make_event):
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        lake.add(EVENTS, rows(make_event()), day)

    def days(*bounds):
        return sorted(row["day"] for row in lake.query(sql.people_events(*bounds)))

    assert days("2026-11-21") == ["2026-11-21", "2026-11-22"]
    assert days(None, "2026-11-20") == ["2026-11-20"]
    assert days("2026-11-21", "2026-11-21") == ["2026-11-21"]


@pytest.mark.parametrize("day", ["2026-11-1", "yesterday", "2026-11-22' OR '1'='1", "2026-11-22\n"])
def test_only_a_day_can_be_a_bound(day):
    with pytest.raises(ValueError, match="is not a day"):
        sql.people_events(day)


def test_rows_of_the_erased_are_found_with_their_objects(lake, make_event):
    lake.add(IDENTITIES, [erased_row(SHOP, "a"), erased_row(SHOP, "b")], path="marks")
    lake.add(IDENTITIES, [belongs("a", "b", 1), belongs("c", "d", 2)], path="who")
    lake.add(EVENTS, rows(make_event(), "a", times=2) + rows(make_event(), "c"), path="one")
    lake.add(EVENTS, rows(make_event(workspace_id="other"), "a"), path="two")

    def found(table):
        return {tuple(row.values()) for row in lake.query(sql.rows_of_erased(table.name))}

    assert found(EVENTS) == {("one", SHOP, "a")}
    assert found(IDENTITIES) == {("who", SHOP, "a")}


def test_the_view_has_the_columns_and_types_that_glue_is_told(lake, make_event):
    lake.add(EVENTS, rows(make_event(properties={"revenue": 1})))
    described = lake.query(f"SELECT * FROM ({sql.people_events()})")[0]
    assert list(described) == [column.name for column in PEOPLE_EVENTS_COLUMNS]
    kinds = {"varchar": str, "timestamp(3)": "datetime", "decimal(38,18)": Decimal}
    assert isinstance(described["revenue"], kinds["decimal(38,18)"])
    assert type(described["occurred_at"]).__name__ == kinds["timestamp(3)"]
    assert described["occurred_at"].isoformat() == "2026-11-22T12:00:00"


STRANDS = st.sampled_from("abcd")
CHANGES = st.lists(st.tuples(STRANDS, STRANDS), max_size=6)


@given(
    strands=st.lists(STRANDS, min_size=1, max_size=6),
    changes=CHANGES,
    data=st.data(),
)
def test_any_order_and_repetition_of_rows_shows_the_same(
    make_lake, make_event, strands, changes, data
):
    events = [(make_event(), strand) for strand in strands]
    event_rows = [row for event, strand in events for row in rows(event, strand)]
    identities = [belongs(strand, root, n) for n, (strand, root) in enumerate(changes)]
    latest = dict(changes)

    shuffled = make_lake()
    for table, made in ((EVENTS, event_rows), (IDENTITIES, identities)):
        doubled = made + data.draw(
            st.lists(st.sampled_from(made), max_size=4) if made else st.just([])
        )
        shuffled.add(table, data.draw(st.permutations(doubled)))

    def owner(strand):
        return latest.get(latest.get(strand, strand), latest.get(strand, strand))

    assert owners(shuffled) == {event.message_id: owner(strand) for event, strand in events}
