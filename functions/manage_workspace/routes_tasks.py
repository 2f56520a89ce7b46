"""Tasks that journeys gave, and journeys that are entered by call."""

from datetime import datetime
from heapq import nsmallest

from functions.manage_workspace import definitions
from functions.manage_workspace.paging import page_of
from functions.manage_workspace.parsing import adapter, parse
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.saying import say
from shared.aws.meanings import JOURNEY
from shared.aws.task_store import OpenTask
from shared.domain.instants import format_instant, parse_instant
from shared.domain.journeys.rules import CallEntry
from shared.domain.lists.said import asked, done
from shared.domain.workspace.bodies import NamedIdentifier, NewCall
from shared.domain.workspace.tag_answers import Said
from shared.domain.workspace.task_answers import TaskDone, TaskList, TaskState
from shared.errors import ConflictError, InvalidInputError


def call_journey(ports: Ports, call: Call) -> Said:
    """Let people enter a journey; raises ConflictError unless people can enter it now."""
    edit = ports.edit()
    found = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    if found.published_version is None:
        raise ConflictError("the journey was never published", hint="publish it first")
    if found.status != "published":
        raise ConflictError(
            f"the journey is {found.status}, so nobody would enter it",
            hint="resume it first",
        )
    published = edit.body_of(found, found.published_version)
    journey = JOURNEY.validate_json(published)
    if not isinstance(journey.entry, CallEntry):
        raise InvalidInputError(
            f"people enter this journey by {journey.entry.type}, not by call",
            where="journey_id",
            hint="a journey that is entered by call has `entry: {type: call}`",
        )
    wanted, now = parse(adapter(NewCall), call.body), ports.now()
    people = [(f"people[{place}]", one) for place, one in enumerate(wanted.people)]
    return say(
        ports,
        people,
        lambda person, _place: asked(
            ports.workspace_id, person, journey.journey_id, now, wanted.properties
        ),
    )


def list_tasks(ports: Ports, call: Call) -> TaskList:
    """A page of open tasks; all are looked through for it, since no key is by when they are due."""
    limit, cursor = page_of(call)
    to, after = call.query.get("to"), _place_after(cursor) if cursor else None
    left = (
        one
        for one in ports.tasks.open_ones(ports.workspace_id)
        if to in (None, one.to) and (after is None or _place(one) > after)
    )
    found = nsmallest(limit + 1, left, key=_place)
    page, more = found[:limit], len(found) > limit
    return {
        "success": True,
        "tasks": [_task(ports, one) for one in page],
        "cursor": f"{format_instant(page[-1].due)}|{page[-1].task_id}" if more else None,
    }


def finish_task(ports: Ports, call: Call) -> TaskDone:
    """Tell the journey first: should the rest fail, the task is open and can be finished again."""
    task = ports.tasks.find(ports.workspace_id, call.path["task_id"])
    now = ports.now()
    who = NamedIdentifier(kind="profile_id", value=task.profile_id)
    say(
        ports,
        [("task_id", who)],
        lambda person, _place: done(ports.workspace_id, person, task.task_id, now),
    )
    ports.tasks.finish(ports.workspace_id, task, now)
    return {"success": True, "task": _task(ports, task)}


def _place(task: OpenTask) -> tuple[datetime, str]:
    return task.due, task.task_id


def _place_after(cursor: str) -> tuple[datetime, str]:
    due, _, task_id = cursor.partition("|")
    try:
        return parse_instant(due), task_id
    except (ValueError, OverflowError):
        raise InvalidInputError("this is no cursor of an answer", where="cursor") from None


def _task(ports: Ports, task: OpenTask) -> TaskState:
    return {
        "task_id": task.task_id,
        "profile_id": task.profile_id,
        "title": task.title,
        "to": task.to,
        "due": format_instant(task.due),
        "overdue": task.due <= ports.now(),
        "escalated": task.escalated,
        "journey_id": task.journey_id,
        "step": task.step,
    }
