"""News of enrolments: what the timeline tells of them and what is counted, off their rows."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions.update_tags.enrolments import EnrolmentNews
from shared.aws import keys
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.figures import FiguresReader
from shared.aws.items import query_prefix, to_item
from shared.aws.journey_counts import JourneyCounts
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_of
from shared.aws.profile_store import ProfileStore
from shared.aws.task_store import TaskStore
from shared.domain.events.own import OWN_SOURCE, TASK_DONE
from shared.domain.identity.person import Person
from shared.domain.journeys.actions import ActionRequest, Task
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.moving import Choices, Moving, move, take_out
from shared.domain.journeys.ports import Change, Ref, Stored
from shared.domain.journeys.steps.asked import task_id
from shared.domain.journeys.stimulus import Happened, Merged, Perform, Stimulus, TimeUp
from tests.conftest import NOON

ADA = Person.of_one("default", "ada")
HELLO = Journey.model_validate(
    {
        "journey_id": "hello",
        "title": "Hello",
        "entry": {"type": "event", "event": "cart"},
        "reentry": {"policy": "always"},
        "goal": {"event": "paid", "within": "P7D"},
        "steps": [
            {"type": "send", "name": "greet", "template_id": "hello"},
            {"type": "wait", "name": "a day", "duration": "P1D"},
            {"type": "exit", "name": "out", "reason": "done"},
        ],
    }
)


class Recording:
    """A client that keeps what is put as the stream would bring it, through JSON as Lambda does."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.records: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_item(self, **request: Any) -> None:
        self._client.put_item(**request)
        self._keep(request["Item"])

    def transact_write_items(self, **request: Any) -> None:
        self._client.transact_write_items(**request)
        for action in request["TransactItems"]:
            self._keep(action["Put"]["Item"])

    def _keep(self, item: dict[str, Any]) -> None:
        number = len(self.records)
        record = {
            "eventName": "MODIFY",
            "dynamodb": {
                "Keys": {name: item[name] for name in ("pk", "sk")},
                "SequenceNumber": str(number),
                "NewImage": item,
            },
        }
        self.records.append(json.loads(json.dumps(record, default=lambda b: b64encode(b).decode())))


class Stage:
    """One person, one journey, and everybody who has to do with its rows."""

    def __init__(self, client: Any, table: str) -> None:
        self.client = client
        self.recording = Recording(client)
        self.store = EnrolmentStore(self.recording, table)
        people, profiles = PersonReader(client, table), ProfileStore(client, table)
        self.tasks = TaskStore(client, table)
        self.news = EnrolmentNews(people, profiles, JourneyCounts(client, table), self.tasks)
        self.figures = FiguresReader(client, table)
        self.table = table
        row = {"pk": keys.person("default", "ada"), "sk": keys.PROFILE, "traits": "{}"}
        client.put_item(TableName=table, Item=to_item(row))

    def enter(self, minutes: int = 0, journey: Journey = HELLO) -> Stored:
        at = NOON + timedelta(minutes=minutes)
        cart = Happened(fact_id=f"cart {minutes}", trigger="cart", occurred_at=at)
        ref = Ref("default", "ada", enrolment_id("default", "hello", "ada", cart.fact_id))
        begun = enrol(journey, 1, cart, **ref._asdict()).enrolment
        latest = self.store.guard(ADA, "hello", ref.enrolment_id).runs.get("ada")
        return self.store.enrol(ref, latest, Change(begun, at), "arn")

    def move(
        self, stored: Stored, *stimuli: Stimulus, minutes: int = 1, journey: Journey = HELLO
    ) -> Stored:
        """All stimuli in one go, stored once."""
        now, enrolment = NOON + timedelta(minutes=minutes), stored.enrolment
        for stimulus in stimuli:
            enrolment = advance(journey, enrolment, stimulus, now).enrolment
        return self.store.commit(stored, Change(enrolment, now))

    def deliver(self, records: list[dict[str, Any]] | None = None) -> int:
        log = Logger(service="test")
        batch = self.recording.records if records is None else records
        return self.news.take_in(batch, lambda: NOON, log)

    def told(self) -> list[tuple[str, Any, dict[str, Any]]]:
        start = keys.Key(keys.person("default", "ada"), keys.EVENT_PREFIX)
        events = [event_of(item) for item in query_prefix(self.client, self.table, start)]
        assert all(one.source_id == OWN_SOURCE for one in events)
        return [(one.name, one.occurred_at, one.properties) for one in events]

    def counted(self) -> dict[str, int]:
        of = [self.figures.of("default", *what) for what in (("JOURNEY", "hello"), STEPS)]
        return {name: n for each in of for name, n in each.items() if n}


