"""Why somebody is in a journey or is not, in words: each rule with the figures that decided."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.why import MOST_TRIES, Standing, Try, nothing_happened, tries
from shared.domain.messages.reasons import Text
from tests.domain.journeys.memory import NOON, happened, journey

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SEND = {"type": "send", "name": "a", "template_id": "one"}
FILTERED = {"type": "event", "event": "cart", "where": {"a": 1, "b": "x"}, "max_age": "PT6H"}
SINCE = NOON - 10 * DAY
LATER = NOON + 90 * DAY


def standing(definition, **more: Any) -> Standing:
    return Standing(definition, **{"since": SINCE, "status": "published", "now": LATER, **more})


def run(definition, entry, *, over_at=None, name="e"):
    made = enrol(
        definition, 1, entry, workspace_id="default", profile_id="ada", enrolment_id=name
    ).enrolment
    if over_at is None:
        return made
    return replace(made, status="completed", reason="completed", clock_at=over_at)


def one(definition, event, runs=(), **more: Any) -> Try:
    """What came of an event: the newest of what is told."""
    return tries(standing(definition, **more), [event], runs)[0]


PLAIN = journey(SEND)
CART = happened("cart")


@pytest.mark.parametrize(
    ("properties", "en", "zh"),
    [
        (
            {},
            "a is missing, not 1, b is missing, not 'x'",
            "a 为 missing，而非 1，b 为 missing，而非 'x'",
        ),
        ({"a": 1, "b": "y"}, "b is 'y', not 'x'", "b 为 'y'，而非 'x'"),
        ({"a": True, "b": "x"}, "another property", "属性不符"),
    ],
)  # fmt: skip
def test_a_filter_is_told_by_its_properties(properties: dict[str, Any], en: str, zh: str):
    event = happened("cart", properties=properties)
    told = one(journey(SEND, entry=FILTERED), event)
    text = Text(f"It does not pass the filter of the entry: {en}.", f"不满足进入条件的过滤：{zh}。")
    assert told == Try(NOON, "cart", "filtered", text)


def test_what_came_too_late_is_told_with_how_late():
    definition = journey(SEND, entry=FILTERED)
    good = {"a": 1, "b": "x"}
    late = happened("cart", properties=good, arrived_at=NOON + 6 * HOUR + timedelta(seconds=1))
    told = one(definition, late)
    en = "It arrived 6 h 1 s after it had happened; 6 h are the most."
    assert told == Try(
        NOON, "cart", "too_old", Text(en, "事件在发生 6 h 1 s 后才到达，最多允许 6 h。")
    )
    in_time = happened("cart", properties=good, arrived_at=NOON + 6 * HOUR)
    assert one(definition, in_time).outcome == "not_published"
    assert one(definition, replace(late, arrived_at=None)).outcome == "not_published"


def test_what_came_before_there_was_a_journey():
    en = "There was no such journey yet: it has been there since 2026-11-22T13:00:00.000Z."
    zh = "当时还没有该旅程：它自 2026-11-22T13:00:00.000Z 起存在。"
    since = NOON + HOUR
    assert one(PLAIN, CART, since=since) == Try(NOON, "cart", "before_it_was", Text(en, zh))
    assert one(PLAIN, replace(CART, arrived_at=since), since=since).outcome == "not_published"
    assert one(PLAIN, replace(CART, arrived_at=None), since=NOON).outcome == "not_published"
    assert one(PLAIN, replace(CART, arrived_at=None), since=since).outcome == "before_it_was"


def test_who_is_inside_already_is_told_since_when():
    first = run(PLAIN, CART)
    again = happened("cart", NOON + DAY)
    en = ("The person was inside already, since 2026-11-22T12:00:00.000Z:"
          " nobody is in a journey twice.")  # fmt: skip
    zh = "该用户自 2026-11-22T12:00:00.000Z 起已在旅程中：同一用户不会同时重复进入。"
    assert one(PLAIN, again, [first]) == Try(NOON + DAY, "cart", "inside", Text(en, zh))
    always = journey(SEND, reentry={"policy": "always"})
    over = run(always, CART, over_at=NOON + DAY)
    assert one(always, again, [over]).outcome == "not_published", "it was over at that instant"
    over = run(always, CART, over_at=NOON + DAY + HOUR)
    assert one(always, again, [over]).outcome == "inside"
    same = happened("cart", NOON, fact_id="other")
    told = tries(standing(always), [same], [over])
    assert [one.outcome for one in told] == ["inside", "entered"]


@pytest.mark.parametrize(
    ("reentry", "days", "en", "zh"),
    [
        ({"policy": "never"}, 9, "only once", "只能进入一次"),
        ({"policy": "after", "after": "P5D"}, 4, "only 5 d after the last entry",
         "距上次进入满 5 d 后才可再次进入"),
        ({"policy": "after", "after": "P5D"}, 5, None, None),
        ({"policy": "always"}, 1, None, None),
    ],
)  # fmt: skip
def test_who_may_not_enter_again_is_told_when_they_did(reentry, days, en, zh):
    definition = journey(SEND, reentry=reentry)
    runs = [
        run(definition, happened("cart", NOON - ago * DAY), over_at=NOON, name=f"e{ago}")
        for ago in (0, 20)
    ]
    told = one(definition, happened("cart", NOON + days * DAY), runs)
    if en is None:
        assert told.outcome == "not_published"
    else:
        text = Text(
            f"People may enter {en}, and this person entered on 2026-11-22T12:00:00.000Z.",
            f"{zh}，而该用户已于 2026-11-22T12:00:00.000Z 进入。",
        )
        assert told == Try(NOON + days * DAY, "cart", "reentry", text)
    before = happened("cart", NOON - 30 * DAY)
    assert tries(standing(definition, since=NOON - 99 * DAY), [before], runs)[-1].outcome == (
        "not_published"
    ), "what came later keeps nobody out"


def test_a_pause_and_what_may_be_on_its_way():
    paused = Text("The journey is paused, and takes nobody in meanwhile.",
                  "旅程已暂停，期间不再接纳用户。")  # fmt: skip
    assert one(PLAIN, CART, status="paused") == Try(NOON, "cart", "paused", paused)
    soon = Text("Nothing came of it so far: it may be on its way.", "尚未处理完毕，可能仍在途中。")
    never = Text(
        "Nothing came of it: the journey was not published then, or began in another way.",
        "没有结果：当时旅程未发布、已暂停，或其进入条件不同。",
    )
    tick = timedelta(milliseconds=1)
    quarter = NOON + timedelta(minutes=15)
    assert one(PLAIN, CART, now=quarter - tick) == Try(NOON, "cart", "not_yet", soon)
    assert one(PLAIN, CART, now=quarter) == Try(NOON, "cart", "not_published", never)
    assert one(PLAIN, CART, now=NOON, status="draft").outcome == "not_published"


def test_entries_are_told_with_their_runs_the_newest_first():
    out = journey(SEND, holdout=1)
    began = Text("It began the journey.", "由此进入旅程。")
    held = Text("It would have begun the journey, but this person is held out.",
                "本应进入旅程，但该用户属于对照组。")  # fmt: skip
    later = happened("cart", NOON + DAY)
    told = tries(standing(PLAIN), [CART, later], [run(PLAIN, CART), run(PLAIN, later, name="f")])
    assert told == (
        Try(NOON + DAY, "cart", "entered", began, "f"),
        Try(NOON, "cart", "entered", began, "e"),
    )
    assert tries(standing(out), [CART], [run(out, CART)]) == (
        Try(NOON, "cart", "held_out", held, "e"),
    )
    assert tries(standing(PLAIN), [], [run(PLAIN, CART)]) == (
        Try(NOON, "cart", "entered", began, "e"),
    )


def test_only_what_could_have_begun_it_is_told_and_not_for_ever():
    events = [happened("cart", NOON + n * DAY) for n in range(MOST_TRIES + 5)]
    told = tries(standing(PLAIN), [*events, happened("paid")], [run(PLAIN, events[0])])
    assert len(told) == MOST_TRIES + 1, "and the run that is older than all of them"
    assert [one.at for one in told[:2]] == [events[-1].occurred_at, events[-2].occurred_at]
    assert told[-1].enrolment_id == "e"
    move = happened("cart", about="segment")
    assert tries(standing(PLAIN), [move], []) == ()
    asked = journey(SEND, entry={"type": "call"})
    mine, other = (
        happened("$journey_asked", fact_id=name, properties={"journey_id": name})
        for name in ("test", "other")
    )
    assert [one.outcome for one in tries(standing(asked), [mine, other], [])] == ["not_published"]
    plain = journey(SEND, entry={"type": "event", "event": "$journey_asked"})
    assert len(tries(standing(plain), [mine, other], [])) == 2


def test_keys_keep_people_apart():
    carts = journey(SEND, reentry={"policy": "never", "key": "cart"})
    first, again, other = (
        happened("cart", NOON + n * DAY, fact_id=f"m{n}", properties={"cart": value})
        for n, value in enumerate([1, 1, "1"])
    )
    told = tries(standing(carts), [first, again, other], [run(carts, first, over_at=NOON)])
    assert [one.outcome for one in told] == ["not_published", "reentry", "entered"]


@pytest.mark.parametrize(
    ("entry", "en", "zh"),
    [
        ({"type": "event", "event": "cart"},
         "The person never did cart{}, which begins this journey.",
         "该用户从未发生进入该旅程所需的 cart{}。"),
        ({"type": "call"}, "Nobody asked for the person to enter this journey{}.",
         "从未请求该用户进入该旅程{}。"),
        ({"type": "segment", "segment_id": "vip"},
         "What begins this journey never happened{}: segment:entered:vip.",
         "进入该旅程所需的变化从未发生{}：segment:entered:vip。"),
        ({"type": "lifecycle", "stage": "loyal", "edge": "left"},
         "What begins this journey never happened{}: lifecycle:left:loyal.",
         "进入该旅程所需的变化从未发生{}：lifecycle:left:loyal。"),
    ],
)  # fmt: skip
def test_who_never_did_what_begins_it(entry: dict[str, Any], en: str, zh: str):
    definition = journey(SEND, entry=entry)
    assert nothing_happened(definition, whole=True) == Text(en.format(""), zh.format(""))
    far, far_zh = ", as far as the timeline still goes", "（就现存时间线而言）"
    assert nothing_happened(definition, whole=False) == Text(en.format(far), zh.format(far_zh))
