"""A message that a journey asks for, and the instants at which it is decided on."""

from datetime import UTC, datetime
from typing import Any

from shared.domain.messages.model import TEMPLATE, AnyTemplate, MessageRequest
from shared.domain.messages.timing import Moment
from shared.domain.workspace.model import WorkspaceSettings

ASKED = datetime(2026, 11, 22, 9, tzinfo=UTC)
BEGAN = datetime(2026, 11, 22, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENT = Moment(now=NOW, began_at=BEGAN, wall=NOW)


def template(name: str = "t", **fields: Any) -> AnyTemplate:
    return TEMPLATE.validate_python({"template_id": name, **fields})


EMAIL = template(channel="email", subject="s", html="h", topic="sale")


def request(**values: Any) -> MessageRequest:
    known: dict[str, Any] = {
        "workspace_id": "default",
        "profile_id": "p1",
        "message_id": "m1",
        "enrolment_id": "e1",
        "journey_id": "j1",
        "journey_version": 1,
        "step": "hello",
        "visit": 1,
        "template_id": "t",
        "purpose": "marketing",
        "requested_at": ASKED,
        "priority": 70,
    }
    return MessageRequest(**{**known, **values})


def settings(**values: Any) -> WorkspaceSettings:
    return WorkspaceSettings.model_validate({"email_from": "shop@example.com", **values})
