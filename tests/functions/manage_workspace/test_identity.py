"""Why somebody is one person, taking apart and putting together, and trying other rules."""

from datetime import timedelta
from typing import Any

import pytest

from functions.manage_workspace import handler
from functions.review_identity.usecase import ReviewIdentity
from shared.aws.review_store import EverybodyReader
from tests.applying import applier_over, named_rows, state_of
from tests.conftest import NOON

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

U1 = {"kind": "user_id", "value": "u-1"}
MAIL = {"kind": "email", "value": "ada@example.com"}
TABLET = {"kind": "anonymous_id", "value": "tablet"}


@pytest.fixture
def happens(api: Any, dynamodb: Any, make_event: Any) -> Any:
    """Let events happen as the queue would bring them."""
    applier = applier_over(dynamodb)

    def happens(*events: Any) -> None:
        applied = applier.apply(events)
        assert not applied.failed
        assert not applied.refused

    return happens


@pytest.fixture
def known(happens: Any, make_event: Any) -> None:
    """Ada at a tablet, where she gave her address, and Bob at the same tablet."""
    happens(
        make_event("$identify", type="identify", user_id="u-1", anonymous_id="tablet",
                   traits={"email": "Ada@Example.com"}, message_id="m-1"),
        make_event("cart", user_id="u-1", anonymous_id="tablet", message_id="m-2"),
        make_event("cart", user_id="u-2", anonymous_id="tablet", message_id="m-3",
                   at=NOON + timedelta(hours=1)),
    )  # fmt: skip


def profile_id(api: Any, kind: str, value: str) -> str:
    return api.get("/profiles", kind=kind, value=value).body["profile"]["profile_id"]


def people(api: Any) -> dict[str, str]:
    named = [("user_id", "u-1"), ("user_id", "u-2"), tuple(MAIL.values()), tuple(TABLET.values())]
    return {value: profile_id(api, kind, value) for kind, value in named}


def explained(api: Any, of: str) -> Any:
    return api.get(f"/profiles/{of}/explanation").body["explanation"]


def test_every_identifier_is_explained_by_the_events_that_link_it(api, known):
    told = explained(api, profile_id(api, "user_id", "u-1"))

    reasons = {each["value"]: each["because"] for each in told["identifiers"]}
    assert reasons.keys() == {"u-1", "ada@example.com", "tablet"}
    assert reasons["u-1"] == []
    (link,) = reasons["ada@example.com"]
    assert (link["message_id"], link["rule"], link["proof"]) == ("m-1", "identify", "none")
    assert "ada@example.com" in link["text"]["en"]
    assert "邮箱" in link["text"]["zh"]


def test_a_tablet_of_two_people_is_explained_to_both(api, known):
    for user in ("u-1", "u-2"):
        (dispute,) = explained(api, profile_id(api, "user_id", user))["disputes"]
        assert dispute["reason"] == "kept_apart"
        assert {dispute["left"]["value"], dispute["right"]["value"]} == {"tablet", "u-2"}


def test_an_identifier_that_is_taken_out_goes_and_stays_away(api, known, happens, make_event):
    ada = profile_id(api, "user_id", "u-1")

    answer = api.post(f"/profiles/{ada}/unmerge", {"identifier": MAIL})

    assert (answer.status, answer.body["outcome"]) == (200, "updated")
    assert len(answer.body["profiles"]) == 2
    happens(
        make_event("$identify", type="identify", user_id="u-1", anonymous_id="tablet",
                   traits={"email": "ada@example.com"}, message_id="m-9"),
    )  # fmt: skip
    assert profile_id(api, "email", "ada@example.com") != profile_id(api, "user_id", "u-1")
    reasons = [each["reason"] for each in explained(api, ada)["disputes"]]
    assert "unmerged" in reasons


def test_a_cut_link_changes_hands_when_somebody_else_has_evidence(api, known):
    """The tablet was Ada's, being first; cut from her it is Bob's, who came next."""
    ada, bob = profile_id(api, "user_id", "u-1"), profile_id(api, "user_id", "u-2")

    answer = api.post(f"/profiles/{ada}/unmerge", {"link": [U1, TABLET]})

    assert answer.status == 200
    assert answer.body["held_by"] == []
    assert profile_id(api, "anonymous_id", "tablet") == bob


def test_what_is_cut_and_mended_is_as_it_was(api, known, dynamodb, profiles_table):
    ada = profile_id(api, "user_id", "u-1")
    before, rows = people(api), state_of(named_rows(dynamodb, profiles_table))

    api.post(f"/profiles/{ada}/unmerge", {"link": [U1, MAIL]})
    assert people(api) != before
    api.post(f"/profiles/{ada}/remerge", {"links": [[U1, MAIL]]})

    assert people(api) == before
    assert state_of(named_rows(dynamodb, profiles_table)) == rows


