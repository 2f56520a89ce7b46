"""The heaviest work of the functions that act: journeys, their steps, and messages."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.heavy_events import HISTORY, LONG
from benchmarks.heavy_people import crowd_id
from benchmarks.stage import WORKSPACE, Peak, Stage
from events.model import EventMatched, MatchedEvent
from shared.aws import keys
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import from_item
from shared.domain.due.batches import MAX_PEOPLE, Batch, decode, encode
from shared.domain.journeys.ports import Ref

_JOURNEYS: Final = 5  # that one event lets somebody enter
_FACTS: Final = 10  # a batch of advance_journeys
_MESSAGES: Final = 5  # a batch of dispatch_message
_ENTRY: Final = "entered"
_TEMPLATE: Final = "heavy"
_WAIT_SECONDS: Final = 1
_NOTE_BYTES: Final = 30_000
_TEMPLATE_CHARACTERS: Final = 95_000
_ARMS: Final = 20
_BRANCH, _SEND = "branch", "send"
_WAITING: Final = "waiting"  # a journey that waits by the due index
_WOKEN: Final = 4 * MAX_PEOPLE  # a batch of wake_enrolments
_ROUNDS: Final = 10  # of such batches in one process, which shall take no more than one


def publish(stage: Stage) -> None:
    """Publish journeys that ask a lot of a person, and send a long message."""
    requests: list[tuple[str, str, object]] = []
    for n in range(_JOURNEYS):
        name = f"{_TEMPLATE}-{n}"
        requests += [
            ("PUT", f"/templates/{name}", _template(name)),
            ("PUT", f"/journeys/{name}", _journey(name)),
            ("POST", f"/journeys/{name}/publish", {}),
        ]
    stage.administrate(
        *requests,
        ("PUT", f"/journeys/{_WAITING}", _journey(_WAITING, waits=True)),
        ("POST", f"/journeys/{_WAITING}/publish", {}),
    )


def advance_journeys(stage: Stage) -> Iterator[Peak]:
    """A full batch of large facts, each of which lets somebody enter many journeys again."""
    strand = stage.strand(LONG)
    bodies = [fact(f"fact-{n}", strand, _ENTRY) for n in range(_FACTS)]
    ran = stage.from_queue("advance_journeys", bodies)
    begun = stage.rows(strand, keys.ENROLMENT_PREFIX)
    assert len(begun) == _JOURNEYS, f"{len(begun)} of {_JOURNEYS} journeys have begun"
    what = f"{_FACTS} events of {_NOTE_BYTES // 1000} KB, which {_JOURNEYS} journeys begin with"
    yield Peak("advance_journeys", what, ran.peak_mb)


def run_step(stage: Stage) -> Iterator[Peak]:
    """Branches with as many conditions as they may have, on somebody with a long history."""
    strand = stage.strand(LONG)
    begun = [from_item(row) for row in stage.rows(strand, keys.ENROLMENT_PREFIX)]
    ids = [row["enrolment_id"] for row in begun]
    calls = [_call(each, strand, step) for step in (_BRANCH, _SEND) for each in ids]
    ran = stage.run("run_step", calls)
    asked = _asked(stage, strand)
    assert asked == len(ids), f"{asked} of {len(ids)} have come to their message"
    what = f"a branch of {_ARMS} conditions on somebody with {HISTORY:,} events"
    yield Peak("run_step", what, ran.peak_mb)


def dispatch_message(stage: Stage) -> Iterator[Peak]:
    """A full batch of messages, each of a template of its own as long as they may be."""
    strand = stage.strand(LONG)
    bodies = [record["body"] for batch in stage.aws.drain("messages") for record in batch]
    assert len(bodies) >= _MESSAGES, f"{len(bodies)} messages were asked for"
    ran = stage.from_queue("dispatch_message", bodies[:_MESSAGES])
    sent = [from_item(row)["status"] for row in stage.rows(strand, keys.MESSAGE_PREFIX)]
    assert sent.count("sent") == _MESSAGES, sent
    what = f"{_MESSAGES} emails of templates of {_TEMPLATE_CHARACTERS // 1000},000 characters"
    yield Peak("dispatch_message", what, ran.peak_mb)


def wake_enrolments(stage: Stage) -> Iterator[Peak]:
    """Full batches of full messages: people in a journey whose waits are over."""
    people = [crowd_id(n) for n in range(_ROUNDS * _WOKEN)]
    facts = [fact(f"woken-{strand}", strand, _WAITING) for strand in people]
    batches = [facts[first : first + _FACTS] for first in range(0, len(facts), _FACTS)]
    stage.from_queue("advance_journeys", *batches, seconds=600)
    time.sleep(_WAIT_SECONDS + 1)
    sent = [record["body"] for batch in stage.aws.drain("wakes") for record in batch]
    names = [name for body in sent for name in decode(body).names]
    assert len(names) == len(people), f"{len(names)} of {len(people)} are sent for"
    whole = [
        encode(Batch(WORKSPACE, tuple(names[first : first + MAX_PEOPLE]), datetime.now(UTC)))
        for first in range(0, len(names), MAX_PEOPLE)
    ]
    full = [whole[first : first + 4] for first in range(0, len(whole), 4)]
    one = stage.from_queue("wake_enrolments", full[0], seconds=600)
    many = stage.from_queue("wake_enrolments", *full[1:], seconds=600)
    asked = sum(_asked(stage, strand) for strand in people)
    assert asked == len(people), f"{asked} of {len(people)} have come to their message"
    what = f"{_WOKEN} enrolments, each with a branch of {_ARMS} conditions"
    yield Peak("wake_enrolments", what, one.peak_mb)
    what = f"the same {_ROUNDS - 1} times over, one batch after another"
    yield Peak("wake_enrolments", what, many.peak_mb)


def _asked(stage: Stage, strand: str) -> int:
    """How many messages the enrolments at a strand have asked for."""
    begun = (enrolment_of(from_item(row)) for row in stage.rows(strand, keys.ENROLMENT_PREFIX))
    return sum(entry.decision == "requested" for one in begun for entry in one.trace)


def fact(fact_id: str, strand: str, name: str) -> str:
    """The body of a message that tells of a large event of somebody's."""
    now = datetime.now(UTC)
    note = {"note": "x" * _NOTE_BYTES}
    event = MatchedEvent(message_id=fact_id, name=name, received_at=now, properties=note)
    matched = EventMatched(
        event_id=fact_id, workspace_id=WORKSPACE, profile_id=strand, occurred_at=now, event=event
    )
    return json.dumps({"detail": matched.model_dump(mode="json")})


