"""The row of a message: where it lies, what it says for good, and how its status moves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from shared.aws import keys
from shared.aws.items import Item, from_item, to_attribute, to_item
from shared.domain.messages.model import MessageRequest, MessageStatus, checked_request
from shared.domain.text import to_text

Row = dict[str, Any]

BEGINNING: Final[tuple[MessageStatus, ...]] = ("requested", "deferred")
"""What a message can be before it is claimed or suppressed; at first it has no row at all."""

# Whatever their values are, they come back as they were.
_AS_TEXT: Final = ("values", "constants", "pins")
_IN_KEY: Final = ("workspace_id", "profile_id", "message_id")


def message_key(workspace_id: str, profile_id: str, message_id: str) -> keys.Key:
    """Where the row of a message lies."""
    return keys.Key(keys.person(workspace_id, profile_id), keys.message(message_id))


def asked(request: MessageRequest) -> Row:
    """What the row of a message says of it for good; workspace, desk and id are in its key."""
    row = request.plain()
    ladder = (request.template_id, *request.fallback)
    row["ladder"] = to_text(ladder) if request.fallback else None
    row |= {name: to_text(row[name]) for name in _AS_TEXT if name in row}
    return {name: row[name] for name in row.keys() - {*_IN_KEY, "fallback"}}


def request_of(workspace_id: str, profile_id: str, message_id: str, row: Row) -> MessageRequest:
    """Read what was asked for, with the whole ladder; raises InvalidInputError on other rows.

    The row's own `template_id` is the rung by which the message was claimed last.
    """
    known = {field.name: row[field.name] for field in fields(MessageRequest) if field.name in row}
    if "ladder" in row:
        known["template_id"], *known["fallback"] = json.loads(row["ladder"])
    known |= {name: json.loads(known[name]) for name in _AS_TEXT if name in known}
    return checked_request(
        {
            **known,
            "workspace_id": workspace_id,
            "profile_id": profile_id,
            "message_id": message_id,
        }
    )


def moving(
    table: str,
    request: MessageRequest,
    before: Sequence[MessageStatus],
    values: Mapping[str, Any],
    gone: Sequence[str] = (),
) -> dict[str, Any]:
    """Build the update of a message row that must be in one of the statuses `before`.

    The first one makes the row: it says what was asked for as well. `gone` are taken out.
    """
    names = [f":before{place}" for place in range(len(before))]
    condition = f"#status IN ({', '.join(names)})"
    if "requested" in before:
        condition = f"attribute_not_exists(pk) OR {condition}"
        values = {**asked(request), **values}
    known = {name: value for name, value in values.items() if value is not None}
    said = "SET " + ", ".join(f"#{name} = :{name}" for name in known)
    if gone:
        said += " REMOVE " + ", ".join(f"#{name}" for name in gone)
    key = message_key(request.workspace_id, request.profile_id, request.message_id)
    return {
        "TableName": table,
        "Key": item_key(key),
        "UpdateExpression": said,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in (*known, *gone)},
        "ExpressionAttributeValues": {
            **{name: {"S": status} for name, status in zip(names, before, strict=True)},
            **{f":{name}": to_attribute(value) for name, value in known.items()},
        },
    }


def item_key(key: keys.Key) -> Item:
    """A key as DynamoDB takes it."""
    return to_item(key._asdict())


def row_of(item: Item | None) -> Row:
    """The row of an item; empty where there is none."""
    return from_item(item) if item else {}
