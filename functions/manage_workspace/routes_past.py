"""The past of one person in a journey: why it was so, and whether it would be so again."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from functions.manage_workspace import definitions
from functions.manage_workspace import portrait_parts as parts
from functions.manage_workspace.pasts import PersonsPast, past_of
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.routes_profiles import find_strand, names_of
from shared.aws import keys
from shared.aws.catalog import Kind
from shared.aws.catalog_writer import Edit
from shared.aws.meanings import JOURNEY, Meanings
from shared.domain.instants import format_instant, parse_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.messages.reasons import Text
from shared.domain.workspace.past_answers import (
    DecisionStory,
    ReplayAnswer,
    RunStory,
    TryStory,
    WhyAnswer,
)
from shared.domain.workspace.stories import Bilingual, MessageStory
from shared.domain.workspace.trace_words import Language, decision_text
from shared.domain.workspace.words import enrolment_text, unsent
from shared.errors import NotFoundError

if TYPE_CHECKING:
    from shared.domain.journeys.why import Try

_LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
_JUDGED: Final[tuple[Kind, ...]] = ("SEGMENT", "TAG", "LIST", "LIFECYCLE")


def explain_journey(ports: Ports, call: Call) -> WhyAnswer:
    """Why somebody is in a journey, or is not."""
    # Few requests look at the past.
    from shared.domain.journeys.why import Standing, nothing_happened, tries

    edit, step = ports.edit(), call.query.get("step")
    row = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    newest = row.published_version or row.version
    journey = JOURNEY.validate_json(edit.body_of(row, newest))
    past = past_of(ports, find_strand(ports, call)[1])
    since = parse_instant(edit.put_at(row, 1))
    standing = Standing(journey, since, row.status, ports.now())
    runs = list(past.enrolments(journey.journey_id))
    known = [enrolment for _, enrolment in runs]
    if step is not None and not journey.has(step) and not _passed(known, step):
        raise NotFoundError(f'there is no step "{step}" in this journey')
    tried = tries(standing, past.happened, known)
    never = nothing_happened(journey, whole=past.whole)
    stories = [_run(ports, past, run, enrolment, step) for run, enrolment in runs]
    stories.sort(key=lambda one: one["entered_at"], reverse=True)
    return {
        "success": True,
        "profile_id": past.person.profile_id,
        "journey_id": journey.journey_id,
        "title": journey.title,
        "status": row.status,
        "text": _verdict(stories, tried[0].text if tried else never),
        "tries": [_told(one) for one in tried],
        "runs": stories,
    }


def replay_enrolment(ports: Ports, call: Call) -> ReplayAnswer:
    """Run an enrolment again."""
    # Few requests run the past again, and nothing else here needs the interpreter.
    from shared.domain.journeys.replay.replaying import Past, replay

    past = past_of(ports, call.path["profile_id"])
    wanted = call.path["enrolment_id"]
    found = next((one for _, one in past.enrolments() if one.enrolment_id == wanted), None)
    if found is None:
        raise NotFoundError(f"this profile has no enrolment {wanted!r}")
    edit = ports.edit()
    known = Past(
        {one.fact_id: one for one in past.happened},
        past.told,
        past.whole,
        Meanings.of(edit).definitions,
        _defined_at(edit),
    )

    def journey_of(version: int) -> Journey:
        return ports.published.journey(ports.workspace_id, found.journey_id, version).journey

    lines = replay(found, journey_of, known)
    return {
        "success": True,
        "enrolment_id": wanted,
        "journey_id": found.journey_id,
        "same": all(line.same for line in lines),
        "whole": past.whole,
        "lines": [
            {
                "recorded": line.recorded,
                "replayed": line.replayed,
                "same": line.same,
                "by": line.by,
            }
            for line in lines
        ],
    }


def _defined_at(edit: Edit) -> datetime:
    """When anything was last changed that conditions can stand for."""
    changed = [one.updated_at for kind in _JUDGED for one in edit.all(kind)]
    return max(map(parse_instant, changed), default=datetime.min.replace(tzinfo=UTC))


def _passed(runs: list[Enrolment], step: str) -> bool:
    """Whether somebody came through a step that may be one of an older version."""
    return any(entry.step == step for run in runs for entry in run.trace)


def _told(one: "Try") -> TryStory:
    return {
        "at": format_instant(one.at),
        "trigger": one.trigger,
        "outcome": one.outcome,
        "text": _both(one.text),
        "enrolment_id": one.enrolment_id or None,
    }


def _both(text: Text) -> Bilingual:
    return {"en": text.en, "zh": text.zh}


def _run(
    ports: Ports, past: PersonsPast, row: Mapping[str, Any], run: Enrolment, step: str | None
) -> RunStory:
    messages = {
        (one["step"], one["visit"]): one
        for one in parts.messages(past.rows["MSG"], [run], names_of(ports))
        if one["enrolment_id"] == run.enrolment_id
    }
    version = ports.published.journey(ports.workspace_id, run.journey_id, run.journey_version)
    missing = unsent(version.journey, run)
    stands: Bilingual = {"en": f"Stands in “{run.at}”.", "zh": f"停留在“{run.at}”。"}
    return {
        "profile_id": row["pk"].removeprefix(keys.person(ports.workspace_id, "")),
        "enrolment_id": run.enrolment_id,
        "version": run.journey_version,
        "status": run.status,
        "text": enrolment_text(run) or stands,
        "entered_at": format_instant(run.entered_at),
        "step": run.at,
        "due_at": format_instant(run.waiting.due) if run.waiting else None,
        "decisions": [one for one in _decisions(run, messages) if step in (None, one["step"])],
        "unsent": [one for one in missing if step in (None, one["step"])],
    }


def _decisions(
    run: Enrolment, messages: Mapping[tuple[str, int], MessageStory]
) -> Iterator[DecisionStory]:
    for entry in run.to_json()["trace"]:
        en, zh = (decision_text(entry, run.reason, each, str) for each in _LANGUAGES)
        asks = entry["decision"] in ("requested", "waiting")
        yield {
            "at": entry["at"],
            "step": entry["step"],
            "visit": entry["visit"],
            "decision": entry["decision"],
            "text": {"en": en, "zh": zh},
            "message": messages.get((entry["step"], entry["visit"])) if asks else None,
        }


def _verdict(runs: list[RunStory], without: Text) -> Bilingual:
    """The newest thing that is to be said: of a message, of why there is none, of the run."""
    if not runs:
        return _both(without)
    sent = [one["message"] for one in runs[0]["decisions"] if one["message"]]
    if len(runs[0]["decisions"]) == 1 and sent:
        return sent[0]["text"]
    if not runs[0]["decisions"] and runs[0]["unsent"]:
        return runs[0]["unsent"][0]["text"]
    return runs[0]["text"]
