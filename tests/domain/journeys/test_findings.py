"""All that the verifier says of waits and forks: each finding with its place and its values.

`test_verify` says that something is found; here is everything that is, and nothing beside it. The
values are told in their words by `warned`, so that only what fills the words is written here.
"""

import pytest

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.verify.finding import Finding, warned
from tests.domain.journeys.memory import journey
from tests.domain.journeys.small import AGAIN, ASK, CALL, OUT, WATCH, branch, of, waits
from tests.domain.journeys.test_verify import SEND, SETTINGS, WAIT, around, trait

# --- waits, goals, pauses and exits -----------------------------------------------------------

FOUND: list[tuple[str, Journey, list[Finding]]] = [
    ("nothing is done", journey(OUT), [warned("does_nothing", "steps")]),
    (
        "nothing is done after waits",
        journey(SEND, WAIT, {**WATCH, "timeout": "PT36H"}),
        [
            warned("wait_before_end", "steps[1]", step="a while", stay="3 d"),
            warned("wait_before_end", "steps[2]", step="w", stay="1 d 12 h"),
        ],
    ),
    ("a reason to leave gives a wait a meaning", journey(SEND, WAIT, OUT), []),
    (
        "a goal that is shorter",
        journey(WAIT, SEND, {**WATCH, "timeout": "P4D"}, goal={"event": "a", "within": "PT71H"}),
        [
            warned("acts_after_goal", "steps[1]", step="remind", after="3 d", within="2 d 23 h"),
            warned("wait_outlasts_goal", "steps[2]", step="w", stay="4 d", within="2 d 23 h"),
        ],
    ),
    (
        "a goal that is as long",
        journey(WAIT, SEND, {**WATCH, "timeout": "P3D"}, goal={"event": "a", "within": "P3D"}),
        [],
    ),
    (
        "a pause that is shorter",
        journey(
            {**WAIT, "duration": "P1D"},
            {**WAIT, "name": "longer", "duration": "PT25H"},
            CALL,
            {**ASK, "on_timeout": "w"},
            {**WATCH, "timeout": "P9D"},
            AGAIN,
            reentry={"policy": "after", "after": "P1D"},
        ),
        [
            warned("wait_outlasts_pause", "steps[1]", step="longer", stay="1 d 1 h", pause="1 d"),
            warned("wait_outlasts_pause", "steps[3]", step="ask", stay="2 d", pause="1 d"),
            warned("wait_outlasts_pause", "steps[4]", step="w", stay="9 d", pause="1 d"),
        ],
    ),
    (
        "dates",
        journey(
            waits({"at": "2026-11-22T20:00:00+08:00"}, "now"),
            waits({"at": "2026-11-22T12:00:01Z"}, "soon"),
            waits({"at": "2026-11-22T12:00:00"}, "local"),
            waits({"at": "2026-11-22T12:00:01"}, "local too"),
            SEND,
        ),
        [
            warned("date_past", "steps[0].until", step="now", at="2026-11-22T12:00:00.000Z"),
            warned("date_past", "steps[2].until", step="local", at="2026-11-22T12:00:00.000Z"),
        ],
    ),
    (
        "exits",
        journey(
            {
                **WATCH,
                "events": [
                    {"event": "left", "where": {"a": 1, "b": True}},
                    {"event": "left", "where": {"a": True}},
                    {"event": "paid"},
                    {"segment_id": "buyers"},
                    {"segment_id": "buyers", "edge": "exited"},
                    {"stage": "loyal"},
                ],
            },
            SEND,
            exit_on=[
                {"event": "cart", "where": {"b": 1}},
                {"event": "cart", "where": {"a": 1}},
                {"event": "left", "where": {"a": 1}},
                {"segment_id": "buyers"},
                {"stage": "loyal", "edge": "left"},
            ],
            entry={"type": "event", "event": "cart", "where": {"a": 1, "b": True}},
        ),
        [
            warned("exit_is_entry", "exit_on[1]"),
            warned("exit_hides_event", "steps[0].events[0]", rule=2),
            warned("exit_hides_event", "steps[0].events[3]", rule=3),
        ],
    ),
    (
        "an exit by the move that is the entry",
        journey(
            SEND,
            entry={"type": "segment", "segment_id": "buyers"},
            exit_on=[{"segment_id": "others"}, {"segment_id": "buyers"}, {"event": "buyers"}],
        ),
        [warned("exit_is_entry", "exit_on[1]")],
    ),
    (
        "a schedule for whom it is let in once",
        journey(SEND, entry={"type": "schedule", "segment_id": "vip", "cron": "0 9 * * 1"}),
        [warned("schedule_once", "reentry")],
    ),
    (
        "a schedule for whom it is let in again",
        journey(
            SEND,
            entry={"type": "schedule", "segment_id": "vip", "cron": "0 9 * * 1"},
            reentry={"policy": "always"},
        ),
        [],
    ),
    # --- forks ------------------------------------------------------------------------------------
    (
        "ways that all lead to one step",
        journey(
            branch((trait(), None), otherwise="draw"),
            {"type": "experiment", "name": "draw",
             "variants": [{"name": "a", "next": "end"}, {"name": "b", "next": "end"}]},
            SEND,
        ),
        [
            warned("fork_decides_nothing", "steps[0]", step="fork", target="draw"),
            warned("fork_decides_nothing", "steps[1]", step="draw", target="end"),
        ],
    ),
    (
        "weights that leave nothing to see",
        journey(
            {"type": "experiment", "name": "draw", "variants": [
                {"name": "a", "weight": 1, "next": "end"}, {"name": "b", "weight": 100}]},
            {"type": "experiment", "name": "more", "variants": [
                {"name": "a", "weight": 99, "next": "end"}, {"name": "b", "weight": 1}]},
            SEND,
        ),
        [
            warned(
                "lopsided_experiment", "steps[0].variants[1].weight", variant="b", share=100 / 101
            )
        ],
    ),
    (
        "arms that nobody takes",
        journey(
            branch(
                ({"type": "all", "conditions": [trait("equals", "a"), trait("not_exists")]}, None),
                (trait("equals", "a"), "end"),
                (trait("one_of", ["a"]), None),
                (trait(), "end"),
                (trait("not_exists"), "end"),
                otherwise="remind",
            ),
            SEND,
        ),
        [
            warned(
                "arm_contradicts_itself",
                "steps[0].arms[0].when",
                condition="city is “a” and city is not known",
                condition_zh="city 等于 “a”，且city 未知",
            ),
            warned("arm_hidden", "steps[0].arms[2].when", arm=1),
            warned("otherwise_never", "steps[0].otherwise"),
            warned("step_never_reached", "steps[1]", step="remind"),
        ],
    ),
]  # fmt: skip