STEPS: Any = ("STEPS", "hello@1")


@pytest.fixture
def stage(dynamodb: Any, profiles_table: str, empty_profiles: Callable[[], None]) -> Stage:
    empty_profiles()
    return Stage(dynamodb, profiles_table)


def through(stage: Stage) -> Stored:
    """Somebody goes through the journey, pays on the way and enters once more."""
    stored = stage.enter()
    stored = stage.move(stored, Perform("greet"), Perform("a day"))
    paid = Happened(fact_id="paid", trigger="paid", occurred_at=NOON + timedelta(minutes=3))
    stored = stage.move(stored, paid, minutes=4)
    stored = stage.move(stored, TimeUp("a day", 1), Perform("out"), minutes=5)
    stage.enter(minutes=10)
    return stored


def test_a_run_is_told_and_counted_by_what_its_rows_say_once(stage: Stage):
    first = through(stage).enrolment.enrolment_id
    assert stage.deliver() == 0
    about = {"journey_id": "hello", "enrolment_id": first, "version": 1}
    at = [NOON + timedelta(minutes=n) for n in range(11)]
    told, counted = stage.told(), stage.counted()
    assert told[:3] == [
        ("$journey_entered", at[0], about),
        ("$journey_goal", at[3], about),
        # It ended when its wait was due, by its own clock: that is ahead, so when it was written.
        ("$journey_exited", at[5], {**about, "reason": "done"}),
    ]
    assert [name for name, *_ in told[3:]] == ["$journey_entered"]
    assert counted == {
        "started": 2,
        "exited:done": 1,
        "here:greet": 1,
        "went:greet:a day": 1,
        "went:a day:out": 1,
        "went:out:end": 1,
    }
    for _ in range(2):
        assert stage.deliver() == 0
    assert (stage.told(), stage.counted()) == (told, counted)


def test_whoever_comes_halfway_is_counted_where_they_stand(stage: Stage):
    stage.move(stage.enter(), Perform("greet"), Perform("a day"))
    for record in stage.recording.records:
        stage.deliver([record])
    assert stage.counted() == {"started": 1, "here:a day": 1, "went:greet:a day": 1}


def test_of_somebody_who_is_gone_nothing_is_told_but_all_is_counted(stage: Stage):
    through(stage)
    key = to_item({"pk": keys.person("default", "ada"), "sk": keys.PROFILE})
    stage.client.delete_item(TableName=stage.table, Key=key)
    assert stage.deliver() == 0
    assert stage.told() == []
    assert (stage.counted()["started"], stage.counted()["exited:done"]) == (2, 1)


def test_a_row_that_cannot_be_read_is_cut_out_and_the_rest_is_counted(stage: Stage):
    through(stage)
    records = stage.recording.records
    broken = {**records[1]["dynamodb"], "NewImage": {"pk": {"S": "x"}}}
    spoilt = [records[0], {**records[1], "dynamodb": broken}, *records[2:]]
    assert stage.deliver(spoilt) == 1
    assert stage.counted() == {}, "the batch comes again, in halves"
    assert stage.deliver(spoilt[1:2]) == 1
    assert stage.deliver(spoilt[:1]) == stage.deliver(spoilt[2:]) == 0
    assert (stage.counted()["started"], stage.counted()["exited:done"]) == (2, 1)


@pytest.mark.parametrize(("what", "sk"), [("REMOVE", "ENR#a"), ("INSERT", "EVT#a")])
def test_other_rows_are_none_of_its_business(stage: Stage, what: str, sk: str):
    assert stage.deliver([{"eventName": what, "dynamodb": {"Keys": {"sk": {"S": sk}}}}]) == 0
    assert stage.counted() == {}


CALLED = Journey.model_validate(
    {
        "journey_id": "hello",
        "title": "Hello",
        "entry": {"type": "event", "event": "cart"},
        "reentry": {"policy": "always"},
        "goal": {"event": "paid", "within": "P7D", "ends": True},
        "exit_on": [{"event": "left"}],
        "steps": [
            {"type": "assign", "name": "call", "to": "sales", "title": "Call", "due": "P1D"},
            {"type": "wait", "name": "a day", "duration": "P1D"},
        ],
    }
)
HOW_IT_ENDS = ["goal", "exit_rule", "merged", "taken_out"]


def happens(trigger: str, **properties: str) -> Happened:
    at = NOON + timedelta(minutes=3)
    return Happened(fact_id=trigger, trigger=trigger, occurred_at=at, properties=properties)


