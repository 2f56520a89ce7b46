"""Why somebody entered a journey, or did not: each thing that could have begun it, and its rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.diff import duration_text
from shared.domain.journeys.enrolment import HOLDOUT, Enrolment
from shared.domain.journeys.entry import Run, key_of, may_enter
from shared.domain.journeys.past import Outcome, Status
from shared.domain.journeys.rules import AskedEntry, EventEntry
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import about, matches, trigger_of
from shared.domain.messages.reasons import Text

MOST_TRIES = 20
_SOON = timedelta(minutes=15)
"""For so long something may be on its way."""


@dataclass(frozen=True, slots=True)
class Try:
    """One thing that could have begun the journey, and what came of it, because of which rule."""

    at: datetime
    trigger: str
    outcome: Outcome
    text: Text
    enrolment_id: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The journey as it is met: since when there has been one, its status, and the time."""

    journey: Journey
    since: datetime
    status: Status
    now: datetime


def tries(
    standing: Standing, happenings: Sequence[Happened], enrolments: Sequence[Enrolment]
) -> tuple[Try, ...]:
    """What could have begun the journey, the newest first; nothing where nothing could.

    `happenings` may be anything that the person did; `enrolments` are all of this journey.
    """
    entry = standing.journey.entry
    trigger, kind = trigger_of(entry), about(entry)
    wanted = [one for one in happenings if (one.trigger, one.about) == (trigger, kind)]
    if isinstance(entry, AskedEntry):  # asked to enter this very journey
        named = standing.journey.journey_id
        wanted = [one for one in wanted if one.properties.get("journey_id") == named]
    wanted.sort(key=lambda one: one.occurred_at, reverse=True)
    known = {one.trace[0].fact: one for one in enrolments if one.trace}
    told = [_try(standing, one, known, enrolments) for one in wanted[:MOST_TRIES]]
    begun = {one.enrolment_id for one in told}
    others = (one for one in enrolments if one.enrolment_id not in begun)
    told += [_entered(one, trigger) for one in others]
    return tuple(sorted(told, key=lambda one: one.at, reverse=True))


def _try(
    standing: Standing,
    happened: Happened,
    known: Mapping[str | None, Enrolment],
    enrolments: Sequence[Enrolment],
) -> Try:
    if happened.fact_id in known:
        return _entered(known[happened.fact_id], happened.trigger)
    outcome, text = next(_reasons(standing, happened, enrolments))
    return Try(happened.occurred_at, happened.trigger, outcome, text)


def _entered(enrolment: Enrolment, trigger: str) -> Try:
    outcome: Outcome = "entered"
    text = Text("It began the journey.", "由此进入旅程。")
    if enrolment.reason == HOLDOUT:
        outcome = "held_out"
        text = Text(
            "It would have begun the journey, but this person is held out.",
            "本应进入旅程，但该用户属于对照组。",
        )
    return Try(enrolment.entered_at, trigger, outcome, text, enrolment.enrolment_id)


def _reasons(
    standing: Standing, happened: Happened, enrolments: Sequence[Enrolment]
) -> Iterator[tuple[Outcome, Text]]:
    """Every rule that kept it from beginning the journey, in the order in which they are asked."""
    yield from _not_the_entry(standing.journey, happened)
    arrived = happened.arrived_at or happened.occurred_at
    if arrived < standing.since:
        since = format_instant(standing.since)
        yield (
            "before_it_was",
            Text(
                f"There was no such journey yet: it has been there since {since}.",
                f"当时还没有该旅程：它自 {since} 起存在。",
            ),
        )
    yield from _kept_out(standing.journey, happened, enrolments)
    if standing.status == "paused":
        yield (
            "paused",
            Text(
                "The journey is paused, and takes nobody in meanwhile.",
                "旅程已暂停，期间不再接纳用户。",
            ),
        )
    if standing.now - arrived < _SOON and standing.status == "published":
        yield (
            "not_yet",
            Text(
                "Nothing came of it so far: it may be on its way.", "尚未处理完毕，可能仍在途中。"
            ),
        )
    yield (
        "not_published",
        Text(
            "Nothing came of it: the journey was not published then, or began in another way.",
            "没有结果：当时旅程未发布、已暂停，或其进入条件不同。",
        ),
    )


