"""What a go asks for, in its order: rows first, then what follows, and the listener at last.

Whoever dies in between is mended by whoever comes next, which holds only in this order. Each line
of a log is a call of a port with everything that was handed over.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.moving import Choices, Moving, move
from shared.domain.journeys.ports import Change, Planned, Ref, Stored, TaskToken
from shared.domain.journeys.progress import TRIES, Progress, change_of
from shared.domain.journeys.stimulus import Merged, Perform, TimeUp
from shared.domain.journeys.wakes import Wake, same_fold, wake_named, wake_of
from shared.errors import ConflictError, InvalidInputError
from tests.domain.journeys.ledgered import REF, Ledger, begun
from tests.domain.journeys.memory import NOON, happened, journey

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCH = {
    "type": "wait_for",
    "name": "watch",
    "events": [{"event": "paid"}, {"event": "seen"}],
    "timeout": "P1D",
}
THANK = {"type": "send", "name": "thank", "template_id": "a"}
REST = {"type": "wait", "name": "rest", "duration": "P9D"}
LEFT = {"exit_on": [{"event": "left"}]}
BY_MACHINE = journey(WATCH, THANK, REST, **LEFT)
BY_INDEX = journey(WATCH, THANK, REST, **LEFT, clock="due_index")
PAID = happened("paid", NOON + HOUR, fact_id="p")
TASK = TaskToken("t", "watch", 1)


def waiting(definition: Journey) -> Enrolment:
    return begun(definition, Perform("watch"))


def by_machine(**more: Any) -> tuple[Ledger, Stored]:
    ledger = Ledger({1: BY_MACHINE}, **more)
    return ledger, ledger.put(waiting(BY_MACHINE), task=TASK)


def by_index(definition: Journey = BY_INDEX, **more: Any) -> tuple[Ledger, Stored]:
    ledger = Ledger({1: definition}, **more)
    return ledger, ledger.put(waiting(definition), machine="", wake_at=NOON + DAY)


def listens(trigger: str, step: str | None = "watch", visit: int = 1, *, exits: bool = False):
    return Listen(trigger, exits, step, visit)


LOAD = ("load", REF)
TOLD = {"next": "thank", "ways": {"s0": "thank"}, "seen": 3, "wake_at": None, "rest": None}


# --- by a state machine -----------------------------------------------------------------------


def test_what_ends_a_wait_is_stored_then_told_and_its_own_listener_goes_last():
    ledger, before = by_machine(now=NOON + 2 * HOUR)
    after = advance(BY_MACHINE, before.enrolment, PAID, NOON).enrolment
    found = ledger.progress.tell(REF, PAID, "watch", 1)
    assert found == Stored(after, 6, "m:1", TASK)
    told = [
        ("redeem", "t", TOLD),
        ("release", REF, listens("seen"), False),
        ("release", REF, listens("paid"), False),
    ]
    commit = ("commit", 5, Change(after, NOON + 2 * HOUR, task=TASK))
    assert ledger.told() == [LOAD, commit, *told]
    assert ledger.progress.tell(REF, PAID, "watch", 1) == found
    assert ledger.told() == [LOAD, *told], "whoever comes again does what follows again"


def test_what_ends_a_run_stops_its_execution_and_takes_all_listeners_away():
    ledger, before = by_machine()
    left = happened("left", NOON + HOUR, fact_id="l")
    after = advance(BY_MACHINE, before.enrolment, left, NOON).enrolment
    ledger.progress.tell(REF, left)
    assert ledger.told() == [
        LOAD,
        ("commit", 5, Change(after, NOON, task=TASK)),
        ("stop", "m:1", REF, "ended from outside: left"),
        ("release", REF, listens("paid"), True),
        ("release", REF, listens("seen"), True),
        ("release", REF, Listen("left", exits=True), True),
    ]


def test_whoever_gives_way_is_stopped_too():
    ledger, before = by_machine()
    ledger.progress.give_way(REF, "e0")
    after = advance(BY_MACHINE, before.enrolment, Merged("e0"), NOON).enrolment
    assert ledger.told() == [
        LOAD,
        ("commit", 5, Change(after, NOON, task=TASK)),
        ("stop", "m:1", REF, "ended from outside: merged"),
        ("release", REF, Listen("left", exits=True), True),
        ("release", REF, listens("paid"), True),
        ("release", REF, listens("seen"), True),
    ]
    ledger.progress.give_way(REF, "e0")
    assert ledger.told()[0] == LOAD
    assert ledger.rows[REF].version == 6


def test_what_concerns_nobody_changes_nothing():
    ledger, before = by_machine()
    assert ledger.progress.tell(REF, happened("other"), "watch", 1) == before
    assert ledger.told() == [LOAD]
    elsewhere = Ref("shop", "ada", "e2")
    assert ledger.progress.tell(elsewhere, PAID) is None
    assert ledger.progress.load(elsewhere) is None
    assert ledger.progress.wake(Wake(elsewhere, 1), NOON) is None
    ledger.progress.give_way(elsewhere, "e0")
    assert ledger.told() == [("load", elsewhere)] * 4


def test_a_listener_of_a_visit_before_is_taken_away_by_what_it_led_to():
    again = {"type": "repeat", "name": "again", "to": "watch", "times": 2}
    definition = journey(WATCH, again, THANK)
    ledger = Ledger({1: definition})
    stimuli = [Perform("watch"), TimeUp("watch", 1), Perform("again"), Perform("watch")]
    ledger.put(begun(definition, *stimuli), task=TaskToken("t", "watch", 2))
    ledger.progress.tell(REF, happened("other"), "watch", 1)
    assert ledger.told() == [
        LOAD,
        ("release", REF, listens("paid"), False),
        ("release", REF, listens("seen"), False),
    ]


def test_whoever_loses_each_race_says_so_and_the_last_try_counts():
    ledger, _ = by_machine(fails={"commit": [ConflictError("x")] * TRIES})
    with pytest.raises(ConflictError, match="keeps changing") as raised:
        ledger.progress.tell(REF, PAID)
    assert raised.value.hint == "try again later"
    assert [line[0] for line in ledger.told()] == ["load", "commit"] * TRIES
    ledger.fails["commit"] = [ConflictError("x")] * (TRIES - 1)
    ledger.progress.tell(REF, PAID)
    assert [line[0] for line in ledger.told()][: 2 * TRIES] == ["load", "commit"] * TRIES
    assert ledger.rows[REF].version == 6


def test_a_clock_that_nobody_keeps_here_is_told_of():
    ledger, _ = by_machine()
    clocks: Mapping[Any, Any] = {"due_index": ledger.due_clock}
    progress = Progress(ledger, ledger, clocks, ledger, ledger, lambda: NOON)
    with pytest.raises(ConflictError, match="goes on by the clock step_functions"):
        progress.clock(BY_MACHINE)
    assert progress.clock(BY_INDEX) is ledger.due_clock
    stored = ledger.rows[REF]
    assert progress.follow_wake(Wake(REF, 1), BY_MACHINE, stored) is stored
    assert ledger.told() == []


# --- by the due index -------------------------------------------------------------------------

FIRST = Planned("shop", "ada#e1#1", NOON + DAY)


def gone_on(before: Stored, stimulus: Any, at: Any = NOON) -> Enrolment:
    """What a go of the due index makes of it: everything up to the next wait."""
    after = advance(BY_INDEX, before.enrolment, stimulus, at).enrolment
    for name in ("thank", "rest"):
        after = advance(BY_INDEX, after, Perform(name), at).enrolment
    return after


def test_a_wake_is_planned_before_the_store_and_the_old_one_goes_after_it():
    ledger, before = by_index(now=NOON + DAY + HOUR)
    after = gone_on(before, TimeUp("watch", 1))
    due = NOON + 10 * DAY
    second = Planned("shop", "ada#e1#4", due)
    found = ledger.progress.wake(Wake(REF, 1), NOON + DAY)
    assert found == Stored(after, 6, "", None, due)
    now = NOON + DAY + HOUR
    assert ledger.told() == [
        LOAD,
        ("keeping", FIRST, second, now),
        ("commit", 5, Change(after, now, wake_at=due)),
        ("kept",),
        ("send", "thank", 1, 1),
        ("release", REF, listens("paid"), False),
        ("release", REF, listens("seen"), False),
    ]
    assert ledger.progress.wake(Wake(REF, 1), NOON + DAY) == found
    assert ledger.told() == [
        LOAD,
        ("send", "thank", 1, 1),
        ("release", REF, listens("paid"), False),
        ("release", REF, listens("seen"), False),
    ]


@pytest.mark.parametrize(
    ("place", "at", "wake_at"),
    [(1, NOON + DAY - HOUR, NOON + DAY), (2, NOON + DAY, NOON + DAY), (1, NOON + DAY, None)],
)
def test_a_wake_that_comes_too_early_or_for_another_wait_only_looks_back(place, at, wake_at):
    ledger, _ = by_index()
    stored = ledger.put(waiting(BY_INDEX), machine="", wake_at=wake_at)
    assert ledger.progress.wake(Wake(REF, place), at) == stored
    assert ledger.told() == [LOAD, ("since", "ada", ("paid", "seen"), NOON)]


def test_what_came_before_a_wait_was_listened_for_ends_it():
    ledger, before = by_index(came=[happened("seen", NOON, fact_id="s"), PAID])
    after = gone_on(before, ledger.came[0])
    due = NOON + 9 * DAY
    assert ledger.progress.look_back(REF, before).enrolment == after
    assert ledger.told() == [
        ("since", "ada", ("paid", "seen"), NOON),
        LOAD,
        ("keeping", FIRST, Planned("shop", "ada#e1#4", due), NOON),
        ("commit", 5, Change(after, NOON, wake_at=due)),
        ("kept",),
        ("send", "thank", 1, 1),
        ("release", REF, listens("paid"), False),
        ("release", REF, listens("seen"), False),
    ]


def test_looking_back_goes_on_from_wait_to_wait_and_ends_where_nothing_came():
    second = {**WATCH, "name": "second", "events": [{"event": "left"}, {"event": "paid"}]}
    definition = journey(WATCH, second, REST, clock="due_index")
    left = happened("left", NOON + 2 * HOUR, fact_id="l")
    ledger, before = by_index(definition, came=[PAID, left])
    found = ledger.progress.look_back(REF, before)
    assert found.enrolment.at == "rest"
    asked = [line for line in ledger.told() if line[0] in ("since", "commit")]
    assert [line[0] for line in asked] == ["since", "commit", "since", "commit"]
    assert asked[2] == ("since", "ada", ("left", "paid"), NOON)
    nobody, before = by_index(person_there=False, came=[PAID])
    assert nobody.progress.look_back(REF, before) is before
    assert nobody.told() == []
    useless, before = by_index(came=[happened("paid", NOON + 2 * DAY, fact_id="late")])
    assert useless.progress.look_back(REF, before) == before
    assert [line[0] for line in useless.told()] == ["since", "load"]


def test_an_event_by_the_due_index_hands_over_and_looks_back_before_its_listener_goes():
    second = {**WATCH, "name": "second", "events": [{"event": "left"}]}
    definition = journey(WATCH, THANK, second, clock="due_index")
    ledger, _ = by_index(definition)
    ledger.progress.tell(REF, PAID, "watch", 1)
    told = ledger.told()
    assert [line[0] for line in told] == [
        *("load", "keeping", "commit", "kept", "send", "release", "since", "release"),
    ]
    assert told[2][2].listens == (listens("left", "second"),)
    assert told[5] == ("release", REF, listens("seen"), False)
    assert told[7] == ("release", REF, listens("paid"), False)


def test_a_wait_that_goes_on_keeps_its_wake_and_its_place_among_others():
    definition = journey(WATCH, THANK, goal={"event": "bought", "within": "P7D"}, clock="due_index")
    ledger, _ = by_index(definition)
    stored = ledger.put(waiting(definition), machine="", wake_at=NOON + DAY, wake_fold="f")
    bought = happened("bought", NOON + HOUR, fact_id="b")
    after = advance(definition, stored.enrolment, bought, NOON).enrolment
    ledger.progress.tell(REF, bought)
    planned = FIRST._replace(fold="f")
    told = ledger.told()
    assert told[1:3] == [
        ("keeping", planned, planned, NOON),
        ("commit", 5, Change(after, NOON, wake_at=NOON + DAY, wake_fold="f")),
    ]


def test_facts_are_asked_for_the_person_of_the_desk_at_the_logical_time():
    city = {"type": "trait", "trait": "city", "operator": "exists"}
    fork = {"type": "branch", "name": "fork", "arms": [{"when": city, "next": "thank"}],
            "otherwise": "end"}  # fmt: skip
    definition = journey({**WATCH, "on_event": "end"}, fork, THANK, clock="due_index")
    ledger, _ = by_index(definition, traits={"city": "Kunming"}, now=NOON + 5 * DAY)
    ledger.progress.wake(Wake(REF, 1), NOON + DAY)
    told = ledger.told()
    assert told[1] == ("facts", "shop", "ada", "fork", NOON + DAY)
    assert told[2] == ("keeping", FIRST, None, NOON + 5 * DAY)
    assert ledger.rows[REF].enrolment.trace[-1].step == "thank"


def test_in_a_rehearsal_the_time_that_is_left_is_divided():
    ledger, before = by_index(scale=24, now=NOON + HOUR)
    ledger.progress.wake(Wake(REF, 1), NOON + DAY)
    due = NOON + HOUR + 9 * HOUR  # nine days
    assert ledger.rows[REF].wake_at == due
    clock = ledger.due_clock
    made = Advance(before.enrolment, wake=NOON + DAY)
    assert clock.wake_at(made, None, NOON) == NOON + HOUR
    going_on = Advance(before.enrolment)
    assert clock.wake_at(going_on, before, NOON) == NOON + DAY
    assert clock.wake_at(going_on, None, NOON) is None
    assert clock.wake_at(Advance(begun(BY_INDEX), wake=NOON), before, NOON) is None


# --- after a move -----------------------------------------------------------------------------


def moved_to(new: Journey, before: Enrolment, to: str = "") -> Enrolment:
    choices = Choices(to={before.at: to}) if to else Choices()
    return move(Moving(7, 2, new, choices), BY_INDEX, before, NOON + HOUR).enrolment


def test_a_listener_of_an_older_version_is_taken_away_where_it_leads():
    new = journey({**WATCH, "name": "other"}, THANK)
    ledger = Ledger({1: BY_INDEX, 2: new})
    ledger.put(moved_to(new, waiting(BY_INDEX), "thank"))
    gone = happened("bought", NOON + HOUR)
    ledger.progress.tell(REF, gone, "watch", 1)
    assert ledger.told() == [LOAD, ("release", REF, listens("bought"), False)]
    ledger.progress.tell(REF, gone)
    assert ledger.told() == [LOAD, ("release", REF, Listen("bought", exits=False), False)]
    # What the newer version listens to stays, and so does everything where nobody was moved.
    kept = Ledger({1: BY_INDEX, 2: BY_INDEX})
    kept.put(moved_to(BY_INDEX, waiting(BY_INDEX)), machine="", wake_at=NOON + DAY)
    kept.progress.tell(REF, happened("left", NOON - DAY), "watch", 1)
    assert [line[0] for line in kept.told()] == ["load", "since"]
    never, _ = by_machine()
    never.progress.tell(REF, gone, "elsewhere", 1)
    assert never.told() == [LOAD]


def test_who_was_by_the_due_index_before_a_move_is_owed_its_messages():
    new = journey(WATCH, {**THANK, "next": "rest"}, REST)
    before = waiting(BY_INDEX)
    for one in (PAID, Perform("thank")):
        before = advance(BY_INDEX, before, one, NOON).enrolment
    ledger = Ledger({1: BY_INDEX, 2: new})
    after = ledger.put(moved_to(new, before), machine="m:2")
    place = after.enrolment.place_of("p")
    assert place is not None
    ledger.progress.follow_up(new, REF, after, "watch", 1, place=place)
    assert ledger.told() == [
        ("send", "thank", 1, 1),
        ("release", REF, listens("paid"), False),
        ("release", REF, listens("seen"), False),
    ]
    ledger.progress.follow_up(new, REF, after, "watch", 1)
    assert ledger.told()[0][0] == "release", "nobody knows where that began"


# --- small parts ------------------------------------------------------------------------------


def test_of_one_trigger_the_last_listener_is_stored():
    enrolment = waiting(BY_MACHINE)
    effects = (Listen("paid", exits=True), Listen("left", exits=True), listens("paid", exits=True))
    change = change_of(Advance(enrolment, effects), NOON, TASK, NOON + DAY)
    wanted = (listens("paid", exits=True), Listen("left", exits=True))
    assert change == Change(enrolment, NOON, wanted, TASK, NOON + DAY)
    assert change_of(Advance(enrolment), NOON) == Change(enrolment, NOON)


def test_a_wake_has_a_name_that_can_be_read():
    enrolment = waiting(BY_INDEX)
    assert wake_of(enrolment) == Wake(REF, 1)
    assert wake_of(begun(BY_INDEX)) is None
    assert Wake(REF, 12).name == "ada#e1#12"
    assert wake_named("shop", "ada#e1#12") == Wake(REF, 12)
    for wrong in ("ada#e1", "ada#e1#x", "ada#e1#1#2", ""):
        with pytest.raises(InvalidInputError, match=f"'{wrong}' names no wake"):
            wake_named("shop", wrong)


def test_only_the_same_wait_at_the_same_time_stays_with_others():
    enrolment, due = waiting(BY_INDEX), NOON + DAY
    before = Stored(enrolment, 1, "", None, due, "f")
    assert same_fold(before, enrolment, due) == "f"
    assert same_fold(before, enrolment, due + HOUR) == ""
    assert same_fold(before, enrolment, None) == ""
    assert same_fold(None, enrolment, due) == ""
    assert same_fold(before, gone_on(before, PAID), due) == ""
    never = Stored(enrolment, 1, "", None, None, "f")
    assert same_fold(never, enrolment, None) == ""


def test_an_execution_begins_with_what_its_entry_led_to_and_goes_on_where_somebody_stands():
    ledger, stored = by_machine()
    clock = ledger.machine_clock
    ready = Stored(begun(BY_MACHINE), 1, "m:1")
    clock.begin(BY_MACHINE, REF, ready)
    first = {"next": "watch", "ways": {}, "seen": 1, "wake_at": None, "rest": 86_400}
    assert ledger.told() == [("start", "m:1", REF, first)]
    clock.resume(BY_MACHINE, REF, stored)
    rest = {
        "next": "watch",
        "ways": {"resume": "watch: waits"},
        "seen": 2,
        "wake_at": "2026-11-23T12:00:00.000Z",
        "rest": 86_400,
    }
    assert ledger.told() == [("start", "m:1", REF, rest)]
    over = Stored(advance(BY_MACHINE, ready.enrolment, Merged("e0"), NOON).enrolment, 2, "m:1")
    clock.begin(BY_MACHINE, REF, over)
    assert ledger.told() == []
    with pytest.raises(ConflictError, match='has not come to "rest" yet'):
        clock.answer(BY_MACHINE, stored.enrolment, "rest", None)
    told = clock.answer(BY_MACHINE, stored.enrolment, "watch", "watch")
    assert (told["next"], told["seen"]) == ("watch", 2)


@pytest.mark.parametrize(
    ("task", "waits"),
    [
        (TASK, True),
        (TaskToken("x", "watch", 1), True),
        (TaskToken("t", "watch", 2), False),
        (TaskToken("t", "rest", 1), False),
    ],
)
def test_a_task_keeps_the_wait_of_one_visit(task: TaskToken, waits: bool):
    ledger, stored = by_machine()
    assert ledger.machine_clock.waits_in(stored.enrolment, task) is waits
    assert not ledger.machine_clock.waits_in(begun(BY_MACHINE), task)


def test_what_an_entry_asks_for_is_handed_over_from_its_beginning():
    definition = journey(THANK, REST, clock="due_index")
    ledger, later = Ledger({1: definition}), Ledger({1: definition})
    stored = Stored(begun(definition, Perform("thank"), Perform("rest")), 1, "")
    ledger.due_clock.begin(definition, REF, stored)
    assert ledger.told() == [("send", "thank", 1, 1)]
    apart = type(ledger.due_clock)(ledger, ledger, ledger, ledger, later)
    apart.begin(definition, REF, stored)
    assert (ledger.told(), later.told()) == ([], [("send", "thank", 1, 1)])
    apart.follow_up(definition, REF, stored, 1)
    apart.follow_up(definition, REF, stored, 2)
    apart.follow_up(definition, REF, stored, None)
    assert (ledger.told(), later.told()) == ([("send", "thank", 1, 1)], [])
    by_machine = journey(THANK, REST)
    other = Ledger({1: by_machine})
    other.due_clock.begin(by_machine, REF, stored)
    assert other.told() == [], "those under a state machine are its own to carry out"
