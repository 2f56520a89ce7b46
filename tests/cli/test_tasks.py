"""Open tasks are listed by when they are due, as many as asked for, on however many pages."""

from datetime import timedelta

import pytest

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.task_store import TaskStore
from shared.domain.journeys.actions import ActionRequest, Task
from tests.conftest import NOON, PROFILES_TABLE

NUMBER = 205


@pytest.fixture
def tasks(rapport, dynamodb):
    """Their ids, those that are due first in front."""
    row = {"pk": keys.person("default", "p1"), "sk": keys.PROFILE, "profile_id": "p1"}
    dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item({**row, "traits": "{}"}))
    store, ids = TaskStore(dynamodb, PROFILES_TABLE), [f"t{900 - n}" for n in range(NUMBER)]
    for place, task_id in enumerate(ids):
        request = ActionRequest(
            workspace_id="default",
            profile_id="p1",
            action_id=task_id,
            enrolment_id="e1",
            journey_id="welcome",
            journey_version=1,
            step="call",
            visit=1,
            asked_at=NOON,
            action=Task(title="Call", to="sales", due=NOON + timedelta(hours=place)),
        )
        assert store.assign(request, request.action)
    return ids


def shown(said):
    assert said.code == 0, said.err
    return [line.split()[-1] for line in said.out.splitlines()[1:]]


@pytest.mark.slow
def test_all_pages_are_shown(rapport, tasks):
    assert shown(rapport("task", "list")) == tasks
    assert rapport("task", "list", "--to", "care").out == "No task is open.\n"


@pytest.mark.slow
def test_no_more_are_shown_than_were_asked_for(rapport, tasks):
    for most in (1, 200, 203):
        assert shown(rapport("task", "list", "--most", most)) == tasks[:most]
