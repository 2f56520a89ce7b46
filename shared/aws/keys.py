"""Key builders and the entity chart of both tables; `docs/data-model.md` is held to this file.

Every partition key begins with the workspace, so that IAM `LeadingKeys` can keep tenants apart,
but that of a write key, which is what says whose workspace it is.
Free text inside a key is escaped, so that `#` separates parts and nothing else.
"""

from datetime import date, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from shared.domain.due.timing import DueKind, shard_of
from shared.domain.instants import format_instant
from shared.domain.journeys.ids import slot_of

SHARDS: Final = 8


class Key(NamedTuple):
    """A primary key: partition and sort part."""

    pk: str
    sk: str


def escape(text: str) -> str:
    """Make free text safe inside a key: `%` and `#` are percent-encoded."""
    return text.replace("%", "%25").replace("#", "%23")


def unescape(text: str) -> str:
    """Undo `escape`."""
    return text.replace("%23", "#").replace("%25", "%")


# --- profiles table: one partition a person -------------------------------------------------

PROFILE: Final = "PROFILE"
STATE: Final = "STATE"
EVENT_PREFIX: Final = "EVT#"
COUNTER_PREFIX: Final = "CNT#"
DISPUTE_PREFIX: Final = "DSP#"
MOMENTS_PREFIX: Final = "MOM#"
CELLS_PREFIX: Final = "CELL#"
SEGMENT_PREFIX: Final = "SEG#"
TAG_PREFIX: Final = "TAG#"
TAG_LOG_PREFIX: Final = "TAGLOG#"
STAGE_PREFIX: Final = "STAGE#"
ENROLMENT_PREFIX: Final = "ENR#"
TASK_PREFIX: Final = "TASK#"
MESSAGE_PREFIX: Final = "MSG#"
WINDOW_PREFIX: Final = "WINDOW#"
BUDGET: Final = "BUDGET"
INBOX_PREFIX: Final = "INBOX#"
TRAIT_PREFIX: Final = "TRAIT#"
GROUP_PREFIX: Final = "GROUP#"
MEMBER_PREFIX: Final = "MEMBER#"
GROUP_TRAITS: Final = "TRAITS"
CONSENT: Final = "CONSENT"
AGREED_PREFIX: Final = "AGREED#"
IDENTIFIER: Final = "I"


def person(workspace_id: str, profile_id: str) -> str:
    """Partition of one profile."""
    return f"{workspace_id}#P#{profile_id}"


def profile_of(pk: str) -> tuple[str, str]:
    """(workspace_id, profile_id) of a person's partition; raises ValueError on another one."""
    workspace_id, kind, profile_id = pk.split("#", 2)
    if kind != "P":
        raise ValueError(f"{pk!r} is not a person's partition")
    return workspace_id, profile_id


def event(timestamp: datetime | None, message_id: str) -> str:
    """Sort key of a timeline row.

    It holds the client's own timestamp, not the corrected one: a retry of the same event carries
    the same timestamp but another correction, and must meet the same row.
    """
    return f"{EVENT_PREFIX}{format_instant(timestamp) if timestamp else 'undated'}#{message_id}"


def dispute(left: tuple[str, str], right: tuple[str, str]) -> str:
    """Sort key of a link between two identifiers that does not count, in the strand of each."""
    text = "\0".join((*left, *right))
    return f"{DISPUTE_PREFIX}{sha256(text.encode()).hexdigest()[:32]}"


def counter(event_name: str, month: str) -> str:
    """Sort key of one event's daily counters of a month (`2026-11`)."""
    return f"{COUNTER_PREFIX}{escape(event_name)}#{month}"


def moments(measure_id: str, day: date) -> str:
    """Sort key of what happened of a measure on a natural day, one by one."""
    return f"{MOMENTS_PREFIX}{measure_id}#{day.isoformat()}"


def cells(measure_id: str, month: str) -> str:
    """Sort key of what a measure comes to on each day of a month (`2026-11`)."""
    return f"{CELLS_PREFIX}{measure_id}#{month}"


def membership(segment_id: str) -> str:
    """Sort key of a segment membership, current or past."""
    return f"{SEGMENT_PREFIX}{segment_id}"


def tag(tag_id: str) -> str:
    """Sort key of the value of a tag."""
    return f"{TAG_PREFIX}{tag_id}"


def tag_log(tag_id: str, since: datetime) -> str:
    """Sort key of a value that a tag had from then on."""
    return f"{tag_logs_of(tag_id)}{format_instant(since)}"


