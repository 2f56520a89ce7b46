"""Rows as events: the same events that the API would have made of the same facts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.consents.model import CONSENT_CHANNELS, TOPIC
from shared.domain.events.json_text import find_flaw
from shared.domain.events.limits import (
    MAX_AHEAD,
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    MAX_EVENT_NAME_CHARACTERS,
    MAX_ID_BYTES,
    MAX_MESSAGE_ID_CHARACTERS,
)
from shared.domain.events.model import Event
from shared.domain.events.packing import encode, size
from shared.domain.imports import values
from shared.domain.imports.definition import (
    Column,
    Identifier,
    Ignored,
    ImportDefinition,
    Said,
    Time,
    Value,
)
from shared.domain.imports.guessing import guess
from shared.domain.imports.reading import Row
from shared.domain.imports.rejected import RowError
from shared.domain.instants import format_instant
from shared.domain.workspace.purposes import CONSENT_PURPOSES

_FIELDS: Final = {"user_id": "user_id", "anonymous_id": "anonymous_id"}
_OURS: Final = 512  # bytes of an event that we write ourselves


@dataclass(frozen=True, slots=True)
class Origin:
    """What all events of one import have in common; the same whenever a part is read again."""

    workspace_id: str
    import_id: str
    zone: ZoneInfo
    at: datetime


@dataclass(slots=True)
class _Facts:
    """What the cells of a row say."""

    identifiers: list[tuple[str, str]]
    data: dict[str, Any]
    said: dict[str, Any]
    at: datetime | None = None


class Mapper:
    """Turns rows of one import into events."""

    def __init__(self, definition: ImportDefinition, origin: Origin) -> None:
        self._definition = definition
        self._origin = origin
        self.target = lru_cache(maxsize=10_000)(self._target)

    @cached_property
    def _zone(self) -> ZoneInfo:
        named = self._definition.timezone
        return ZoneInfo(named) if named else self._origin.zone

    def _target(self, column: str) -> Column:
        """What a column is: as defined, else by its name."""
        if defined := self._definition.columns.get(column):
            return defined
        if self._definition.guess:
            return guess(self._definition.kind, column)
        return Ignored(to="ignore")

    def event(self, row: Row) -> Event:
        """The event of a row; raises RowError with the column when there is one."""
        if row.error:
            raise row.error
        facts = self._facts(row.values)
        match self._definition.kind:
            case "events":
                event = self._track(row, facts)
            case "consents":
                said = {"consent": {"decisions": [self._decision(facts)]}}
                event = self._identify(row, facts, context=said)
            case "identifiers":
                if len(set(facts.identifiers)) < 2:
                    raise RowError(
                        "the row holds fewer than two identifiers", "a pair links two identifiers"
                    )
                event = self._identify(row, facts)
            case "profiles":
                event = self._identify(row, facts, traits=facts.data)
        _check(event)
        return event

    # --- cells --------------------------------------------------------------------------------

    def _facts(self, row: Mapping[str, Any]) -> _Facts:
        facts = _Facts([], {}, {})
        columns = dict.fromkeys((*row, *self._definition.columns))
        for column in columns:
            value = _cell(row, column)
            if values.is_empty(value):
                continue
            try:
                self._take(facts, row, self.target(column), value)
            except RowError as error:
                raise RowError(error.problem, error.remedy, error.column or column) from None
        if not facts.identifiers:
            raise RowError(
                "nobody is named: every column with an identifier is empty",
                "fill in one, or say under `columns` which column names the person",
            )
        return facts

    def _take(self, facts: _Facts, row: Mapping[str, Any], target: Column, value: Any) -> None:  # noqa: ANN401
        match target:
            case Identifier():
                facts.identifiers.append((_kind(target, row), _identifier(value)))
            case Value():
                facts.data[target.name] = self._value(target, value)
            case Said():
                facts.said[target.to] = value
            case Time():
                facts.at = values.instant(value, target.formats, self._zone)
                if facts.at > self._origin.at + MAX_AHEAD:
                    raise RowError("this lies in the future", "import what has happened")
            case Ignored():
                pass

    def _value(self, target: Value, value: Any) -> Any:  # noqa: ANN401
        if target.type == "instant":
            return format_instant(values.instant(value, (), self._zone))
        if target.type == "json" and isinstance(value, str):
            try:
                return json.loads(value)
            except (RecursionError, ValueError):
                raise RowError("the cell is no JSON", "mend it, or import it as text") from None
        plain = values.plain(value)
        return plain if target.type == "json" else values.convert(plain, target.type)

    # --- events -------------------------------------------------------------------------------

    def _track(self, row: Row, facts: _Facts) -> Event:
        name = facts.said.get("event", self._definition.constants.event)
        if name is None:
            raise RowError(
                "there is no name of an event",
                "map a column to `event`, or set `constants: {event: …}`",
            )
        if facts.at is None:
            raise RowError("there is no time", "map a column to `at` and fill it in")
        written = values.text(name)
        if len(written) > MAX_EVENT_NAME_CHARACTERS or written.startswith("$"):
            raise RowError(
                f"the name of an event has at most {MAX_EVENT_NAME_CHARACTERS} characters and does "
                "not begin with $",
                "shorten or rename it",
            )
        return self._event(row, facts, type="track", name=written, properties=facts.data)

    def _identify(self, row: Row, facts: _Facts, **more: Any) -> Event:  # noqa: ANN401
        return self._event(row, facts, type="identify", name="$identify", **more)

    def _decision(self, facts: _Facts) -> dict[str, Any]:
        constants = self._definition.constants
        purpose = values.text(facts.said.get("purpose", constants.purpose or ""))
        if purpose not in CONSENT_PURPOSES:
            raise RowError(
                f"“{purpose}” is no purpose",
                f"purposes are {', '.join(CONSENT_PURPOSES)}",
                "purpose",
            )
        granted = facts.said.get("granted", constants.granted)
        if granted is None:
            raise RowError("nothing says yes or no", "map a column to `granted`", "granted")
        topic = values.text(facts.said.get("topic", constants.topic or ""))
        if topic and not TOPIC.fullmatch(topic):
            raise RowError(f"“{topic}” is no topic", "write it like new-products", "topic")
        channel = values.text(facts.said.get("channel", constants.channel or ""))
        if channel and channel not in CONSENT_CHANNELS:
            known = ", ".join(CONSENT_CHANNELS)
            raise RowError(f"“{channel}” is no channel", f"channels are {known}", "channel")
        scope = {"purpose": purpose, "topic": topic, "channel": channel}
        said = {name: part for name, part in scope.items() if part}
        return {**said, "granted": values.yes_or_no(granted)}

    def _event(self, row: Row, facts: _Facts, **more: Any) -> Event:  # noqa: ANN401
        own: dict[str, Any] = {}
        others: list[dict[str, str]] = []
        for kind, value in dict.fromkeys(facts.identifiers):
            if kind in _FIELDS and kind not in own:
                own[kind] = value
            else:
                others.append({"id": value, "type": kind})
        context = {**more.pop("context", {}), **({"externalIds": others} if others else {})}
        at = facts.at or self._origin.at
        return Event(
            workspace_id=self._origin.workspace_id,
            source_id=self._definition.source_id,
            message_id=self._message_id(row, facts),
            timestamp=at,
            occurred_at=min(at, self._origin.at),
            received_at=self._origin.at,
            server=True,  # it is the operator who says it
            context=context,
            **own,
            **more,
        )

    def _message_id(self, row: Row, facts: _Facts) -> str:
        """The one that the row names, else one of its place and content.

        The place keeps equal rows apart, which are as many facts; and as the import is part of it,
        reading any part of it again gives the same ids.
        """
        if "message_id" in facts.said:
            written = values.text(facts.said["message_id"])
            if len(written) > MAX_MESSAGE_ID_CHARACTERS:
                raise RowError(
                    f"a message id has at most {MAX_MESSAGE_ID_CHARACTERS} characters",
                    "map another column, or none",
                )
            return written
        content = json.dumps(row.values, sort_keys=True, default=str)
        place = f"{self._origin.import_id}\n{row.number}\n{content}"
        return f"import-{sha256(place.encode()).hexdigest()[:32]}"


def _cell(values: Mapping[str, Any], column: str) -> Any:  # noqa: ANN401
    """What a row has in a column; `address.city` also finds what is nested that way."""
    if column in values:
        return values[column]
    found: Any = values
    for part in column.split("."):
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


def _kind(target: Identifier, row: Mapping[str, Any]) -> str:
    if target.kind:
        return target.kind
    named = _cell(row, target.kind_column or "")
    if values.is_empty(named):
        raise RowError(
            "the kind of the identifier is empty", "fill it in", target.kind_column or ""
        )
    return values.text(named)


def _identifier(value: Any) -> str:  # noqa: ANN401
    written = values.text(value)
    if size(written) > MAX_ID_BYTES:
        raise RowError(
            f"an identifier has at most {MAX_ID_BYTES} bytes", "map the column to something else"
        )
    return written


def _check(event: Event) -> None:
    """Refuse what the API would refuse."""
    try:
        text = encode(event)
        length = size(text)
    except (RecursionError, ValueError):  # levels, infinities or half a surrogate pair
        _reject_flaw(event)
        raise
    if length > MAX_EVENT_BYTES + _OURS:
        raise RowError(
            f"the row is larger than {MAX_EVENT_BYTES:,} bytes", "leave columns out with `ignore`"
        )
    # No more brackets than levels allowed: no need to look.
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _reject_flaw(event)


def _reject_flaw(event: Event) -> None:
    if found := find_flaw(event.to_json()):
        path, flaw = found
        raise RowError(f"{path} {flaw.message}", "mend the text")
