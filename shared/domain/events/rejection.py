"""Why one event of a batch was not accepted; its neighbours are not affected."""

from dataclasses import dataclass
from typing import Any, Final

UNAUTHORIZED: Final = "unauthorized"
CODES: Final = {
    "not_an_object": "the event is not a JSON object",
    "duplicate_key": "an object has the same key twice",
    "invalid_number": "a number is NaN, infinite or too long",
    "invalid_text": "a text is not valid Unicode",
    "too_deep": "objects and arrays are nested too deeply",
    "too_large": "the event is too large",
    "invalid_type": "`type` is missing, unknown, or not that of the route",
    "id_missing": "nobody is named: no `userId`, `anonymousId` or `context.externalIds`, or an "
    "alias without `userId`",
    "invalid_id": "an identifier is not a text or integer, or too long",
    "invalid_message_id": "`messageId` is not a text or integer, or too long",
    "event_name_missing": "a track event has no `event`",
    "invalid_event_name": "`event` is not a text, or too long",
    "reserved_name": "`event` is a name that only Rapport itself writes, such as `$tagged`",
    "group_id_missing": "a group event has no `groupId`",
    "previous_id_missing": "an alias event has no `previousId`",
    "invalid_field": "`properties`, `traits` or `context` is not an object",
    "invalid_timestamp": "`timestamp` is not an ISO 8601 instant",
    "timestamp_out_of_range": "`timestamp` is absurdly early or late",
    UNAUTHORIZED: "the event has no write key, or one that is not known",
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """One event that was not accepted: `index` in the batch, a code, a text for its sender."""

    index: int
    code: str
    message: str
    message_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data; `message_id` only when the event had a usable one."""
        data: dict[str, Any] = {"index": self.index, "code": self.code, "message": self.message}
        if self.message_id is not None:
            data["message_id"] = self.message_id
        return data


class RejectedError(Exception):
    """Ends the reading of one event; never leaves this package."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