def tag_logs_of(tag_id: str) -> str:
    """Prefix of the values that a tag had."""
    return f"{TAG_LOG_PREFIX}{tag_id}#"


def stage(since: datetime) -> str:
    """Sort key of a lifecycle stage in which the person was from then on."""
    return f"{STAGE_PREFIX}{format_instant(since)}"


def enrolment(enrolment_id: str) -> str:
    """Sort key of the slot in which an enrolment lies, with its trace, until the next one begins.

    A profile has one slot for each journey, so it says whether it is in there.
    """
    return f"{ENROLMENT_PREFIX}{slot_of(enrolment_id)}"


def past_enrolment(enrolment_id: str) -> str:
    """Sort key of an enrolment that is over and has given its slot to the next one."""
    return f"{ENROLMENT_PREFIX}{enrolment_id}"


def listener(trigger: str, enrolment_id: str) -> str:
    """Sort key of a listener: what wakes or ends an enrolment, found by trigger in one read."""
    return f"{listeners_of(trigger)}{enrolment_id}"


def listeners_of(trigger: str) -> str:
    """Prefix of everything on a profile that waits for one trigger."""
    return f"WAIT#{escape(trigger)}#"


def message(message_id: str) -> str:
    """Sort key of a message: request, claim and outcome."""
    return f"{MESSAGE_PREFIX}{message_id}"


def window(kind: str, code: str, digest: str) -> str:
    """Sort key of a window that an act of the person has opened, for one address."""
    return f"{windows_of(kind, code)}{digest}"


def windows_of(kind: str, code: str) -> str:
    """Prefix of the windows of a kind and, for subscriptions, of a template's code."""
    return f"{WINDOW_PREFIX}{kind}#{escape(code)}#"


def inbox(message_id: str) -> str:
    """Sort key of a message that clients fetch: its content, and what the person did with it."""
    return f"{INBOX_PREFIX}{message_id}"


def task(task_id: str) -> str:
    """Sort key of a task that somebody was given with this person."""
    return f"{TASK_PREFIX}{task_id}"


def agreed(purpose: str, topic: str, channel: str, source: str) -> str:
    """Sort key of a decision in the ledger of a strand; the same evidence is the same decision."""
    evidence = sha256(source.encode()).hexdigest()[:32]
    return f"{AGREED_PREFIX}{purpose}#{topic}#{channel}#{evidence}"


def trait(name: str, at: datetime, source_id: str) -> str:
    """Sort key of one claim about a trait whose history is kept, in the strand of the event."""
    return f"{traits_of(name)}{format_instant(at)}#{source_id}"


def traits_of(name: str) -> str:
    """Prefix of the history of one trait."""
    return f"{TRAIT_PREFIX}{escape(name)}#"


def group_of_person(group_id: str) -> str:
    """Sort key of the row that says that a strand belongs to a group."""
    return f"{GROUP_PREFIX}{group_id}"


# --- profiles table: beside the people --------------------------------------------------------


def identifier(workspace_id: str, kind: str, value: str) -> Key:
    """The row that says which profile an identifier points to; read strongly consistent."""
    return Key(f"{workspace_id}#I#{kind}#{value}", IDENTIFIER)


def group(workspace_id: str, group_id: str) -> str:
    """Partition of a group: its traits, and a row for each strand that belongs to it."""
    return f"{workspace_id}#G#{group_id}"


def group_member(strand_id: str) -> str:
    """Sort key of a strand in a group's partition."""
    return f"{MEMBER_PREFIX}{strand_id}"


def suppression(workspace_id: str, channel: str, digest: str) -> Key:
    """An address that must not be written to, by the hex HMAC of its canonical form."""
    return Key(suppressions(workspace_id, channel, digest[0]), digest)


def suppressions(workspace_id: str, channel: str, shard: str) -> str:
    """Partition of the suppressed addresses whose HMAC begins with a hex digit."""
    return f"{suppressed(workspace_id)}{channel}#{shard}"


def suppressed(workspace_id: str) -> str:
    """How the partitions of all suppressed addresses begin."""
    return f"{workspace_id}#S#"


def copy_of(workspace_id: str, broadcast_id: str, step: str, digest: str) -> Key:
    """Who got a message of a broadcast at an address, by the HMAC of the address."""
    return Key(f"{workspace_id}#Z#{broadcast_id}#{digest[:2]}", f"{escape(step)}#{digest}")


def numbered(workspace_id: str, provider: str, number: str) -> Key:
    """Which message a provider's number is that of, where its reports name nothing else."""
    return Key(f"{workspace_id}#T#{escape(provider)}#{escape(number)}", "MESSAGE")


