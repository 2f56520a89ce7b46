"""The shop with the widget on it, over mocked tables and a real browser."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from functions.ingest_events import handler as ingest_events
from functions.serve_inbox import handler as serve_inbox
from shared.aws import session
from shared.domain.events.model import Event
from shared.domain.events.packing import decode
from tests.browser import browser, page  # noqa: F401
from tests.functions.serve_inbox.conftest import Inbox, inbox  # noqa: F401
from tests.widget.site import Gateway, Listening, page_of

READY = "!!(window.rapport && window.rapport.identify)"


class Shop:
    """A visitor's page, and what came of it behind the API."""

    def __init__(
        self,
        page: Page,  # noqa: F811
        inbox: Inbox,  # noqa: F811
        gateway: Gateway,
        queue_url: str,
    ) -> None:
        self.page = page
        self.inbox = inbox
        self.gateway = gateway
        self._queue_url = queue_url
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))

    def visit(self, url: str) -> None:
        self.page.goto(url)
        self.page.wait_for_function(READY)

    def call(self, method: str, *arguments: Any) -> None:
        self.page.evaluate(
            "([name, args]) => window.rapport.push([name, ...args])", [method, list(arguments)]
        )

    def sign_in(self, user_id: str) -> None:
        self.call("identify", user_id, {}, {"userHash": self.inbox.user_hash(user_id)})

    def until(self, holds: Callable[[], Any]) -> Any:
        """Wait for something behind the API; gives it, or fails after ten seconds."""
        for _ in range(200):
            with self.gateway.lock:
                found = holds()
            if found:
                return found
            self.page.wait_for_timeout(50)
        raise AssertionError("it did not come to pass")

    def queued(self) -> list[Event]:
        """Everything that has come through so far, as the queue of events has it."""
        sqs = session.client("sqs")
        found: dict[str, list[Event]] = {}
        while True:
            answer = sqs.receive_message(
                QueueUrl=self._queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0
            )
            listed = answer.get("Messages", [])
            new = [each for each in listed if each["MessageId"] not in found]
            if not new:
                return [event for events in found.values() for event in events]
            found |= {each["MessageId"]: decode(each["Body"]) for each in new}

    def told(self, name: str) -> list[dict[str, Any]]:
        """What the timelines say of one event."""
        with self.gateway.lock:
            return [each for each in self.inbox.timeline() if each["name"] == name]


@pytest.fixture
def ada(inbox: Inbox, make_event: Callable[..., Event]) -> str:  # noqa: F811
    """A user with a name, at her strand."""
    inbox.apply(make_event(user_id="ada"))
    return inbox.strand("user_id", "ada")


@pytest.fixture
def shop(
    page: Page,  # noqa: F811
    inbox: Inbox,  # noqa: F811
    make_queue: Any,
    catalog_table: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Shop]]:
    """Opens the shop: `shop(lang="zh", attributes='data-poll="1"')`."""
    queue_url = make_queue("events")
    inbox.now = datetime.now(UTC)  # a browser has the clock of the machine
    monkeypatch.setenv("EVENTS_QUEUE_URL", queue_url)
    ingest_events._ingest.cache_clear()
    functions = {
        "": ingest_events.handle,
        "/v1/inbox": serve_inbox.handle,
        "/widget.js": serve_inbox.handle,
    }
    with ExitStack() as open_servers:

        def visit(lang: str = "en", attributes: str = "") -> Shop:
            gateway = Gateway(functions)
            api = open_servers.enter_context(Listening(gateway))
            site = open_servers.enter_context(
                Listening(page_of(api.url, lang=lang, attributes=attributes))
            )
            opened = Shop(page, inbox, gateway, queue_url)
            opened.visit(site.url)
            return opened

        yield visit
    ingest_events._ingest.cache_clear()
