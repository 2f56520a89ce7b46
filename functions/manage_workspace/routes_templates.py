"""Templates and content blocks: put, check, show and tell what they were."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from functions.manage_workspace import definitions
from functions.manage_workspace.judging import delete
from functions.manage_workspace.parsing import adapter, parse, whole_number
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.routes_profiles import find_strand
from shared.aws.catalog_writer import Definition, Edit
from shared.domain.access.roles import may
from shared.domain.instants import format_instant
from shared.domain.journeys.verify.finding import Finding, finding_state
from shared.domain.messages.blocks import Block
from shared.domain.messages.model import TEMPLATE, AnyTemplate, MessageRequest
from shared.domain.segments.expand import Named
from shared.domain.workspace import template_answers as answers
from shared.domain.workspace.answers import FindingState
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.tag_answers import Deleted
from shared.domain.workspace.template_bodies import TemplateLook, TemplateTest
from shared.domain.workspace.trials import is_for_trials
from shared.errors import ForbiddenError, InvalidInputError

# The template engine is needed by these routes alone: they import what stands on it themselves.

MOST_VERSIONS = 50


def list_templates(ports: Ports, call: Call) -> answers.TemplateList:  # noqa: ARG001
    """All templates."""
    return {"success": True, "templates": [_template(one) for one in ports.edit().all("TEMPLATE")]}


def get_template(ports: Ports, call: Call) -> answers.TemplateAnswer:
    """One template, in its newest version or another one."""
    edit = ports.edit()
    found = definitions.find(edit, "TEMPLATE", call.path["template_id"])
    if (wanted := call.query.get("version")) is None:
        return {"success": True, **_template(found)}
    version = edit.version_of(found, whole_number(wanted, "version", found.version))
    body = definitions.content(version)
    told: answers.TemplateState = {
        "template": body,
        "version": version.version,
        "updated_at": version.updated_at,
    }
    return {"success": True, **told}


def put_template(ports: Ports, call: Call) -> answers.TemplateChanged:
    """Create a template or a new version of it."""
    from functions.manage_workspace.templating import base_of, put_template
    from shared.domain.messages.lint import lint

    template = definitions.read(TEMPLATE, call, "template_id")
    outcome, after, ready = put_template(ports.edit(), template)
    warnings = _states(lint(ready, base=base_of(ports.edit())))
    return {"success": True, "outcome": outcome, "warnings": warnings, **_template(after)}


def delete_template(ports: Ports, call: Call) -> Deleted:
    """Delete a template."""
    delete(ports, Named("template", call.path["template_id"]))
    return {"success": True, "outcome": "deleted"}


def check_template(ports: Ports, call: Call) -> answers.TemplateChecked:
    """Say what saving a template would say."""
    found = _findings(ports.edit(), parse(TEMPLATE, call.body))
    savable = not any(one["severity"] == "error" for one in found)
    return {"success": True, "savable": savable, "findings": found}


def get_template_history(ports: Ports, call: Call) -> answers.TemplateHistory:
    """The latest versions of a template."""
    from functions.manage_workspace.templating import changed_fields

    edit = ports.edit()
    found = definitions.find(edit, "TEMPLATE", call.path["template_id"])
    versions = edit.versions(found, MOST_VERSIONS + 1)
    older = [*versions[1:], None]
    told: list[answers.TemplateVersion] = [
        {
            "version": one.version,
            "updated_at": one.updated_at,
            "changed": changed_fields(one, before),
        }
        for one, before in zip(versions, older, strict=True)
    ]
    return {
        "success": True,
        "template_id": found.definition_id,
        "versions": told[:MOST_VERSIONS],
    }


def preview_template(ports: Ports, call: Call) -> answers.TemplatePreviewed:
    """Show a template as one person would see it."""
    from functions.manage_workspace.templating import segments_of
    from shared.domain.messages.as_sent import as_sent
    from shared.domain.messages.languages import TRAITS
    from shared.domain.messages.lint import lint, lint_content
    from shared.domain.messages.render import for_reader, render, variables_for

    look = parse(adapter(TemplateLook), call.body)
    template, version = looked_at(ports, call.path["template_id"], look)
    traits = traits_of(ports, look)
    if look.language:
        traits = {**traits, TRAITS[0]: look.language}
    settings = ports.edit().settings() or WorkspaceSettings()
    request = example_request(ports, template.template_id, look)
    shown: dict[str, Any] | None = None
    problem = ""
    segments: answers.SegmentsState | None = None
    own: tuple[Finding, ...] = ()
    try:
        now = ports.now().astimezone(settings.zone)
        content = render(template, variables_for(request, traits), now)
    except InvalidInputError as error:
        problem = str(error)
    else:
        told = {"base": settings.public_url, "workspace_id": ports.workspace_id}
        sent = as_sent(content, **told, purpose=look.purpose, topic=template.topic)
        shown, own, segments = asdict(content), lint_content(sent), segments_of(sent)
    return {
        "success": True,
        "template_id": template.template_id,
        "version": version,
        "channel": template.channel,
        "language": for_reader(template, traits).language,
        "shown": shown,
        "problem": problem,
        "segments": segments,
        "findings": _states(_united(lint(template, look.purpose, settings.public_url), own)),
    }


def test_template(ports: Ports, call: Call) -> answers.TemplateTested:
    """Send a template to a few addresses; an editor, to those that an admin has named for it."""
    asked = parse(adapter(TemplateTest), call.body)
    _may_reach(ports, asked.to)
    template, version = looked_at(ports, call.path["template_id"], asked)
    if asked.language and asked.language in template.languages:
        template = template.variant_in(asked.language)
    request = example_request(ports, template.template_id, asked)
    test_id = f"test-{ports.new_secret()[:16]}"
    plain = replace(request, message_id=test_id).plain()
    told = ports.send_test(
        {
            "template": template.model_dump(mode="json"),
            "request": {**plain, "requested_at": format_instant(request.requested_at)},
            "traits": traits_of(ports, asked),
            "to": list(asked.to),
        }
    )
    if problem := told.get("problem"):
        raise InvalidInputError(str(problem))
    return {
        "success": True,
        "template_id": template.template_id,
        "version": version,
        "sent": [
            answers.TestSent(to=one["to"], became=one["became"], detail=one["detail"])
            for one in told["sent"]
        ],
    }


def _may_reach(ports: Ports, addresses: Sequence[str]) -> None:
    """Raises ForbiddenError for an editor's trial that would reach anybody else."""
    if may(ports.operator.role, "approver"):
        return
    named = (ports.edit().settings() or WorkspaceSettings()).trial_addresses
    if not all(is_for_trials(address, named) for address in addresses):
        raise ForbiddenError(
            "an editor may send a trial to addresses of the setting trial_addresses alone",
            hint="an admin names addresses or whole domains there; an approver may send to anybody",
        )


