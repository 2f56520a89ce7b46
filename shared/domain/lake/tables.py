"""The lake's tables: names, columns and where they lie; infrastructure and SQL are made from this.

Values are stored as text, as the events carry them, and only the view `people_events` gives them
types: how instants and decimals are read from JSON differs between engines, texts do not.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

DATABASE: Final = "rapport"
DAY: Final = "day"
"""The partition: the UTC day, `2026-11-22`, on which Firehose took the row in.

It is the day of arrival, not of the event, so that a row is written once and where it belongs,
however late the event was. What happened on a day arrived on that day or later.
"""
DAYS_SINCE: Final = "2026-11-01"
PEOPLE_EVENTS: Final = "people_events"


class Column(NamedTuple):
    """A column: its name, its type in Glue, and what it says."""

    name: str
    type: str
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of JSON lines under `<name>/day=<day>/`."""

    name: str
    says: str
    columns: tuple[Column, ...]

    @property
    def folder(self) -> str:
        """Prefix of all its objects."""
        return f"{self.name}/"


EVENTS: Final = Table(
    "events",
    "Every event that was applied, at least once; people_events shows each once.",
    (
        Column("workspace_id", "string", "the tenant"),
        Column("strand_id", "string", "where the event lies for ever; identities says whose it is"),
        Column("message_id", "string", "the client's id of the event"),
        Column("name", "string", "track name, or $identify, $page, ..."),
        Column("type", "string", "identify, track, page, screen, group or alias"),
        Column("source_id", "string", "which write key it came with"),
        Column("occurred_at", "string", "when it happened, ISO 8601 in UTC, clock skew taken out"),
        Column("received_at", "string", "when it was accepted"),
        Column("timestamp", "string", "when the client says that it happened"),
        Column("sent_at", "string", "when the client says that it sent it"),
        Column("user_id", "string", "as sent"),
        Column("anonymous_id", "string", "as sent"),
        Column("previous_id", "string", "as sent"),
        Column("group_id", "string", "as sent"),
        Column("server", "boolean", "whether it came with a server-side key"),
        Column("proof", "string", "who vouched for it: hash or import"),
        Column("revenue", "string", "properties.revenue as a decimal number"),
        Column("properties", "string", "JSON"),
        Column("traits", "string", "JSON"),
        Column("context", "string", "JSON"),
    ),
)
IDENTITIES: Final = Table(
    "identities",
    "Whose a strand was from some change on, that with the greatest position holds; and what is "
    "known of people without any event to tell it.",
    (
        Column("workspace_id", "string", "the tenant"),
        Column("strand_id", "string", "the strand"),
        Column("profile_id", "string", "the strand that answers for its person"),
        Column("position", "string", "orders the changes of one strand"),
        Column("erased", "boolean", "the person was erased; no later row undoes that"),
        Column("fact", "string", "identifier, agreed, cut or suppression; then no profile_id"),
        Column("fact_key", "string", "what it is about"),
        Column("fact_position", "string", "orders what was said about one fact_key"),
        Column("fact_row", "string", "JSON; absent when it holds no longer"),
    ),
)
TABLES: Final = (EVENTS, IDENTITIES)

PEOPLE_EVENTS_COLUMNS: Final = (
    Column("workspace_id", "varchar", "the tenant"),
    Column("profile_id", "varchar", "the person today"),
    Column("strand_id", "varchar", "the strand in which the event lies"),
    Column("message_id", "varchar", "the client's id of the event"),
    Column("name", "varchar", "what happened"),
    Column("type", "varchar", "identify, track, page, screen, group or alias"),
    Column("source_id", "varchar", "which write key it came with"),
    Column("occurred_at", "timestamp(3)", "when it happened, UTC"),
    Column("received_at", "timestamp(3)", "when it was accepted, UTC"),
    Column("revenue", "decimal(38,18)", "properties.revenue"),
    Column("user_id", "varchar", "as sent"),
    Column("anonymous_id", "varchar", "as sent"),
    Column("properties", "varchar", "JSON"),
    Column("traits", "varchar", "JSON"),
    Column("context", "varchar", "JSON"),
    Column(DAY, "varchar", "UTC day of arrival in the lake"),
)
