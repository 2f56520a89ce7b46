"""PostHog's events in Segment's words, so that both are checked and stored in one way.

    $identify, $set           → identify; `$set` holds the traits, `$anon_distinct_id` the device
    $create_alias             → alias
    $groupidentify            → group; `$group_set` says what is known of the group
    $pageview, $screen        → page, screen
    anything else             → track; a `$set` in it still holds traits

A `distinct_id` is a user id, unless the client says that it stands for nobody in particular
(`$process_person_profile: false`). `$set_once` has no counterpart yet: it is kept in the event's
properties and changes no trait.
"""

from collections.abc import Mapping
from typing import Any, Final

_TYPES: Final = {
    "$identify": "identify",
    "$set": "identify",
    "$set_once": "identify",
    "$create_alias": "alias",
    "$groupidentify": "group",
    "$pageview": "page",
    "$screen": "screen",
}


def to_segment(event: Mapping[str, Any]) -> dict[str, Any]:
    """Say the same in Segment's words; what is of a wrong type stays so, for the check to find."""
    name = event.get("event")
    kind = _TYPES.get(name, "track") if isinstance(name, str) else "track"
    properties = event.get("properties")
    given: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
    said: dict[str, Any] = {
        "type": kind,
        "messageId": event.get("uuid"),
        "timestamp": event.get("timestamp"),
        "properties": _properties(event, properties),
        "traits": event.get("$set", given.get("$set")),
    }
    person = event.get("distinct_id", given.get("distinct_id"))
    said["anonymousId" if given.get("$process_person_profile") is False else "userId"] = person
    match kind:
        case "track":
            said["event"] = name
        case "identify":
            said["anonymousId"] = said.get("anonymousId") or given.get("$anon_distinct_id")
        case "alias":
            said["previousId"] = person
            said["userId"] = given.get("alias")
        case "group":
            said["groupId"] = given.get("$group_key")
            said["traits"] = given.get("$group_set")
    return said


def _properties(event: Mapping[str, Any], properties: object) -> object:
    """The properties without what became traits."""
    if properties is None:
        properties = {}
    if not isinstance(properties, dict):
        return properties
    kept = {key: value for key, value in properties.items() if key not in ("$set", "$group_set")}
    if "$set_once" in event:
        kept["$set_once"] = event["$set_once"]
    return kept
