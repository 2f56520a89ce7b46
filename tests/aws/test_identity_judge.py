"""What an adoption of rules hears again."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from shared.aws.identity_judge import IdentityJudge
from shared.domain.identity.graph import Identifier
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from tests.applying import applier_over, named_rows, ports_over, state_of
from tests.conftest import NOON, PROFILES_TABLE


def test_what_was_before_an_erasure_is_not_heard_again_of_who_came_back(
    dynamodb: Any, profiles_table: str, make_event: Callable
):
    ports, ids = ports_over(dynamodb), count(1)
    ports.tombstones.put("default", [Identifier("anonymous_id", "tablet")], NOON)
    hour = timedelta(hours=1)
    of_eve = make_event(user_id="eve", anonymous_id=None, at=NOON + hour)
    of_tablet = make_event(user_id=None, anonymous_id="tablet", at=NOON + hour)
    applied = applier_over(dynamodb, lambda: f"p{next(ids)}").apply([of_eve, of_tablet])
    assert applied.counts["ProfilesCreated"] == 2
    judge = IdentityJudge(ports.identity, ports.tombstones, lambda: f"p{next(ids)}")
    rulebook = rulebook_of(DEFAULT_RULES)

    def people_after(at: Any) -> int:
        judge.hear("default", rulebook, [make_event(user_id="eve", anonymous_id="tablet", at=at)])
        return len(set(state_of(named_rows(dynamodb, PROFILES_TABLE))["people"]))

    assert people_after(NOON - hour) == 2
    assert people_after(NOON + hour) == 1
