"""The admin API as a table: every operation with its path, what it takes and what it answers.

The function that answers the API, its OpenAPI document and the tests read this one table. A noun
with many operations keeps its own part of it, in `<noun>_operations.py` beside its answers in
`<noun>_answers.py`.
"""

from typing import Final

from shared.domain.journeys.definition import Journey
from shared.domain.segments.condition import Segment
from shared.domain.workspace import (
    answers,
    audience_operations,
    audit_operations,
    backtest_operations,
    broadcast_operations,
    consent_operations,
    destination_operations,
    group_operations,
    identity_operations,
    import_operations,
    lake_operations,
    list_operations,
    move_operations,
    past_operations,
    privacy_operations,
    provider_operations,
    replay_operations,
    tag_operations,
    task_operations,
    template_operations,
)
from shared.domain.workspace.bodies import KeyLimits, NewWriteKey, Rotation
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.operation import BACKFILL, Operation, Query
from shared.domain.workspace.tag_answers import Deleted

_PERSON: Final = (
    Query("kind", "kind of the identifier: user_id, anonymous_id, or profile_id itself", True),
    Query("value", "the identifier", True),
    Query("limit", "how many events of the timeline: 1 to 200, 50 unless said otherwise"),
    Query("cursor", "the timeline from here on; taken from the answer before"),
)
_VERSION: Final = (
    Query("version", "which one: a number, or `published` for the one that people meet; the newest "
          "unless said otherwise"),
)  # fmt: skip
_BASED_ON: Final = (
    Query("based_on", "the version that was edited, 0 for a new journey: a 409 where another one "
          "is the newest by now; unless it is said, whatever is there gets a newer version"),
)  # fmt: skip
_LAKE: Final = (
    Query("lake", "whether to ask the event history too for events and consents that never came, "
          "which takes seconds: no unless said otherwise, or yes"),
)  # fmt: skip

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("get_settings", "GET", "/settings", "The settings of the workspace.",
              answers.SettingsAnswer),
    Operation("put_settings", "PUT", "/settings",
              "Replace the settings. A new time_scale compiles every published journey again; "
              "waits that have begun already end as they were planned.",
              answers.SettingsChanged, WorkspaceSettings),
    Operation("create_write_key", "POST", "/write-keys",
              "Make a write key for a source. The answer shows it this once.",
              answers.WriteKeyCreated, NewWriteKey),
    Operation("list_write_keys", "GET", "/write-keys", "All write keys, without their secrets.",
              answers.WriteKeyList),
    Operation("rotate_write_key", "POST", "/write-keys/{digest_prefix}/rotate",
              "Make a key that takes the place of one, with its source, kind and limits. The old "
              "one goes on for some days. The answer shows the new one this once.",
              answers.WriteKeyRotated, Rotation, body_required=False),
    Operation("limit_write_key", "PUT", "/write-keys/{digest_prefix}/limits",
              "Give a write key in use other limits; they hold within a minute.",
              answers.WriteKeyLimited, KeyLimits),
    Operation("disable_write_key", "DELETE", "/write-keys/{digest_prefix}",
              "Disable a write key, named by the first 8 or more hex digits of its SHA-256.",
              answers.WriteKeyDisabled),
    Operation("list_segments", "GET", "/segments", "All segments with their sizes.",
              answers.SegmentList),
    Operation("get_segment", "GET", "/segments/{segment_id}", "One segment.",
              answers.SegmentAnswer),
    Operation("put_segment", "PUT", "/segments/{segment_id}",
              "Create or replace a segment.", answers.SegmentChanged, Segment, query=BACKFILL),
    Operation("delete_segment", "DELETE", "/segments/{segment_id}",
              "Delete a segment, unless something refers to it.", Deleted),
    Operation("list_journeys", "GET", "/journeys", "All journeys.", answers.JourneyList),
    Operation("get_journey", "GET", "/journeys/{journey_id}", "One journey.",
              answers.JourneyAnswer, query=_VERSION),
    Operation("put_journey", "PUT", "/journeys/{journey_id}",
              "Create a journey, or a new draft version of it that nobody meets until it is "
              "published.", answers.JourneyChanged, Journey, query=_BASED_ON),
    Operation("publish_journey", "POST", "/journeys/{journey_id}/publish",
              "Check the newest version, compile it to its state machine and let people enter it.",
              answers.JourneyPublished),
    Operation("check_journey", "POST", "/journeys/check",
              "Say what publishing a journey would say, and store nothing.",
              answers.JourneyChecked, Journey, query=_LAKE),
    Operation("check_stored_journey", "POST", "/journeys/{journey_id}/check",
              "Say what publishing the newest version of a journey would say.",
              answers.JourneyChecked, query=_LAKE),
    Operation("pause_journey", "POST", "/journeys/{journey_id}/pause",
              "Let nobody enter and send nothing; people inside stay where they are.",
              answers.JourneyChanged),
    Operation("resume_journey", "POST", "/journeys/{journey_id}/resume",
              "Let people enter the published version again.", answers.JourneyChanged),
    Operation("get_profile", "GET", "/profiles",
              "One person: traits, tags, memberships, enrolments with their traces, messages with "
              "their reasons, consents and timeline.", answers.ProfileAnswer, query=_PERSON),
    Operation("get_figures", "GET", "/figures",
              "Segment sizes, enrolments by journey and outcome, messages by channel and status.",
              answers.FiguresAnswer),
    Operation("get_journey_figures", "GET", "/journeys/{journey_id}/figures",
              "How many stand at each step of a version now, and how many went which way.",
              answers.JourneySteps,
              query=(Query("version", "without one, the version that people enter"),)),
    *audience_operations.OPERATIONS,
    *audit_operations.OPERATIONS,
    *broadcast_operations.OPERATIONS,
    *backtest_operations.OPERATIONS,
    *consent_operations.OPERATIONS,
    *group_operations.OPERATIONS,
    *identity_operations.OPERATIONS,
    *import_operations.OPERATIONS,
    *lake_operations.OPERATIONS,
    *list_operations.OPERATIONS,
    *move_operations.OPERATIONS,
    *past_operations.OPERATIONS,
    *privacy_operations.OPERATIONS,
    *provider_operations.OPERATIONS,
    *replay_operations.OPERATIONS,
    *destination_operations.OPERATIONS,
    *tag_operations.OPERATIONS,
    *task_operations.OPERATIONS,
    *template_operations.OPERATIONS,
)  # fmt: skip
