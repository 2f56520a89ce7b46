"""Carries out one action: what it changes of a person is told as events of theirs.

Everything may come again and comes to the same: events, tasks and the key of a webhook are named by
the step and its visit.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, assert_never

from shared.aws.catalog import CatalogReader
from shared.aws.person_reader import PersonReader, graph_of
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import EventQueue
from shared.aws.task_store import TaskStore
from shared.domain.events.packing import encode
from shared.domain.instants import format_instant
from shared.domain.journeys.actions import (
    ActionRequest,
    Reward,
    StartJourney,
    Task,
    Update,
    Webhook,
)
from shared.domain.journeys.told import told
from shared.domain.lists.said import Named
from shared.domain.text import to_text
from shared.domain.workspace.model import WorkspaceSettings


class Caller(Protocol):
    """What calls servers of others."""

    def call(self, url: str, body: bytes, key: str, workspace_id: str) -> str:
        """Post a body, signed with the workspace's secret, and say how the server took it.

        Raises TransientError when it may take the same later.
        """


class PerformAction:
    """One action after another."""

    def __init__(
        self,
        persons: PersonReader,
        catalog: CatalogReader,
        tasks: TaskStore,
        timelines: ProfileStore,
        events: EventQueue,
        caller: Caller,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._persons = persons
        self._catalog = catalog
        self._tasks = tasks
        self._timelines = timelines
        self._events = events
        self._caller = caller
        self._now = now

    def perform(self, request: ActionRequest) -> None:
        """Do it and tell of it; nothing is done for somebody who is gone.

        Raises TransientError when the queue must bring it again.
        """
        person = self._named(request)
        if person is None:
            return
        now = self._now()
        how: dict[str, str] = {}
        match request.action:
            case Update() | Reward() | StartJourney():
                pass  # the events say it all
            case Task() as task if task.escalated:
                if not self._tasks.escalate(request, task):
                    return  # it was done in the meantime
            case Task() as task:
                if not self._tasks.assign(request, task):
                    return  # nobody waits for it any more
            case Webhook() as webhook:
                if self._timelines.has_event(request.profile_id, *told(request, person, now)):
                    return  # servers forget their keys; who merged weeks later calls nobody again
                how["answer"] = self._call(request, webhook, person)
            case _:
                assert_never(request.action)
        events = told(request, person, now, **how)
        self._events.send_events(encode(event) for event in events)

    def _named(self, request: ActionRequest) -> Named | None:
        """An identifier of the strand itself, so that a repetition meets its own row there.

        A strand without one, of somebody who is there, is named by the person's first.
        """
        found = self._persons.answering(request.workspace_id, request.profile_id)
        graph = graph_of(found[1]) if found else None
        if graph is None or not graph.nodes:
            return None
        own = (node for node in graph.nodes if node.strand_id == request.profile_id)
        named = next(own, graph.nodes[0]).identifier
        return named.kind, named.value

    def _call(self, request: ActionRequest, webhook: Webhook, person: Named) -> str:
        settings: WorkspaceSettings = self._catalog.settings(request.workspace_id)
        if settings.rehearsal:
            return "left out: a rehearsal reaches nobody"
        kind, value = person
        content = {
            "action_id": request.action_id,
            "workspace_id": request.workspace_id,
            "journey_id": request.journey_id,
            "journey_version": request.journey_version,
            "enrolment_id": request.enrolment_id,
            "step": request.step,
            "visit": request.visit,
            "asked_at": format_instant(request.asked_at),
            "person": {"kind": kind, "value": value},
            "body": dict(webhook.body),
        }
        body = to_text(content).encode()
        return self._caller.call(webhook.url, body, request.action_id, request.workspace_id)