TITLES = [title for title, _, _ in FOUND]


@pytest.mark.parametrize(("definition", "wanted"), [x[1:] for x in FOUND], ids=TITLES)
def test_everything_is_found_and_nothing_else(definition: Journey, wanted: list[Finding]):
    assert of(definition) == wanted


NOT = [{"type": "not", "condition": trait(name="buyer")}, {"type": "segment", "segment_id": "no"}]
BUYERS = {"segment_id": "buyers", "condition": trait(name="buyer")}


@pytest.mark.parametrize(
    ("entry", "exits", "wait", "when", "said"),
    [
        ("entered", None, False, NOT[0], True),
        ("entered", None, True, NOT[0], False),
        ("entered", "exited", True, NOT[0], True),
        ("entered", "entered", True, NOT[0], False),
        ("exited", None, False, NOT[0], False),
        ("exited", None, False, trait(name="buyer"), True),
        ("exited", "entered", True, trait(name="buyer"), True),
        ("exited", "exited", True, trait(name="buyer"), False),
        ("entered", None, False, NOT[1], False),  # nobody knows that segment
    ],
)
def test_what_the_entry_says_of_people(entry: str, exits: str | None, wait: bool, when, said: bool):
    fork = branch((when, "end"))
    move = {"segment_id": "buyers", "edge": entry}
    definition = journey(
        *((WAIT,) if wait else ()),
        fork,
        SEND,
        entry={"type": "segment", **move},
        exit_on=[{"segment_id": "buyers", "edge": exits}] if exits else [],
    )
    path = f"steps[{int(wait)}].arms[0].when"
    told = [one for one in of(definition, around(segments=[BUYERS])) if one.code[:3] == "arm"]
    assert [one.path for one in told] == ([path] if said else [])
    assert {one.code for one in told} <= {"arm_contradicts_what_is_known"}


@pytest.mark.parametrize(
    ("edge", "exits", "wait", "stages", "said"),
    [
        ("entered", None, False, ["dormant"], True),
        ("entered", None, True, ["dormant"], False),
        ("entered", "left", True, ["dormant"], True),
        ("entered", "entered", True, ["dormant"], False),
        ("left", None, False, ["dormant"], False),
        ("left", "entered", True, ["dormant"], False),
    ],
)
def test_what_a_stage_of_entry_says_of_people(edge, exits, wait, stages, said):
    """The condition is the opposite of standing in the stage."""
    when = {"type": "not", "condition": {"type": "lifecycle", "stages": stages}}
    definition = journey(
        *((WAIT,) if wait else ()),
        branch((when, "end")),
        SEND,
        entry={"type": "lifecycle", "stage": "dormant", "edge": edge},
        exit_on=[{"stage": "dormant", "edge": exits}] if exits else [],
    )
    told = [one.code for one in of(definition) if one.code[:3] == "arm"]
    assert told == (["arm_contradicts_what_is_known"] if said else [])


def test_a_local_date_is_past_by_the_clock_of_the_workspace():
    at = {"at": "2026-11-22T20:00:00"}
    definition = journey(waits(at), SEND)
    told = warned("date_past", "steps[0].until", step="w", at="2026-11-22T12:00:00.000Z")
    shanghai = SETTINGS.model_copy(update={"timezone": "Asia/Shanghai"})
    assert of(definition, around(settings=shanghai)) == [told]
    assert of(definition) == []
