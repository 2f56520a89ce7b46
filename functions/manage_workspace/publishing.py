"""Publishing: check, compile to a state machine, then name it in the catalog, in this order.

A journey whose clock is the due index needs no machine.

Until the catalog names the machine nobody enters it, and making it again makes nothing new; so
whatever crashes in between is repaired by publishing again.
"""

from dataclasses import replace
from typing import NamedTuple

from functions.manage_workspace.ports import Ports
from shared.aws.catalog_writer import Definition, Edit
from shared.aws.meanings import JOURNEY
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.verify.finding import Finding
from shared.domain.workspace.answers import Outcome
from shared.errors import ConflictError, InvalidInputError


class Published(NamedTuple):
    """What came of publishing, and what the operator should hear of the journey all the same."""

    outcome: Outcome
    definition: Definition
    warnings: tuple[Finding, ...]


def publish(ports: Ports, edit: Edit, draft: Definition) -> Published:
    """Let people enter the newest version of a journey; raises InvalidInputError with paths."""
    journey = JOURNEY.validate_json(draft.body)
    warnings = _checked(ports, edit, journey)
    arn = _machine(ports, journey, draft.version)
    wanted = replace(
        draft, status="published", published_version=draft.version, state_machine_arn=arn
    )
    return Published(*_store(edit, draft, wanted), warnings)


def switch(edit: Edit, journey: Definition, *, paused: bool) -> tuple[Outcome, Definition]:
    """Pause or resume; raises ConflictError for a journey that was never published."""
    if journey.published_version is None:
        raise ConflictError("the journey was never published", hint="publish it first")
    return _store(edit, journey, replace(journey, status="paused" if paused else "published"))


def archive(edit: Edit, journey: Definition) -> tuple[Outcome, Definition]:
    """Let nobody enter any more, and send to those inside what they come to."""
    if journey.published_version is None:
        raise ConflictError("the journey was never published", hint="delete it")
    return _store(edit, journey, replace(journey, status="archived"))


def compile_again(ports: Ports, edit: Edit) -> list[str]:
    """Compile every published or paused journey again and stage what came of it.

    Machines are told how long waits last; those that were made before they were told have it in
    their graph, by the time scale of then. The version that people meet is compiled, not a newer
    draft; gives the journeys' ids.
    """
    published = [one for one in edit.all("JOURNEY") if one.published_version is not None]
    for journey in published:
        version = journey.published_version or 0
        definition = JOURNEY.validate_json(edit.body_of(journey, version))
        arn = _machine(ports, definition, version)
        edit.put(replace(journey, state_machine_arn=arn))
    return [journey.definition_id for journey in published]


def _machine(ports: Ports, journey: Journey, version: int) -> str:
    """The ARN of what a version compiles to; empty where the due index is its clock."""
    if journey.clock == "due_index":
        return ""
    return ports.publish_machine(journey, version)


def _store(edit: Edit, before: Definition, wanted: Definition) -> tuple[Outcome, Definition]:
    if wanted == before:
        return "unchanged", before
    after = edit.put(wanted)
    edit.commit()
    return "updated", after


def _checked(ports: Ports, edit: Edit, journey: Journey) -> tuple[Finding, ...]:
    """The warnings about a journey that can be published; raises InvalidInputError for others."""
    # The verifier is needed here and nowhere else on this way.
    from functions.manage_workspace.checking import check
    from shared.domain.journeys.verify.verify import errors_in

    findings = check(ports, edit, journey)
    if errors := errors_in(findings):
        raise InvalidInputError(
            f"the journey cannot be published: {errors[0].message.en}",
            where=errors[0].path,
            details=[(one.path, one.message.en) for one in errors],
        )
    return findings
