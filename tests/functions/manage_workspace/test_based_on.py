"""Two who edit one journey: nobody's version is replaced by somebody who never saw it."""

import pytest

from tests.functions.manage_workspace.test_journeys import EMAIL, JOURNEY


@pytest.fixture
def put(api):
    api.put("/templates/hello", EMAIL)

    def put(based_on, **changes):
        query = {} if based_on is None else {"based_on": based_on}
        return api("PUT", "/journeys/thanks", {**JOURNEY, **changes}, query=query)

    return put


def test_a_new_journey_is_based_on_none(put):
    assert put("0").body["version"] == 1
    again = put("0", title="Another")
    assert again.status == 409
    assert "version 1 is the newest" in again.body["message"]


def test_the_second_of_two_hears_of_the_first(api, put):
    put("0")
    assert put("1", title="Hers").body["version"] == 2
    assert put("1", title="His").status == 409
    assert api.get("/journeys/thanks").body["journey"]["title"] == "Hers"
    assert put("2", title="His").body["version"] == 3
    assert put(None, title="Whoever").body["version"] == 4


def test_who_is_faster_by_a_moment_is_heard_of_too(api, put, beforehand):
    put("0")
    hers = iter([lambda: put("1", title="Hers")])
    beforehand("transact_write_items", lambda: next(hers, lambda: None)())
    assert put("1", title="His").status == 409
    assert api.get("/journeys/thanks").body["journey"]["title"] == "Hers"


@pytest.mark.parametrize("based_on", ["", "-1", "newest", "1.0"])
def test_a_version_is_a_number(put, based_on):
    assert put(based_on).status == 400
