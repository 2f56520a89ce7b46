"""Every playbook can be installed as it lies there: applied, published, tried, and found sound."""

import re
from pathlib import Path

import pytest

from cli.documents import read_all

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

FOLDER = Path(__file__).parents[2] / "playbooks"
PLAYBOOKS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
CHINESE = re.compile("[\u4e00-\u9fff]")


def files(name):
    return sorted((FOLDER / name).glob("*.yaml"))


def named(documents, kind):
    return {one.name for one in documents if one.kind == kind}


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_playbook_is_installed_with_every_journey_published(rapport, api, name):
    api.put("/settings", {"email_from": "shop@example.com"})
    documents = read_all(files(name))
    said = rapport("apply", *files(name))
    assert (said.code, said.err) == (0, ""), said.out
    there = api.get("/journeys").body["journeys"]
    states = {one["journey"]["journey_id"]: one["status"] for one in there}
    assert states == dict.fromkeys(named(documents, "journey"), "published")

    again = rapport("apply", *files(name))
    put = [one for one in documents if one.kind != "journey_test"]
    assert again.code == 0
    assert sum("unchanged" in line for line in again.out.splitlines()) == len(put)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_every_journey_has_tests_that_pass_and_nothing_is_to_be_said_of_it(rapport, name):
    documents = read_all(files(name))
    assert named(documents, "journey_test") == named(documents, "journey")
    said = rapport("journey", "test", *files(name))
    assert said.code == 0, said.out
    checked = rapport("journey", "check", *files(name))
    assert checked.code == 0
    assert all(line.endswith(": nothing to say") for line in checked.out.splitlines()), checked.out


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_operators_read_titles_in_both_languages_and_what_it_wants_to_be_told(name):
    for one in read_all(files(name)):
        if "title" in one.body:
            titles = f"{one.body['title']} {one.body.get('title_zh', '')}"
            assert CHINESE.search(titles), one.place
            assert re.search("[A-Za-z]", titles), one.place
    readme = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert f"rapport apply playbooks/{name}/*.yaml" in readme
    journeys = [one.body for one in read_all(files(name)) if one.kind == "journey"]
    begun_by = {one["entry"]["event"] for one in journeys if one["entry"]["type"] == "event"}
    assert [event for event in begun_by if f"`{event}`" not in readme] == []


def test_all_of_them_can_live_in_one_workspace(rapport):
    """No two of them mean different things by one id, and no journeys feed each other."""
    everything = [path for name in PLAYBOOKS for path in files(name)]
    documents = [one for one in read_all(everything) if one.kind != "journey_test"]
    ids = [(one.kind, one.name) for one in documents]
    assert len(set(ids)) == len(ids)
    checked = rapport("journey", "check", *everything)
    assert checked.code == 0
    assert all(line.endswith(": nothing to say") for line in checked.out.splitlines()), checked.out
