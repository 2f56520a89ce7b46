"""Tags and the lifecycle: put, get, list and delete, and values that people are given by hand."""

from functions.manage_workspace import definitions
from functions.manage_workspace.building import build_desk
from functions.manage_workspace.judging import announce_of, delete, put_judged
from functions.manage_workspace.minding import mind
from functions.manage_workspace.parsing import adapter, parse
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.saying import say
from shared.aws.catalog_writer import Definition
from shared.aws.meanings import LIFECYCLE, TAG, THE_LIFECYCLE, Meanings
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, LIFECYCLE_ID, Lifecycle
from shared.domain.lists.said import tagged
from shared.domain.segments.describe import describe
from shared.domain.segments.expand import Named
from shared.domain.tags.describe import describe_tag
from shared.domain.tags.held import tally_of
from shared.domain.tags.kinds import ManualTag
from shared.domain.tags.model import Tag
from shared.domain.tags.thresholds import quantile_of
from shared.domain.tags.values import known_values
from shared.domain.workspace import tag_answers as answers
from shared.domain.workspace.bodies import TagValues
from shared.errors import InvalidInputError


def list_tags(ports: Ports, call: Call) -> answers.TagList:  # noqa: ARG001
    """All tags."""
    edit = ports.edit()
    known = Meanings.of(edit)
    return {"success": True, "tags": [_tag(ports, one, known) for one in edit.all("TAG")]}


def get_tag(ports: Ports, call: Call) -> answers.TagAnswer:
    """One tag."""
    edit = ports.edit()
    found = definitions.find(edit, "TAG", call.path["tag_id"])
    return {
        "success": True,
        **_tag(ports, found, Meanings.of(edit)),
        "values": _values(ports, TAG.validate_json(found.body)),
    }


def put_tag(ports: Ports, call: Call) -> answers.TagChanged:
    """Create or replace a tag."""
    announce = announce_of(call)
    tag = definitions.read(TAG, call, "tag_id")
    outcome, after, known = put_judged(ports, tag, announce=announce)
    return {
        "success": True,
        "outcome": outcome,
        **_tag(ports, after, known),
        "values": _values(ports, tag),
    }


def delete_tag(ports: Ports, call: Call) -> answers.Deleted:
    """Delete a tag."""
    delete(ports, Named("tag", call.path["tag_id"]))
    return {"success": True, "outcome": "deleted"}


def recompute_tag(ports: Ports, call: Call) -> answers.Recomputing:
    """Compute the thresholds of a tag anew."""
    announce, tag_id = announce_of(call), call.path["tag_id"]
    edit = ports.edit()
    tag = TAG.validate_json(definitions.find(edit, "TAG", tag_id).body)
    if quantile_of(tag) is None:
        raise InvalidInputError(
            f"tag {tag_id!r} has no thresholds to compute",
            hint="only rfm tags with thresholds of type quantile have",
        )
    mind(ports, Named("tag", tag_id))  # nothing of the tag is committed here: the build does that
    build = build_desk(ports).recompute(ports.workspace_id, edit, tag_id, announce=announce)
    return {"success": True, "build": build.number}


def set_tag_values(ports: Ports, call: Call) -> answers.Said:
    """Say which value a manual tag has for people."""
    tag_id = call.path["tag_id"]
    kind = TAG.validate_json(definitions.find(ports.edit(), "TAG", tag_id).body).how
    if not isinstance(kind, ManualTag):
        raise InvalidInputError(f"tag {tag_id!r} follows from what people do, nobody sets it")
    wanted = parse(adapter(TagValues), call.body)
    for place, one in enumerate(wanted.values):
        if not kind.allows(one.tag):
            raise InvalidInputError(
                f"tag {tag_id!r} has no value {one.tag!r}", where=f"values[{place}].tag"
            )
    now = ports.now()
    people = [(f"values[{place}]", one) for place, one in enumerate(wanted.values)]
    return say(
        ports,
        people,
        lambda person, place: tagged(
            ports.workspace_id, person, tag_id, now, wanted.values[place].tag
        ),
    )


def get_lifecycle(ports: Ports, call: Call) -> answers.LifecycleAnswer:  # noqa: ARG001
    """The lifecycle, or the default."""
    edit = ports.edit()
    return _lifecycle(edit.find("LIFECYCLE", LIFECYCLE_ID), Meanings.of(edit))


def put_lifecycle(ports: Ports, call: Call) -> answers.LifecycleChanged:
    """Replace the stages."""
    announce = announce_of(call)
    lifecycle = parse(LIFECYCLE, call.body)
    outcome, after, known = put_judged(ports, lifecycle, announce=announce)
    return {**_lifecycle(after, known), "outcome": outcome}


def _tag(ports: Ports, definition: Definition, known: Meanings) -> answers.TagState:
    tag = TAG.validate_json(definition.body)
    tally = ports.figures.of(ports.workspace_id, "TAG", tally_of(definition.definition_id))
    return {
        "tag": definitions.content(definition),
        "version": definition.version,
        "build": definition.build,
        "announce": definition.announce,
        "updated_at": definition.updated_at,
        "description": {"en": describe_tag(tag, "en"), "zh": describe_tag(tag, "zh")},
        "estimate": known.estimate(Named("tag", definition.definition_id)),
        "holders": tally.get("members", 0),
    }


def _values(ports: Ports, tag: Tag) -> list[answers.ValueState]:
    """Each value that the tag is known to have, and how many people hold it."""
    return [
        {
            "value": value,
            "holders": ports.figures.of(ports.workspace_id, "TAG", tally_of(tag.tag_id, value)).get(
                "members", 0
            ),
        }
        for value in known_values(tag)
    ]


def _lifecycle(definition: Definition | None, known: Meanings) -> answers.LifecycleAnswer:
    lifecycle = LIFECYCLE.validate_json(definition.body) if definition else DEFAULT_LIFECYCLE
    plain = lifecycle.model_dump(mode="json", exclude_none=True)
    return {
        "success": True,
        "lifecycle": definitions.content(definition) if definition else plain,
        "version": definition.version if definition else 0,
        "build": definition.build if definition else 0,
        "announce": definition.announce if definition else False,
        "updated_at": definition.updated_at if definition else None,
        "estimate": known.estimate(THE_LIFECYCLE),
        "stages": _stages(lifecycle),
    }


def _stages(lifecycle: Lifecycle) -> list[answers.StageState]:
    said = [(rule.stage, describe(rule.condition, "en"), describe(rule.condition, "zh"))
            for rule in lifecycle.stages]  # fmt: skip
    said.append((lifecycle.otherwise, "everybody else", "其他所有人"))
    return [
        {
            "stage": stage,
            "title": {"en": lifecycle.title(stage, "en"), "zh": lifecycle.title(stage, "zh")},
            "description": {"en": english, "zh": chinese},
        }
        for stage, english, chinese in said
    ]
