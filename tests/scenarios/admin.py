"""A small client of the admin API for scenario tests: ask, and wait until something is so."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import httpx
import yaml

PATIENCE_SECONDS = 600.0  # a message whose function timed out comes again after three minutes
CATALOG_SECONDS = 5.5  # warm functions may work for so long with definitions of before
STORY = timedelta(minutes=4)  # longer than a test that counts natural days takes
JUST_NOW = timedelta(seconds=90)
_PATHS = {
    "segment": ("segments", "segment_id"),
    "tag": ("tags", "tag_id"),
    "template": ("templates", "template_id"),
    "journey": ("journeys", "journey_id"),
}


def wait_for_the_day(zone: tzinfo) -> None:
    """Let midnight pass where it would come in the middle of a story: natural days are counted."""
    since = datetime.now(zone) - datetime.now(zone).replace(hour=0, minute=0, second=0)
    left = timedelta(days=1) - since
    pause = left + JUST_NOW if left < STORY else JUST_NOW - since
    time.sleep(max(0.0, pause.total_seconds()))


def patiently(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask again where the answer is that the API is too busy, as it tells every client to."""
    for _ in range(5):
        answer = ask()
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(2)
    return answer


class Admin:
    """The admin API as a test sees it; every answer but 2xx fails the test with its text."""

    def __init__(self, api_url: str, key: str) -> None:
        self.key = key
        self.http = httpx.Client(
            base_url=f"{api_url}/v1/admin",
            headers={"authorization": f"Bearer {key}"},
            timeout=120,
        )

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = patiently(lambda: self.http.request(method, path, json=body))
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def apply(self, *documents: dict[str, Any]) -> None:
        """Put definitions, and publish every journey among them."""
        for document in documents:
            body = {name: value for name, value in document.items() if name != "publish"}
            kind = body.pop("kind")
            if kind in ("settings", "lifecycle"):
                self.call("PUT", f"/{kind}", body)
                continue
            path, id_field = _PATHS[kind]
            self.call("PUT", f"/{path}/{body[id_field]}", body)
            if kind == "journey":
                self.call("POST", f"/journeys/{body[id_field]}/publish")

        time.sleep(CATALOG_SECONDS)

    def apply_file(self, path: Path) -> None:
        self.apply(*yaml.safe_load_all(path.read_text()))

    def write_key(self, source_id: str) -> str:
        return self.call("POST", "/write-keys", {"source_id": source_id})["write_key"]

    def profile(self, kind: str, value: str, **query: str) -> dict[str, Any]:
        asked = {"kind": kind, "value": value, **query}
        answer = patiently(lambda: self.http.get("/profiles", params=asked))
        assert answer.is_success, answer.text
        return answer.json()["profile"]

    def known(self, kind: str, value: str) -> bool:
        return self.http.get("/profiles", params={"kind": kind, "value": value}).is_success

    def timeline(self, user_id: str) -> list[dict[str, Any]]:
        """All events of a person, newest first; none while the person is unknown."""
        if not self.known("user_id", user_id):
            return []
        events: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.profile("user_id", user_id, limit="100", **cursor)["timeline"]
            events += page["events"]
            if not page["cursor"]:
                return events
            cursor = {"cursor": page["cursor"]}

    def messages(self, user_id: str) -> list[dict[str, Any]]:
        if not self.known("user_id", user_id):
            return []
        return self.profile("user_id", user_id)["messages"]

    def until(self, holds: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
        """Wait until a condition holds; fails when it does not in time."""
        deadline = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < deadline, "still not so after a long wait"
            time.sleep(0.3)
