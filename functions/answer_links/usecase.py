"""Answers links: whoever fetches one changes nothing, and what is posted is done at once.

Scanners fetch every link of every message, so only a POST unsubscribes, chooses or answers. What a
person decided stands in the ledger before the page says so. What people open is put into a queue,
in which it waits until it is known whether a machine opened everything.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, assert_never
from urllib.parse import parse_qsl, quote

from functions.answer_links import pages
from functions.answer_links.choosing import Choosing, is_refused_everywhere
from functions.answer_links.questions import Questions
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.feedback_store import FeedbackStore
from shared.domain.consents.model import Decision, Scope
from shared.domain.feedback.hits import Hit, hit_of
from shared.domain.feedback.scanners import HOLD
from shared.domain.instants import format_instant
from shared.domain.messages.dress import path_of
from shared.domain.messages.links import (
    Answer,
    Click,
    KeyOf,
    Open,
    Preferences,
    Ref,
    Signed,
    Trap,
    Unsubscribe,
    read,
    sign,
)
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import TransientError
from shared.runtime.http import Request, Response, method_not_allowed

_PIXEL: Final = b64encode(
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
).decode()
_NOT_KEPT: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_LONGEST_FORM: Final = 20_000
_DROPPED: Final = re.compile(r"[\t\r\n]")
_AS_IT_IS: Final = "".join(map(chr, range(0x21, 0x7F)))  # `%` as well: it is encoded already


class Waiting(Protocol):
    """Keeps hits until they can be judged."""

    def send_later(self, messages: list[tuple[str, int]]) -> None:
        """Store (body, seconds); raises TransientError when that failed."""


class Settled(Protocol):
    """Knows what holds in a workspace."""

    def settings(self, workspace_id: str) -> WorkspaceSettings:
        """The settings as they are now."""


class AnswerLinks:
    """The links of all messages."""

    def __init__(
        self,
        key_of: KeyOf,
        waiting: Waiting,
        feedback: FeedbackStore,
        reader: ConsentReader,
        consents: ConsentStore,
        catalog: Settled,
        questions: Questions,
        new_id: Callable[[], str],
        lost: Callable[[], None],
    ) -> None:
        """`lost` hears of what could not be kept."""
        self._key_of = key_of
        self._waiting = waiting
        self._feedback = feedback
        self._reader = reader
        self._consents = consents
        self._catalog = catalog
        self._questions = questions
        self._new_id = new_id
        self._lost = lost

    def respond(self, request: Request) -> Response:
        """Answer any request; what could not be stored is answered with 503, to be tried again."""
        try:
            return self._respond(request)
        except TransientError:
            self._lost()
            return pages.busy(_language(request))

    def _respond(self, request: Request) -> Response:
        head, _, token = request.path.lstrip("/").partition("/")
        signed = read(token.removesuffix(".gif"), self._key_of)
        if signed is None or path_of(signed.meaning) != head:
            return pages.gone(_language(request))
        match signed.meaning:
            case Click() | Open() | Trap():
                return self._opened(request, signed)
            case Unsubscribe() as leaving:
                return self._unsubscribe(request, signed.ref, leaving)
            case Preferences():
                return self._choose(request, signed.ref)
            case Answer() as given:
                return self._answer(request, signed.ref, given)
            case _:
                assert_never(signed.meaning)

    def _opened(self, request: Request, signed: Signed) -> Response:
        if request.method not in ("GET", "HEAD"):
            return method_not_allowed(request.method, "GET", "HEAD")
        if request.method == "GET" and not _wants_no_record(request):
            agent = request.headers.get("user-agent", "")
            hit = hit_of(signed, self._new_id(), request.received_at, agent)
            if hit:
                self._keep(signed.ref, hit)
        match signed.meaning:
            case Click(target=target):
                return {"statusCode": 302, "headers": {**_NOT_KEPT, "location": _in_header(target)}}
            case Open():
                headers = {**_NOT_KEPT, "content-type": "image/gif"}
                return {
                    "statusCode": 200,
                    "headers": headers,
                    "body": _PIXEL,
                    "isBase64Encoded": True,
                }
            case _:
                return {"statusCode": 204, "headers": dict(_NOT_KEPT)}

    def _keep(self, ref: Ref, hit: Hit) -> None:
        """Whoever opened a link is led on, also when nobody could write it down."""
        try:
            self._waiting.send_later([(hit.to_body(), int(HOLD.total_seconds()))])
            self._feedback.note(ref, hit.trace)
        except TransientError:
            self._lost()

    def _unsubscribe(self, request: Request, ref: Ref, leaving: Unsubscribe) -> Response:
        language, further = _language(request), self._preferences_link(ref)
        if request.method in ("GET", "HEAD"):
            title = self._title(ref, leaving.topic, language)
            return pages.leaving(language, leaving.channel, title, leaving.purpose, further)
        if request.method != "POST":
            return method_not_allowed(request.method, "GET", "POST")
        scope = Scope(leaving.purpose, leaving.topic, leaving.channel)
        standing = self._reader.standing(ref.workspace_id, ref.profile_id)
        if standing and not is_refused_everywhere(standing, scope):
            source = _source(ref, request.received_at)
            refusal = Decision(scope, False, request.received_at, source, "link")
            self._consents.decide(ref.workspace_id, ref.profile_id, refusal)
        return pages.left(language, further)

    def _choose(self, request: Request, ref: Ref) -> Response:
        if request.method not in ("GET", "HEAD", "POST"):
            return method_not_allowed(request.method, "GET", "POST")
        language, settings = _language(request), self._catalog.settings(ref.workspace_id)
        choosing, saved = self._choosing(ref, settings), request.method == "POST"
        if choosing is None:
            return pages.gone(language)
        if saved:
            ticked, source = _form(request), _source(ref, request.received_at)
            decided = (
                choosing.stop_all(request.received_at, source)
                if "stop" in ticked
                else choosing.decisions(ticked, request.received_at, source)
            )
            for decision in decided:
                self._consents.decide(ref.workspace_id, ref.profile_id, decision)
            choosing = self._choosing(ref, settings) or choosing
        rows, more = choosing.rows(language), choosing.more(language)
        return pages.preferences(language, choosing.channels, rows, more, saved=saved)

    def _choosing(self, ref: Ref, settings: WorkspaceSettings) -> Choosing | None:
        standing = self._reader.standing(ref.workspace_id, ref.profile_id)
        return Choosing(settings, standing) if standing else None

    def _answer(self, request: Request, ref: Ref, given: Answer) -> Response:
        language = _language(request)
        asked = self._questions.of(ref, given.question)
        if asked is None:
            return pages.gone(language)
        if request.method in ("GET", "HEAD"):
            others = asked.labels(language, without=given.answer)
            label = asked.label(given.answer, language)
            chosen = (given.answer, label) if given.answer else None
            return pages.question(language, asked.text(language), chosen, others)
        if request.method != "POST":
            return method_not_allowed(request.method, "GET", "POST")
        answer = _form(request).get("answer", given.answer)
        if not answer or not (answer == given.answer or asked.has(answer)):
            return pages.gone(language)
        self._questions.take(ref, asked, answer, request.received_at)
        return pages.thanks(language)

    def _preferences_link(self, ref: Ref) -> str:
        token = sign(ref, Preferences(), self._key_of)
        return f"../{path_of(Preferences())}/{token}"

    def _title(self, ref: Ref, topic: str, language: pages.Language) -> str:
        """What a topic is called; its own name where nobody gave it one."""
        if not topic:
            return ""
        named = self._catalog.settings(ref.workspace_id).preference_topics
        found = next((one for one in named if one.topic == topic), None)
        if found is None:
            return topic
        return found.title_zh if language == "zh" and found.title_zh else found.title


def _in_header(target: str) -> str:
    """The address as a header can carry it, read as browsers read it in a page.

    They drop line breaks and tabs, which would end a header, and percent-encode what is no ASCII.
    """
    return quote(_DROPPED.sub("", target), safe=_AS_IT_IS)


def _language(request: Request) -> pages.Language:
    accepted = request.headers.get("accept-language", "")
    return pages.language_of(request.query.get("lang", ""), accepted)


def _wants_no_record(request: Request) -> bool:
    """Global Privacy Control and its forerunner; what is fetched ahead nobody has opened."""
    headers = request.headers
    ahead = headers.get("sec-purpose", "") + headers.get("purpose", "")
    return headers.get("sec-gpc") == "1" or headers.get("dnt") == "1" or "prefetch" in ahead


def _source(ref: Ref, at: datetime) -> str:
    """The evidence of a decision by a link: the message, and when."""
    return f"{ref.message_id} {format_instant(at)}"


def _form(request: Request) -> dict[str, str]:
    text = request.body[:_LONGEST_FORM].decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True))
