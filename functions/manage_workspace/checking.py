"""Checking a journey against everything that is deployed: errors that block it, and warnings."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from functions.manage_workspace.judging import too_large_branches
from functions.manage_workspace.ports import Ports
from functions.manage_workspace.templating import ready_of, ready_templates
from shared.aws.catalog_writer import Edit
from shared.aws.meanings import JOURNEY, Meanings
from shared.domain.consents.model import Scope
from shared.domain.consents.told import GRANTED, property_of
from shared.domain.events.own import CONSENT_CHANGED
from shared.domain.journeys.branching import branch_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.validate import validate
from shared.domain.journeys.verify.finding import Finding
from shared.domain.journeys.verify.surroundings import Consent, Seen, Surroundings
from shared.domain.journeys.verify.verify import verify
from shared.domain.lake.sql import event_names
from shared.domain.messages.channels import CHANNELS
from shared.domain.messages.model import AnyTemplate
from shared.domain.text import to_text
from shared.errors import NotFoundError

# The gateway gives up after 30 seconds.
PATIENCE_SECONDS: Final = 15.0
MOST_EVENTS: Final = 5_000
_CHANNELS: Final = ("", *CHANNELS)


def check(ports: Ports, edit: Edit, journey: Journey, *, lake: bool = False) -> tuple[Finding, ...]:
    """Everything to be heard of a journey; with `lake` also what only the event history knows."""
    known = Meanings.of(edit)
    around = Surroundings(
        definitions=known.definitions,
        templates=_templates(edit, journey),
        journeys=_met(edit),
        now=ports.now(),
        seen=_seen(ports, journey) if lake else None,
        providers=frozenset(one.definition_id for one in edit.all("PROVIDER")),
    )
    return verify(journey, (*_problems(journey, known), *_unknown_pins(edit, journey)), around)


def _templates(edit: Edit, journey: Journey) -> dict[str, AnyTemplate]:
    """All templates as they are sent; those that the journey pins in their version."""
    found = ready_templates(edit)
    for template_id, version in journey.template_versions.items():
        row = edit.find("TEMPLATE", template_id)
        if row is not None:
            with suppress(NotFoundError):  # which the problems of the journey tell of
                found[template_id] = ready_of(edit.version_of(row, version))
    return found


def _unknown_pins(edit: Edit, journey: Journey) -> Iterator[Problem]:
    """Versions of templates with which a journey stays and that there never were."""
    for template_id, version in journey.template_versions.items():
        row = edit.find("TEMPLATE", template_id)
        if row is None or version > row.version:
            yield Problem(
                f"template_versions.{template_id}",
                f'there is no version {version} of the template "{template_id}"',
                f"模板“{template_id}”没有第 {version} 版",
                code="template_version_unknown",
            )


def _problems(journey: Journey, known: Meanings) -> tuple[Problem, ...]:
    return (
        *validate(journey, known.definitions),
        *branch_problems(journey, known.segments.keys()),
    ) or tuple(too_large_branches(journey, known.definitions))


def _met(edit: Edit) -> Mapping[str, Journey]:
    """The journeys as people meet them, by id."""
    rows = [one for one in edit.all("JOURNEY") if one.status == "published"]
    return {
        one.definition_id: JOURNEY.validate_json(edit.body_of(one, one.published_version))
        for one in rows
        if one.published_version is not None
    }


def _seen(ports: Ports, journey: Journey) -> Seen:
    """One query for both: the names of all events, and whether the consents in question came."""
    asked = tuple(
        dict.fromkeys((Consent(journey.purpose), Consent(journey.purpose, journey.topic)))
    )
    sql = event_names(ports.workspace_id, [tuple(_granted(one)) for one in asked])
    rows = ports.lake.query(sql, max_rows=MOST_EVENTS, patience=PATIENCE_SECONDS)
    names = {row["name"] or "": row for row in rows}
    told = names.get(CONSENT_CHANGED, {})
    given = (one for place, one in enumerate(asked) if told.get(f"found_{place}") == "1")
    return Seen(frozenset(names), frozenset(given))


def _granted(consent: Consent) -> Iterator[str]:
    """How a consent reads in the events that tell of one, on any channel."""
    for channel in _CHANNELS:
        name = property_of(Scope(consent.purpose, consent.topic, channel))
        yield to_text({name: GRANTED})[1:-1]