def end(stage: Stage, stored: Stored, how: str) -> Stored:
    match how:
        case "goal":
            after = stage.move(stored, happens("paid"), minutes=4, journey=CALLED)
        case "exit_rule":
            after = stage.move(stored, happens("left"), minutes=4, journey=CALLED)
        case "merged":
            after = stage.move(stored, Merged(into="another"), minutes=4, journey=CALLED)
        case _:
            now = NOON + timedelta(minutes=4)
            after = stage.store.commit(stored, Change(take_out(stored.enrolment, "1", now), now))
    assert after.enrolment.ended_by == how
    return after


def task_of(stored: Stored) -> ActionRequest:
    one = stored.enrolment
    return ActionRequest(
        workspace_id="default",
        profile_id="ada",
        action_id=task_id(one.enrolment_id, "call", 1),
        enrolment_id=one.enrolment_id,
        journey_id="hello",
        journey_version=1,
        step="call",
        visit=1,
        asked_at=NOON,
        action=CALL,
    )


CALL = Task(title="Call", to="sales", due=NOON + timedelta(days=1))


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("how", HOW_IT_ENDS)
def test_a_task_is_withdrawn_when_nobody_waits_for_it_any_more(stage: Stage, how: str, early: bool):
    """Also when the run ends before the queue brought the task: then it is never given."""
    stored = stage.move(stage.enter(journey=CALLED), Perform("call"), journey=CALLED)
    request = task_of(stored)
    if not early:
        assert stage.tasks.assign(request, CALL)
        stage.deliver()
        assert [one.task_id for one in stage.tasks.open_ones("default")] == [request.action_id]
    end(stage, stored, how)
    for _ in range(2):
        assert stage.deliver() == 0
        assert list(stage.tasks.open_ones("default")) == []
        assert not stage.tasks.assign(request, CALL), "it is told of no more"
        assert not stage.tasks.escalate(request, CALL)


@pytest.mark.parametrize("how", HOW_IT_ENDS)
@pytest.mark.parametrize("answer", ["done", "overdue"])
def test_a_task_that_had_its_answer_stays_as_it_is(stage: Stage, how: str, answer: str):
    stored = stage.move(stage.enter(journey=CALLED), Perform("call"), journey=CALLED)
    request = task_of(stored)
    stage.tasks.assign(request, CALL)
    done = happens(TASK_DONE, task_id=request.action_id)
    stimulus = done if answer == "done" else TimeUp("call", 1)
    stored = stage.move(stored, stimulus, Perform("a day"), minutes=3, journey=CALLED)
    assert stored.enrolment.at == "a day"
    end(stage, stored, how)
    assert stage.deliver() == 0
    assert [one.task_id for one in stage.tasks.open_ones("default")] == [request.action_id]
    assert stage.tasks.assign(request, CALL), "the first try may not have told of it"


@pytest.mark.parametrize("stays", [True, False])
def test_a_task_is_withdrawn_from_who_is_moved_away_from_it_only(stage: Stage, stays: bool):
    goal = {"event": "paid", "within": "P7D"}  # which ends nobody's run here
    old = Journey.model_validate({**CALLED.model_dump(exclude_unset=True), "goal": goal})
    stored = stage.move(stage.enter(journey=old), Perform("call"), journey=old)
    request = task_of(stored)
    stage.tasks.assign(request, CALL)
    stored = stage.move(stored, happens("paid"), minutes=4, journey=old)
    assert stored.enrolment.goal_at
    choices = Choices() if stays else Choices(to={"call": "a day"})
    now = NOON + timedelta(minutes=5)
    moved = move(Moving(1, 2, old, choices), old, stored.enrolment, now).enrolment
    assert (moved.journey_version, moved.at) == (2, "call" if stays else "a day")
    stage.store.commit(stored, Change(moved, now))
    assert stage.deliver() == 0
    left = [one.task_id for one in stage.tasks.open_ones("default")]
    assert left == ([request.action_id] if stays else [])


def test_no_task_is_written_for_somebody_who_is_gone(stage: Stage):
    stored = stage.move(stage.enter(journey=CALLED), Perform("call"), journey=CALLED)
    end(stage, stored, "exit_rule")
    key = to_item({"pk": keys.person("default", "ada"), "sk": keys.PROFILE})
    stage.client.delete_item(TableName=stage.table, Key=key)
    assert stage.deliver() == 0
    start = keys.Key(keys.person("default", "ada"), keys.TASK_PREFIX)
    assert list(query_prefix(stage.client, stage.table, start)) == []
