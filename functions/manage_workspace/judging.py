"""Putting and deleting what people are judged by, with everything that refers to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from functions.manage_workspace.building import build_desk
from functions.manage_workspace.definitions import stage
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog import Kind
from shared.aws.catalog_writer import Definition, Edit
from shared.aws.meanings import (
    JOURNEY,
    Judged,
    Meanings,
    changed_by_settings,
    changed_meanings,
    journeys_naming,
    put_dependents,
    rebuilt,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.problem import Problem
from shared.domain.lifecycle.model import LIFECYCLE_ID, Lifecycle
from shared.domain.segments.condition import Segment
from shared.domain.segments.expand import Definitions, ExpansionError, Named, expand
from shared.domain.tags.model import Tag
from shared.domain.tags.thresholds import carried_on, waits
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError, NotFoundError

_KINDS: Final[Mapping[str, Kind]] = {
    "segment": "SEGMENT", "tag": "TAG", "list": "LIST", "template": "TEMPLATE",
}  # fmt: skip


def announce_of(call: Call) -> bool:
    """What the query says of telling the flips of a change; raises InvalidInputError."""
    said = call.query.get("backfill", "silent")
    if said not in ("silent", "announce"):
        raise InvalidInputError("this is silent or announce", where="backfill")
    return said == "announce"


def put_judged(
    ports: Ports, model: Judged, *, announce: bool
) -> tuple[Outcome, Definition, Meanings]:
    """Store a segment, a tag or the lifecycle as its next version, unless it says the same.

    Whatever means something else by this edit, the definition itself and those that refer to it,
    gets the catalog version of this edit as its `build`; so does a tag that waits for thresholds,
    because builds compute them. Raises InvalidInputError when something could not be expanded any
    more. Gives what all definitions mean then, too.
    """
    edit = ports.edit()
    before = Meanings.of(edit)
    named, wanted = _named(model)
    row = before.rows.get(named)
    if isinstance(model, Tag):
        model = carried_on(before.tags.get(model.tag_id), model)
    if row and before.has(named) and before.model(named) == model:
        build_desk(ports).begin(ports.workspace_id, row)
        return "unchanged", row, before
    after = before.changed_to(model)
    if isinstance(model, Lifecycle):
        _check_stages(edit, before.lifecycle.names - model.names)
    changed = changed_meanings(before, after, named)
    _check_branches(edit, after.definitions, changed)

    is_built = named in changed or (isinstance(model, Tag) and waits(model))
    own = rebuilt(edit, row or wanted, announce=announce) if is_built else row or wanted
    stored = stage(edit, own if row else None, own, model)
    put_dependents(edit, after, named, changed, announce=announce)
    edit.commit()
    build_desk(ports).begin(ports.workspace_id, stored)
    return ("updated" if row else "created"), stored, after


def judge_by(edit: Edit, settings: WorkspaceSettings) -> Definition | None:
    """Stage that whatever means something else under other settings is judged anew.

    Gives one of these, whose build is all of theirs. Nobody is told of the flips. Raises
    InvalidInputError when something could not be expanded any more.
    """
    before = Meanings.of(edit)
    after = replace(before, settings=settings)
    changed = changed_by_settings(before, after)
    _check_branches(edit, after.definitions, changed)
    staged = [edit.put(rebuilt(edit, before.rows[named], announce=False)) for named in changed]
    return staged[0] if staged else None


def last_built(edit: Edit) -> Definition | None:
    """One of the definitions that got their meaning last, unless there is none."""
    rows = Meanings.of(edit).rows.values()
    return max(rows, key=lambda row: row.build, default=None)


def delete(ports: Ports, named: Named) -> None:
    """Take a definition out of the catalog; raises InvalidInputError if something names it."""
    edit = ports.edit()
    found = edit.find(_KINDS[named.kind], named.definition_id)
    if found is None:
        raise NotFoundError(f"there is no {named}")
    users = [str(user) for user in Meanings.of(edit).users(named) if user != named]
    users += [f'journey "{journey_id}"' for journey_id in journeys_naming(edit, named)]
    if users:
        raise InvalidInputError(
            f"{named} cannot be deleted: {', '.join(users)} would miss it",
            hint="change what refers to it first",
        )
    edit.delete(found)
    edit.commit()


def too_large_branches(journey: Journey, definitions: Definitions) -> Iterator[Problem]:
    """The arms of branches that cannot be expanded, such as those that grow too large."""
    for place, step in enumerate(journey.steps):
        for number, arm in enumerate(step.arms if isinstance(step, BranchStep) else ()):
            try:
                expand(arm.when, definitions)
            except ExpansionError as error:
                path = f"steps[{place}].arms[{number}].when"
                where = f"{path}.{error.where}" if error.where else path
                yield Problem(where, error.message, code="condition_not_expandable")


def _check_stages(edit: Edit, removed: Iterable[str]) -> None:
    """Refuse to take out stages that journeys begin by, listen to or aim at."""
    for name in sorted(removed):
        if users := tuple(journeys_naming(edit, Named("stage", name))):
            named = ", ".join(f'journey "{journey_id}"' for journey_id in users)
            raise InvalidInputError(
                f'the stage "{name}" cannot be taken out: {named} would miss it',
                where="stages",
                hint="change what refers to it first",
            )


def _check_branches(edit: Edit, definitions: Definitions, changed: tuple[Named, ...]) -> None:
    """Refuse what the branches of a journey that people meet could not bear."""
    for journey_id in dict.fromkeys(
        journey_id for named in changed for journey_id in journeys_naming(edit, named)
    ):
        row = edit.find("JOURNEY", journey_id)
        if row is None or row.published_version is None:
            continue
        journey = JOURNEY.validate_json(edit.body_of(row, row.published_version))
        for problem in too_large_branches(journey, definitions):
            raise InvalidInputError(
                f'journey "{journey_id}" would no longer work: {problem.path}: {problem.message}'
            )


def _named(model: Judged) -> tuple[Named, Definition]:
    match model:
        case Segment():
            wanted = Definition(kind="SEGMENT", definition_id=model.segment_id, body="")
            return Named("segment", model.segment_id), wanted
        case Tag():
            wanted = Definition(kind="TAG", definition_id=model.tag_id, body="")
            return Named("tag", model.tag_id), wanted
        case Lifecycle():
            wanted = Definition(kind="LIFECYCLE", definition_id=LIFECYCLE_ID, body="")
            return Named("lifecycle"), wanted
