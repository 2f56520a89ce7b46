"""Playbooks on the stack by both clocks at once.

Everything of a playbook is installed twice, as `rapport apply` does: as it lies there, and once
more under other ids, with the due index as the clock. What people do concerns both, so the traces
of the two must be the same.
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import sleep
from typing import Any, Final

from cli.apply import apply
from cli.client import AdminClient
from cli.documents import Document, read_all
from tests.scenarios.admin import CATALOG_SECONDS, Admin
from tests.scenarios.people import People, TooLateError, pace_of
from tests.scenarios.two_clocks import BY_INDEX, WORLDS

FOLDER: Final = Path(__file__).parents[2] / "playbooks"
TELLINGS: Final = 3

_IDS: Final = frozenset({"segment_id", "tag_id", "journey_id", "list_id"})
_NAMED: Final = frozenset({"tags", "lists"})  # of an update, by id


def documents_of(*names: str) -> list[Document]:
    """All definitions of some playbooks; their tests run elsewhere."""
    files = [path for name in names for path in sorted((FOLDER / name).glob("*.yaml"))]
    return [one for one in read_all(files) if one.kind != "journey_test"]


def by_index(documents: Iterable[Document]) -> list[Document]:
    """The same definitions in a world of their own, with the other clock."""
    documents = list(documents)
    kinds = ("segment", "tag", "journey", "list")
    ids = {one.name for one in documents if one.kind in kinds}
    twins = [replace(one, body=_renamed(one.body, ids)) for one in documents if one.kind in kinds]
    for one in twins:
        if one.kind == "journey":
            one.body["clock"] = "due_index"
    return twins


def journeys_by_index(documents: Iterable[Document]) -> list[Document]:
    """The journeys once more with the other clock, over the same segments."""
    journeys = [one for one in documents if one.kind == "journey"]
    return [
        replace(
            one,
            body={**one.body, "journey_id": f"{one.name}{BY_INDEX}", "clock": "due_index"},
        )
        for one in journeys
    ]


def _renamed(part: Any, ids: Collection[str]) -> Any:
    if isinstance(part, list):
        return [_renamed(each, ids) for each in part]
    if not isinstance(part, dict):
        return part
    renamed = {}
    for name, value in part.items():
        is_id = name in _IDS or (name == "value" and part.get("property") in _IDS)
        if is_id and value in ids:
            value = f"{value}{BY_INDEX}"
        elif name in _NAMED and isinstance(value, dict):
            value = {f"{key}{BY_INDEX}" if key in ids else key: each for key, each in value.items()}
        renamed[name] = _renamed(value, ids)
    return renamed


class Play:
    """Definitions for both clocks, in a rehearsal in which a day takes so many seconds.

    `pace` makes days longer on a busy machine, so that people find time to do something in them.
    Afterwards the journeys are paused, so that people of other scenarios meet none of them.
    """

    def __init__(self, admin: Admin, people: People) -> None:
        self._admin, self._people, self._pace = admin, people, pace_of(people)

    @contextmanager
    def __call__(self, documents: Iterable[Document], *, day: float) -> Iterator[None]:
        admin, documents = self._admin, list(documents)
        journeys = [f"{one.name}{world}" for one in documents if one.kind == "journey"
                    for world in WORLDS]  # fmt: skip
        client = AdminClient(str(admin.http.base_url).removesuffix("/v1/admin/"), admin.key)
        scale = round(86_400 / (day * self._pace))
        settings = {"rehearsal": True, "time_scale": scale, "email_from": "shop@example.com"}
        client.put("settings", body=settings)
        applied = list(apply(client, [*documents, *by_index(documents)]))
        assert [each.problems for each in applied if each.problems] == []
        for journey_id in journeys:
            if admin.call("GET", f"/journeys/{journey_id}")["status"] == "paused":
                admin.call("POST", f"/journeys/{journey_id}/resume")
            assert admin.call("GET", f"/journeys/{journey_id}")["status"] == "published"
        sleep(CATALOG_SECONDS)
        yield
        for journey_id in journeys:
            admin.call("POST", f"/journeys/{journey_id}/pause")

    def tell(self, story: Callable[[], None]) -> None:
        """Let people live through a story; others once more in longer days if these were too late.

        Raises `TooLateError` when people are late again and again: then it was not the machine.
        """
        for _ in range(TELLINGS - 1):
            try:
                return self._told(story)
            except TooLateError as late:
                warnings.warn(f"told again in longer days: {late}", stacklevel=1)
                settings = self._admin.call("GET", "/settings")["settings"]
                longer = {**settings, "time_scale": max(1, settings["time_scale"] // 2)}
                self._admin.call("PUT", "/settings", longer)
                sleep(CATALOG_SECONDS)
        return self._told(story)

    def _told(self, story: Callable[[], None]) -> None:
        """Tell it once; what is wrong in it means nothing where somebody was too late."""
        self._people.forget()
        try:
            story()
        except AssertionError:
            self._people.were_in_time()
            raise


def witness(journey_id: str, event: str) -> dict[str, Any]:
    """A journey that nobody pauses: an event that led into it has been judged by all the others."""
    return {
        "kind": "journey",
        "journey_id": journey_id,
        "title": f"Witness of {event}",
        "clock": "due_index",
        "entry": {"type": "event", "event": event},
        "steps": [{"type": "wait", "name": "a day", "duration": "P1D"}],
    }