def tally(workspace_id: str, noun: str, subject_id: str, profile_id: str) -> Key:
    """A sharded counter over all people, such as the members of a segment."""
    shard = int(sha256(profile_id.encode()).hexdigest(), 16) % SHARDS
    return Key(f"{workspace_id}#N#{noun}#{escape(subject_id)}", f"{shard:02d}")


def open_tasks(workspace_id: str) -> str:
    """Partition of all tasks of a workspace that are not done."""
    return f"{workspace_id}#O"


def counted(workspace_id: str, change: str) -> Key:
    """The row that says which changes of enrolments are counted, by the first one of them."""
    return Key(f"{workspace_id}#L#{change}", "COUNTED")


def imports(workspace_id: str) -> str:
    """Partition of all imports of a workspace."""
    return f"{workspace_id}#M"


def import_job(import_id: str) -> str:
    """Sort key of an import: what it is to do, and how far it is."""
    return f"IMPORT#{import_id}"


def access_token(workspace_id: str, account: str) -> Key:
    """The access token of an account with a provider, and who is fetching the next one."""
    return Key(f"{workspace_id}#K#{escape(account)}", "TOKEN")


def line(workspace_id: str, channel: str, *, of_broadcast: bool = False, late: bool = False) -> Key:
    """The line of those who are too many for the provider of a channel, or late to their turn."""
    way = "" if of_broadcast else "#1"
    return Key(f"{workspace_id}#Q#{escape(channel)}", f"{'LATE' if late else 'LINE'}{way}")


def throughput(workspace_id: str, channel: str, second: datetime) -> Key:
    """How many messages were handed to the provider of a channel in a second."""
    return Key(f"{workspace_id}#Q#{channel}", format_instant(second.replace(microsecond=0)))


def due(workspace_id: str, index: DueKind, at: datetime, name: str) -> Key:
    """The row that says when somebody is due; shards are swept in the order of instants."""
    return Key(due_shard(workspace_id, index, shard_of(name)), due_from(at) + name)


def due_row(workspace_id: str, index: DueKind, sort_key: str) -> Key:
    """The row of the due index that has a sort key."""
    return Key(due_shard(workspace_id, index, shard_of(sort_key.partition("#")[2])), sort_key)


def due_shard(workspace_id: str, index: DueKind, shard: int) -> str:
    """Partition of one shard of everybody who will be due."""
    return f"{workspace_id}#{index}#{shard:02d}"


def due_from(at: datetime) -> str:
    """What comes in a shard before everybody who is due at an instant, and after all others."""
    return f"{format_instant(at)}#"


def due_positions(workspace_id: str, index: DueKind) -> Key:
    """How far each shard is swept."""
    return Key(f"{workspace_id}#{index}", "POSITIONS")


# --- catalog table: definitions ---------------------------------------------------------------

CATALOG_VERSION: Final = "VERSION"
SETTINGS: Final = "SETTINGS"
IDENTITY_RULES: Final = "IDENTITY_RULES"


def catalog(workspace_id: str) -> str:
    """Partition of all definitions of a workspace."""
    return f"{workspace_id}#C"


def definition(kind: str, definition_id: str) -> str:
    """Sort key of the current state of a definition (`SEGMENT`, `TAG`, `JOURNEY`, ...)."""
    return f"{kind}#{definition_id}"


def definition_version(workspace_id: str, kind: str, definition_id: str, version: int) -> Key:
    """One immutable version of a definition."""
    return Key(f"{workspace_id}#H#{kind}#{definition_id}", f"{version:06d}")


MOVE_PREFIX: Final = "MOVE#"


NEWEST_MOVE: Final = "NEWEST"


def moves(workspace_id: str, journey_id: str) -> str:
    """Partition of the moves of those inside a journey, with how far each is."""
    return f"{workspace_id}#J#{journey_id}"


def move(number: int) -> str:
    """Sort key of a move; they are in the order of their numbers."""
    return f"{MOVE_PREFIX}{number:06d}"


def move_segment(number: int, walk: str, segment: int) -> str:
    """Sort key of how far one part of the table is walked, to count or to move."""
    return f"{move_segments(number, walk)}{segment:03d}"


def move_segments(number: int, walk: str) -> str:
    """Prefix of all parts of a walk."""
    return f"{MOVE_PREFIX}{number:06d}#{walk}#"


