"""Events out of rows: of the lake's query, or of lines of JSON that somebody has."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from shared.domain.backtests.replay import replay
from shared.domain.backtests.report import Report
from shared.domain.backtests.setting import Setting
from shared.domain.backtests.story import Story
from shared.domain.events.model import Event, EventType
from shared.domain.instants import format_instant, parse_instant
from shared.errors import InvalidInputError

Row = Mapping[str, str]

NO_STORY = Story("")


def event_of(workspace_id: str, row: Row) -> Event:
    """The event of a row of the lake's query (`lake.sql.histories`)."""
    name, kind = row["name"], row["type"]
    properties, traits = row["properties"], row["traits"]
    return Event(
        workspace_id=workspace_id,
        source_id=row["source_id"],
        message_id=row["message_id"],
        type=_KINDS.get(kind, "track"),
        name=name,
        occurred_at=parse_instant(row["occurred_at"]),
        received_at=parse_instant(row["received_at"]),
        properties=json.loads(properties) if properties else {},
        traits=json.loads(traits) if traits else {},
    )


_KINDS: Mapping[str, EventType] = {"identify": "identify"}


def people(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of one person after the other; they are ordered by person."""
    for profile_id, group in groupby(rows, key=lambda row: row["profile_id"]):
        yield profile_id, list(group)


def add_person(report: Report, setting: Setting, profile_id: str, rows: list[Row]) -> Story:
    """Replay one person and take in what came of it."""
    story = NO_STORY
    if _may_enter(setting, rows):
        events = (event_of(setting.workspace_id, row) for row in rows)
        story = replay(setting, profile_id, events)
    report.add(setting, story, len(rows))
    return story


def _may_enter(setting: Setting, rows: Iterable[Row]) -> bool:
    """Whether anything of the period can be an entry: of most people nothing is."""
    trigger = setting.entry_event
    if trigger is None:
        return True
    first = format_instant(setting.period.first)
    return any(row["name"] == trigger and row["received_at"] >= first for row in rows)


def line_of(text: str, place: int) -> tuple[str, Event]:
    """The person and the event of a line of JSON; raises InvalidInputError with its number.

    A line is a row of the lake's `events`, or an event as Rapport exports it. The person is its
    `profile_id`, else `strand_id`, else `user_id`, else `anonymous_id`.
    """
    try:
        data = json.loads(text)
        names = ("profile_id", "strand_id", "user_id", "anonymous_id")
        person = next((str(data[name]) for name in names if data.get(name)), None)
        if person is None:
            raise ValueError("it names nobody: `profile_id`, `strand_id`, `user_id`, …")
        return person, _event(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInputError(f"line {place} is no event: {error}") from error


def _event(data: Mapping[str, Any]) -> Event:
    occurred_at = _instant(data.get("occurred_at") or data["timestamp"])
    kind = str(data.get("type", "track"))
    return Event(
        workspace_id=str(data.get("workspace_id", "default")),
        source_id=str(data.get("source_id", "")),
        message_id=str(data["message_id"]),
        type=_KINDS.get(kind, "track"),
        name=str(data.get("name") or f"${kind}"),
        occurred_at=occurred_at,
        received_at=_instant(data["received_at"]) if data.get("received_at") else occurred_at,
        user_id=data.get("user_id"),
        server=bool(data.get("server")),
        properties=_nested(data.get("properties")),
        traits=_nested(data.get("traits")),
        context=_nested(data.get("context")),
    )


def _instant(text: object) -> datetime:
    return parse_instant(str(text))


def _nested(value: object) -> dict[str, Any]:
    """JSON as text, as the lake keeps it, or as it is."""
    found = json.loads(value) if isinstance(value, str) and value else value
    return found if isinstance(found, dict) else {}
