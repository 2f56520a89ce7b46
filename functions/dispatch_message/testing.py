"""Sends a template to an operator's own address: rendered and handed over as any other message.

It is marked, belongs to no journey and to nobody, counts against no budget and leaves no row. The
caller waits for the answer, and nobody repeats the call: so it goes out once, or not at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from functions.dispatch_message.dressing import Dressing
from functions.dispatch_message.handing import Handing
from shared.aws.catalog import CatalogReader
from shared.aws.suppressions import Suppressions
from shared.domain.channels.catalog import AnyTemplate, Content, Template
from shared.domain.messages import addresses
from shared.domain.messages.decision import Person, Send
from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
from shared.domain.messages.model import MessageRequest, checked_request
from shared.domain.messages.render import render, variables_for
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError

MARK: Final = "[test] "
MOST_RECEIVERS: Final = 5
# Where a message says first what it is.
_MARKED: Final = ("subject", "headline", "title", "text")

Became = Literal["accepted", "rejected", "not_taken", "unclear", "refused"]
Told = dict[str, str]


class Trial(BaseModel):
    """What is sent, as it is sent, and to which addresses; `traits` are those of the person."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    template: Template
    request: dict[str, Any]
    traits: dict[str, Any] = Field(default_factory=dict)
    to: tuple[str, ...] = Field(min_length=1, max_length=MOST_RECEIVERS)


_TRIAL: Final[TypeAdapter[Trial]] = TypeAdapter(Trial)


class Trials:
    """Sends templates to operators."""

    def __init__(
        self,
        catalog: CatalogReader,
        suppressions: Suppressions,
        handing: Handing,
        dressing: Dressing,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._catalog = catalog
        self._suppressions = suppressions
        self._handing = handing
        self._dressing = dressing
        self._now = now

    def send(self, asked: Mapping[str, Any]) -> list[Told]:
        """What became of each; raises InvalidInputError where the template cannot be rendered."""
        testing = _TRIAL.validate_python(asked)
        request = checked_request(testing.request)
        settings = self._catalog.settings(request.workspace_id)
        # Nobody's clicks: the links work as they would without tracking.
        settings = settings.model_copy(update={"tracking": False})
        variables = variables_for(request, testing.traits)
        now = self._now().astimezone(settings.zone)
        content = marked(render(testing.template, variables, now))
        return [
            self._send_to(to, place, testing.template, request, content, settings)
            for place, to in enumerate(dict.fromkeys(testing.to))
        ]

    def _send_to(
        self,
        to: str,
        place: int,
        template: AnyTemplate,
        request: MessageRequest,
        content: Content,
        settings: WorkspaceSettings,
    ) -> Told:
        request = replace(request, message_id=f"{request.message_id}-{place}")
        if why := self._refusal(to, template, request, settings):
            return _told(to, "refused", why)
        send = Send(template, to, consent_matters=False)
        person = Person({}, {})
        dressed = self._dressing.dress(content, request, send, person, settings)
        # Somebody waits for the answer, so a test stands in no line: now or not at all.
        back = self._handing.stands_back(request, template.channel, had_turn=True)
        if back is not None:
            return _told(to, "not_taken", "the provider takes no more at this moment")
        answer = self._handing.hand_over(request, to, template.channel, dressed, settings)
        return _told(to, *_read(answer))

    def _refusal(
        self, to: str, template: AnyTemplate, request: MessageRequest, settings: WorkspaceSettings
    ) -> str:
        """Why nothing is sent to an address; empty where it may be."""
        channel = template.channel
        if template.ADDRESS.source != "trait":
            return f"{channel} goes to no address: look at the preview"
        if not addresses.is_valid(channel, to):
            return f"this is no address for {channel}"
        if settings.rehearsal and not addresses.belongs_to_nobody(channel, to):
            return "the workspace rehearses: only addresses of nobody are written to"
        if channel == "email" and not settings.email_from:
            return "the workspace has no email_from"
        if self._suppressions.find(request.workspace_id, channel, to):
            return "this address is suppressed"
        return ""


def marked(content: Content) -> Content:
    """The content with its first words marked as a test, where it has words of its own."""
    for name in _MARKED:
        if any(one.name == name for one in fields(content)) and getattr(content, name):
            changed: Content = replace(content, **{name: MARK + getattr(content, name)})
            return changed
    return content


def _read(answer: Answer) -> tuple[Became, str]:
    match answer:
        case Accepted(provider, provider_message_id):
            return "accepted", f"{provider} {provider_message_id}"
        case Rejected(_, detail):
            return "rejected", detail
        case NotTaken(_, detail):
            return "not_taken", detail
        case Unclear(_, detail):
            return "unclear", detail
        case _:
            assert_never(answer)


def _told(to: str, became: Became, detail: str) -> Told:
    return {"to": to, "became": became, "detail": detail}


def answer_test(sending: Trials, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of the function to whoever called it."""
    try:
        return {"sent": sending.send(asked)}
    except InvalidInputError as error:
        return {"problem": str(error)}