def looked_at(ports: Ports, template_id: str, look: TemplateLook) -> tuple[AnyTemplate, int]:
    """The template as it is sent and its version, 0 for a draft."""
    from functions.manage_workspace.templating import blocks_of, checked, ready_of

    edit = ports.edit()
    if look.template is not None:
        if look.template.template_id != template_id:
            raise InvalidInputError(f"the path says {template_id!r}", where="template.template_id")
        return checked(look.template, blocks_of(edit)), 0
    found = definitions.find(edit, "TEMPLATE", template_id)
    if look.version is None or look.version == found.version:
        return ready_of(found), found.version
    return ready_of(edit.version_of(found, look.version)), look.version


def traits_of(ports: Ports, look: TemplateLook) -> dict[str, Any]:
    """What is known of the person for whom it is shown; nothing without one."""
    if not look.kind:
        return {}
    named = Call(path={}, query={"kind": look.kind, "value": look.value})
    _, strand_id = find_strand(ports, named)
    return ports.persons.traits_of(ports.workspace_id, [strand_id]).get(strand_id, {})


def example_request(ports: Ports, template_id: str, look: TemplateLook) -> MessageRequest:
    """A message that no journey asked for."""
    return MessageRequest(
        workspace_id=ports.workspace_id,
        profile_id="preview",
        message_id="preview",
        enrolment_id="preview",
        journey_id="preview",
        journey_version=1,
        step="preview",
        visit=1,
        template_id=template_id,
        purpose=look.purpose,
        requested_at=ports.now(),
        values=look.values,
    )


def list_blocks(ports: Ports, call: Call) -> answers.BlockList:  # noqa: ARG001
    """All content blocks."""
    edit = ports.edit()
    return {"success": True, "blocks": [_block(edit, one) for one in edit.all("BLOCK")]}


def get_block(ports: Ports, call: Call) -> answers.BlockAnswer:
    """One content block."""
    edit = ports.edit()
    return {"success": True, **_block(edit, definitions.find(edit, "BLOCK", call.path["block_id"]))}


def put_block(ports: Ports, call: Call) -> answers.BlockChanged:
    """Create or replace a content block."""
    from functions.manage_workspace.templating import BLOCK, put_block

    block: Block = definitions.read(BLOCK, call, "block_id")
    outcome, after = put_block(ports.edit(), block)
    return {"success": True, "outcome": outcome, **_block(ports.edit(), after)}


def delete_block(ports: Ports, call: Call) -> Deleted:
    """Delete a content block."""
    from functions.manage_workspace.templating import delete_block

    edit = ports.edit()
    delete_block(edit, definitions.find(edit, "BLOCK", call.path["block_id"]))
    return {"success": True, "outcome": "deleted"}


def _findings(edit: Edit, template: AnyTemplate) -> list[FindingState]:
    from functions.manage_workspace.templating import base_of, blocks_of
    from shared.domain.messages.compiling import compile_template
    from shared.domain.messages.lint import broken, lint

    try:
        return _states(lint(compile_template(template, blocks_of(edit)), base=base_of(edit)))
    except InvalidInputError as error:
        return _states((broken(error),))


def _united(*findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """All of them, of those about the same the first one."""
    found: dict[tuple[str, str], Finding] = {}
    for one in (one for several in findings for one in several):
        named = (one.code, one.path if one.code != "variable_without_default" else str(one))
        found.setdefault(named, one)
    return tuple(found.values())


def _states(findings: tuple[Finding, ...]) -> list[FindingState]:
    return [finding_state(one) for one in findings]


def _template(definition: Definition) -> answers.TemplateState:
    return {
        "template": definitions.content(definition),
        "version": definition.version,
        "updated_at": definition.updated_at,
    }


def _block(edit: Edit, definition: Definition) -> answers.BlockState:
    from functions.manage_workspace.templating import blocks_of, templates_showing

    return {
        "block": definitions.content(definition),
        "version": definition.version,
        "updated_at": definition.updated_at,
        "templates": templates_showing(edit, definition.definition_id, blocks_of(edit)),
    }