def _call(enrolment_id: str, strand: str, step: str) -> dict[str, Any]:
    ref = Ref(WORKSPACE, strand, enrolment_id)
    return {"enrolment": ref._asdict(), "step": step, "action": "perform"}


def _journey(name: str, *, waits: bool = False) -> dict[str, Any]:
    """Who is in none of the arms gets the message, so every condition is judged."""
    arms = [{"when": _never(n), "next": "end"} for n in range(_ARMS)]
    wait = {"type": "wait", "name": "wait", "duration": f"PT{_WAIT_SECONDS}S"}
    return {
        "journey_id": name,
        "title": name,
        "purpose": "transactional",
        "clock": "due_index" if waits else "step_functions",
        "entry": {"type": "event", "event": _WAITING if waits else _ENTRY},
        "steps": [
            *([wait] if waits else []),
            {"type": "branch", "name": _BRANCH, "arms": arms, "otherwise": _SEND},
            {"type": "send", "name": _SEND, "template_id": f"{_TEMPLATE}-0" if waits else name},
        ],
    }


def _never(n: int) -> dict[str, Any]:
    """A condition over the counts of all days, which nobody meets."""
    event = {"type": "event", "event": "catalog", "within_days": 730}
    return {**event, "comparison": "at_least", "times": 900_000 + n}


def _template(name: str) -> dict[str, Any]:
    """As much text as there may be, most of it made of many small pieces."""
    piece = "<p>{% if profile.first_name %}{{ profile.first_name | upcase }}{% endif %} says</p>\n"
    html = piece * (_TEMPLATE_CHARACTERS // len(piece))
    text = "{{ profile.first_name }} and so on\n" * (_TEMPLATE_CHARACTERS // 36)
    return {
        "template_id": name, "channel": "email", "subject": name, "html": html, "text": text,
    }  # fmt: skip