def test_somebody_who_runs_away_with_sixty_browsers_can_still_be_taken_apart(
    api, happens, make_event
):
    happens(
        *(
            make_event("visit", user_id="u-1", anonymous_id=f"browser-{n}", message_id=f"m-{n}",
                       at=NOON + timedelta(days=n))
            for n in range(60)
        )
    )  # fmt: skip
    runaway = profile_id(api, "user_id", "u-1")

    answer = api.post(f"/profiles/{runaway}/unmerge", {"identifier": U1})

    assert (answer.status, answer.body["held_by"]) == (200, [])
    found = {profile_id(api, "anonymous_id", f"browser-{n}") for n in range(60)}
    assert len(found | {profile_id(api, "user_id", "u-1")}) == 61


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"identifier": MAIL, "link": [U1, MAIL]}, 400),
        ({"identifier": {"kind": "user_id", "value": "null"}}, 400),
        ({"identifier": {"kind": "user_id", "value": "u-2"}}, 409),
        ({"link": [U1, {"kind": "user_id", "value": "u-404"}]}, 409),
    ],
)
def test_a_cut_that_makes_no_sense_says_so(api, known, body, status):
    ada = profile_id(api, "user_id", "u-1")
    assert api.post(f"/profiles/{ada}/unmerge", body).status == status


def test_nobody_can_be_taken_apart_who_is_not_there(api):
    assert api.post("/profiles/nobody/unmerge", {"identifier": MAIL}).status == 404
    assert api.get("/profiles/nobody/explanation").status == 404


# --- rules ------------------------------------------------------------------------------------


@pytest.fixture
def review(api: Any, dynamodb: Any, profiles_table: str) -> Any:
    """Ask for a review and carry it out, as the function behind the queue would."""
    ports = handler.wiring().ports
    worker = ReviewIdentity(
        ports.identity.reviews,
        EverybodyReader(dynamodb, profiles_table),
        ports.identity.judge,
        lambda: NOON,
    )

    def review(body: Any) -> Any:
        asked = api.post("/identity/reviews", body)
        assert asked.status == 200, asked
        review_id = asked.body["review"]["review_id"]
        times = iter([True, False] * 50)  # the time is up again and again
        while not worker.carry_on("default", review_id, lambda: next(times)).is_done:
            pass
        return api.get(f"/identity/reviews/{review_id}").body["review"]

    return review


def rules_with(api: Any, **changes: Any) -> Any:
    return {**api.get("/identity/rules").body["rules"], **changes}


def test_the_rules_are_put_once_and_given_back(api):
    rules = rules_with(api, default_region="DE")

    assert api.put("/identity/rules", rules).body["outcome"] == "created"
    assert api.put("/identity/rules", rules).body["outcome"] == "unchanged"
    assert api.get("/identity/rules").body["rules"] == rules


def test_rules_with_a_broken_pattern_are_refused_with_its_place(api):
    answer = api.put("/identity/rules", rules_with(api, blocked_patterns=["ok", "("]))

    assert answer.status == 400
    assert "(" in answer.body["message"]


def test_a_trial_says_who_would_part_and_changes_nothing(
    api, known, review, dynamodb, profiles_table
):
    before = state_of(named_rows(dynamodb, profiles_table))

    done = review({"purpose": "trial", "rules": rules_with(api, blocked=["ada@example.com"])})

    assert done["stage"] == "done"
    report = done["report"]
    assert (report["people_before"], report["people_after"]) == (2, 3)
    assert (report["splitting"], report["split_into"], report["blocked"]) == (1, 2, 1)
    assert state_of(named_rows(dynamodb, profiles_table)) == before


def test_an_adoption_lets_the_rules_decide_again(api, known, review):
    assert len(set(people(api).values())) == 2
    api.put("/identity/rules", rules_with(api, blocked=["tablet"]))
    handler.wiring().ports.published._cache.clear()

    done = review({"purpose": "adoption"})

    assert done["counts"]["ProfilesSplit"] == 1
    assert len(set(people(api).values())) == 3
    assert review({"purpose": "adoption"})["counts"] == {}


@pytest.mark.parametrize("body", [{"purpose": "trial"}, {"purpose": "adoption", "rules": {}}])
def test_a_review_that_makes_no_sense_says_so(api, body):
    assert api.post("/identity/reviews", body).status == 400
