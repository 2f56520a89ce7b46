"""Conditions on segments and tags as they are written, and tags of each kind."""

from typing import Any

from shared.domain.segments.condition import Node
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag
from tests.domain.tags.definitions import CONDITION

VIP = {"type": "trait", "trait": "vip", "operator": "equals", "value": True}
NOTHING = Definitions({}, {})


def read(data: Any) -> Node:
    return CONDITION.validate_python(data)


def segment(name: str) -> dict[str, Any]:
    return {"type": "segment", "segment_id": name}


def tag(name: str, **test: Any) -> dict[str, Any]:
    return {"type": "tag", "tag_id": name, "operator": "exists", **test}


def of_kind(tag_id: str, **kind: Any) -> Tag:
    return Tag.model_validate(
        {"tag_id": tag_id, "title": "T", "category": "a/b", "family": "value", "how": kind}
    )