def _not_the_entry(journey: Journey, happened: Happened) -> Iterator[tuple[Outcome, Text]]:
    entry = journey.entry
    if not matches(entry, happened):
        asked = entry.where if isinstance(entry, EventEntry) else {}
        wrong = [
            (name, value, happened.properties.get(name))
            for name, value in asked.items()
            if happened.properties.get(name) != value
        ]
        en = ", ".join(f"{name} is {_shown(found)}, not {value!r}" for name, value, found in wrong)
        zh = "，".join(f"{name} 为 {_shown(found)}，而非 {value!r}" for name, value, found in wrong)
        yield (
            "filtered",
            Text(
                f"It does not pass the filter of the entry: {en or 'another property'}.",
                f"不满足进入条件的过滤：{zh or '属性不符'}。",
            ),
        )
    if isinstance(entry, EventEntry) and happened.arrived_at is not None:
        age = happened.arrived_at - happened.occurred_at
        if age > entry.max_age:
            most, was = duration_text(entry.max_age), duration_text(age)
            yield (
                "too_old",
                Text(
                    f"It arrived {was} after it had happened; {most} are the most.",
                    f"事件在发生 {was} 后才到达，最多允许 {most}。",
                ),
            )


def _shown(value: Any) -> str:  # noqa: ANN401 - JSON data
    return "missing" if value is None else repr(value)


def _kept_out(
    journey: Journey, happened: Happened, enrolments: Sequence[Enrolment]
) -> Iterator[tuple[Outcome, Text]]:
    """Being inside already, and the policy of entering again, by each key for itself."""
    at, key = happened.occurred_at, key_of(journey, happened.properties)
    enrolments = [one for one in enrolments if key_of(journey, one.entry) == key]
    for one in enrolments:
        end = None if one.status == "active" else one.clock_at
        if one.entered_at <= at and (end is None or at < end):
            since = format_instant(one.entered_at)
            yield (
                "inside",
                Text(
                    f"The person was inside already, since {since}: nobody is in a journey twice.",
                    f"该用户自 {since} 起已在旅程中：同一用户不会同时重复进入。",
                ),
            )
    before = [one for one in enrolments if one.entered_at <= at]
    runs = [Run(one.enrolment_id, one.entered_at, active=False) for one in before]
    if runs and not may_enter(journey.reentry, runs, at):
        last = format_instant(max(one.entered_at for one in before))
        pause = journey.reentry.after
        en = f"only {duration_text(pause)} after the last entry" if pause else "only once"
        zh = f"距上次进入满 {duration_text(pause)} 后才可再次进入" if pause else "只能进入一次"
        yield (
            "reentry",
            Text(
                f"People may enter {en}, and this person entered on {last}.",
                f"{zh}，而该用户已于 {last} 进入。",
            ),
        )


def nothing_happened(journey: Journey, *, whole: bool) -> Text:
    """Why somebody never entered who never did what begins the journey."""
    trigger = trigger_of(journey.entry)
    known = Text("", "") if whole else Text(
        ", as far as the timeline still goes", "（就现存时间线而言）"
    )  # fmt: skip
    if isinstance(journey.entry, AskedEntry):
        return Text(
            f"Nobody asked for the person to enter this journey{known.en}.",
            f"从未请求该用户进入该旅程{known.zh}。",
        )
    if about(journey.entry) == "event":
        return Text(
            f"The person never did {trigger}{known.en}, which begins this journey.",
            f"该用户从未发生进入该旅程所需的 {trigger}{known.zh}。",
        )
    return Text(
        f"What begins this journey never happened{known.en}: {trigger}.",
        f"进入该旅程所需的变化从未发生{known.zh}：{trigger}。",
    )
