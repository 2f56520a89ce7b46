"""Values of tags at any time: those of one person, and who held one."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from pydantic import ValidationError

from functions.manage_workspace.definitions import find
from functions.manage_workspace.parsing import past_instant, short_enough, whole_number
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.routes_profiles import find_strand
from shared.aws.catalog_writer import Edit
from shared.aws.meanings import TAG
from shared.aws.tag_store import PastValue
from shared.domain.instants import format_instant
from shared.domain.measures.model import Value
from shared.domain.segments.condition import TagCondition
from shared.domain.tags.kinds import ManualTag
from shared.domain.tags.model import Tag
from shared.domain.tags.thresholds import quantile_of
from shared.domain.tags.values import known_values
from shared.domain.text import to_text
from shared.domain.workspace import tag_answers as answers
from shared.errors import InvalidInputError, NotFoundError

HOLDERS: Final = 50
MOST_HOLDERS: Final = 200
MOST_BYTES: Final = 1_500_000  # of a history; an answer of a function ends at 6 MB


def get_tag_history(ports: Ports, call: Call) -> answers.TagHistory:
    """Every value that a tag had for one person, the newest first."""
    tag_id, edit = call.path["tag_id"], ports.edit()
    profile_id = _profile(ports, call)
    values = ports.tags.history(ports.workspace_id, profile_id, tag_id)
    if not values and edit.find("TAG", tag_id) is None:
        raise NotFoundError(f"there is no tag {tag_id!r}")
    thresholds = _thresholds(edit, tag_id, {each.version for each in values})
    told = [_told(each, until, thresholds.get(each.version)) for each, until in _courses(values)]
    return {
        "success": True,
        "profile_id": profile_id,
        "tag_id": tag_id,
        "values": _fitting(told[::-1]),
    }


def get_tag_values(ports: Ports, call: Call) -> answers.TagValuesAt:
    """What every tag said of one person at an instant."""
    at = past_instant(call.query.get("at"), ports.now())
    profile_id = _profile(ports, call)
    found: list[answers.ValueAt] = []
    for tag_id, values in sorted(ports.tags.histories(ports.workspace_id, profile_id).items()):
        for value, until in _courses(values):
            if value.since <= at and (until is None or at < until) and value.value is not None:
                found.append({"tag_id": tag_id, **_told(value, until, None)})
    return {"success": True, "profile_id": profile_id, "at": format_instant(at), "values": found}


def list_tag_holders(ports: Ports, call: Call) -> answers.HoldersAnswer:
    """A page of who holds, or held, a value of a tag, by the tag as it is today."""
    tag_id = call.path["tag_id"]
    tag = TAG.validate_json(find(ports.edit(), "TAG", tag_id).body)
    at = past_instant(call.query.get("at"), ports.now())
    most = whole_number(call.query.get("limit", str(HOLDERS)), "limit", MOST_HOLDERS)
    after = call.query.get("cursor", "")
    if after:
        short_enough(after, "cursor")
    wanted = _wanted(tag, call.query.get("value"))
    page = ports.audiences.queries.page(ports.workspace_id, wanted, at, most, after)
    is_full = len(page.profile_ids) == most
    return {
        "success": True,
        "tag_id": tag_id,
        "at": format_instant(at),
        "people": page.people,
        "profile_ids": page.profile_ids,
        "cursor": page.profile_ids[-1] if is_full else None,
    }


def _profile(ports: Ports, call: Call) -> str:
    """The profile that answers for whoever is named now; raises NotFoundError."""
    _, strand_id = find_strand(ports, call)
    person = ports.persons.person(ports.workspace_id, strand_id)
    if person is None:
        raise NotFoundError(f"there is no profile {strand_id!r}")
    return person.profile_id


def _courses(values: Sequence[PastValue]) -> Iterator[tuple[PastValue, datetime | None]]:
    """Each value and until when it was the tag's."""
    yield from ((value, later.since) for value, later in pairwise(values))
    yield from ((value, None) for value in values[-1:])


def _told(
    value: PastValue, until: datetime | None, thresholds: dict[str, Any] | None
) -> answers.PastTagValue:
    return {
        "value": value.value,
        "since": format_instant(value.since),
        "until": format_instant(until) if until else None,
        "version": value.version,
        "because": list(value.because),
        "thresholds": thresholds,
    }


def _fitting(told: list[answers.PastTagValue]) -> list[answers.PastTagValue]:
    """The newest, as many as fit."""
    room = MOST_BYTES
    for number, one in enumerate(told):
        room -= len(to_text(one).encode())
        if room < 0:
            return told[:number]
    return told


def _thresholds(edit: Edit, tag_id: str, versions: set[int]) -> dict[int, dict[str, Any]]:
    """The computed thresholds of those versions of a tag that have any."""
    row, found = edit.find("TAG", tag_id), dict[int, dict[str, Any]]()
    if row is None or quantile_of(TAG.validate_json(row.body)) is None:
        return found
    for version in versions:
        with suppress(LookupError, ValidationError):  # gone, or written under an older contract
            quantile = quantile_of(TAG.validate_json(edit.body_of(row, version)))
            if quantile and (computed := quantile[1].computed_thresholds):
                found[version] = computed.model_dump(mode="json")
    return found


def _wanted(tag: Tag, text: str | None) -> TagCondition:
    """The condition of holding the value that a query names, or any; raises InvalidInputError."""
    if text is None:
        return TagCondition(tag_id=tag.tag_id, operator="exists")
    short_enough(text, "value")
    value = _value(tag, text)
    try:
        return TagCondition(tag_id=tag.tag_id, operator="equals", value=value)
    except ValidationError:
        raise InvalidInputError("no tag has such a value", where="value") from None


def _value(tag: Tag, text: str) -> Value:
    """A value as a query says it: a known one by its name, else JSON, else the text itself."""
    for known in known_values(tag):
        if text == (known if isinstance(known, str) else to_text(known)):
            return known
    if not isinstance(tag.how, ManualTag):
        with suppress(ValueError):
            read = json.loads(text)
            if isinstance(read, bool | int | float | str):
                return read
    return text