def write_key(digest: str) -> Key:
    """A write key, found by the first half of its SHA-256; the whole digest is inside."""
    return Key(f"KEY#{digest[:32]}", "KEY")


def rate(workspace_id: str, source_id: str, window: int) -> Key:
    """How many events of a source were let in, a share at a time, in a minute since 1970."""
    return Key(rates(workspace_id, source_id), f"{window:010d}")


def rates(workspace_id: str, source_id: str) -> str:
    """Partition of how much of a source was let in."""
    return f"{workspace_id}#F#{source_id}"


def audits(workspace_id: str) -> str:
    """Partition of the audit trail of a workspace, in the order of time."""
    return f"{workspace_id}#U"


def audit(at: datetime, audit_id: str, part: str) -> str:
    """Sort key of an audit line: `0` who asked for what, `1…` what changed, `9` what came of it."""
    return f"{format_instant(at)}#{audit_id}#{part}"


# --- catalog table: those who are gone ----------------------------------------------------------


def tombstone(workspace_id: str, digest: str) -> Key:
    """What stays of an erased identifier; `digest` is a keyed one, so that it names nobody."""
    return Key(f"{workspace_id}#X#{digest}", "X")


ERASURE_PREFIX: Final = "ERASURE#"


def erasures(workspace_id: str) -> str:
    """Partition of all erasures of a workspace, running and done."""
    return f"{workspace_id}#E"


def erasure(erasure_id: str) -> str:
    """Sort key of an erasure: how far it is, and its receipt for ever; it names nobody."""
    return f"{ERASURE_PREFIX}{erasure_id}"


def export(workspace_id: str, export_id: str) -> Key:
    """An export that somebody asked for; it goes with its archive after some days."""
    return Key(erasures(workspace_id), f"EXPORT#{export_id}")


def review(workspace_id: str, review_id: str) -> Key:
    """A review: rules of identity held against everything that is stored."""
    return Key(f"{workspace_id}#V", f"REVIEW#{review_id}")


# --- catalog table: what is built from definitions ----------------------------------------------

BUILD_PREFIX: Final = "BUILD#"
BROADCAST_PREFIX: Final = "BROADCAST#"
SCHEDULE_PREFIX: Final = "SCHEDULE#"
PART_PREFIX: Final = "PART#"


def broadcasts(workspace_id: str) -> str:
    """Partition of all broadcasts of a workspace, and of how far its schedules were looked at."""
    return f"{workspace_id}#R"


def broadcast(broadcast_id: str) -> str:
    """Sort key of a broadcast: what was asked for, and how far it is."""
    return f"{BROADCAST_PREFIX}{broadcast_id}"


def schedule(journey_id: str) -> str:
    """Sort key of how far the schedule of a journey was looked at."""
    return f"{SCHEDULE_PREFIX}{journey_id}"


def broadcast_part(workspace_id: str, broadcast_id: str, wave: int, batch: int) -> Key:
    """How far one batch of a broadcast is."""
    parts = broadcast_parts(workspace_id, broadcast_id)
    return Key(parts, f"{PART_PREFIX}{wave:03d}#{batch:06d}")


def broadcast_parts(workspace_id: str, broadcast_id: str) -> str:
    """Partition of all batches of a broadcast that were begun."""
    return f"{broadcasts(workspace_id)}#{broadcast_id}"


def builds(workspace_id: str) -> str:
    """Partition of a workspace's builds, and of audiences and backtests that were asked for."""
    return f"{workspace_id}#B"


def build(number: int) -> str:
    """Sort key of a build; they are in the order of their numbers."""
    return f"{BUILD_PREFIX}{number:012d}"


def audience(workspace_id: str, audience_id: str) -> Key:
    """An audience that somebody asked for, as a file or on a list; it expires after some days."""
    return Key(builds(workspace_id), f"AUDIENCE#{audience_id}")


def backtest(workspace_id: str, backtest_id: str) -> Key:
    """A backtest that somebody asked for; it expires after some days."""
    return Key(builds(workspace_id), f"BACKTEST#{backtest_id}")


REPLAY_PREFIX: Final = "REPLAY#"


def replays(workspace_id: str) -> str:
    """Partition of all replays of the lake; in the catalog, because people may be lost."""
    return f"{workspace_id}#T"


def replay(replay_id: str) -> str:
    """Sort key of a replay: from which day, and how far it is."""
    return f"{REPLAY_PREFIX}{replay_id}"


def walk(workspace_id: str) -> Key:
    """Where the walk through people for what stands still stopped."""
    return Key(replays(workspace_id), "WALK")
