"""However many topics there are, the row stays small and nothing more is allowed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.consent_rows import Kept, kept_item
from shared.domain.consents.fitting import MOST_TOPICS, fitted
from shared.domain.consents.in_force import allows, in_force, reduced
from shared.domain.consents.model import CONSENT_CHANNELS, Decision, Scope
from shared.domain.workspace.purposes import CONSENT_PURPOSES

START = datetime(2026, 1, 1, tzinfo=UTC)
topics = st.integers(0, 40).map(lambda number: f"t{number:02d}" if number else "")
decisions = st.builds(
    Decision,
    st.builds(Scope, st.just("marketing"), topics, st.sampled_from(["", "sms"])),
    st.booleans(),
    st.integers(0, 5).map(lambda day: START.replace(day=day + 1)),
    st.just("m"),
)


@given(st.lists(decisions, max_size=80) | st.lists(decisions, min_size=40, max_size=80))
def test_beyond_the_limit_refusals_grow_wider_and_grants_fall_away(lines):
    kept = fitted({"s1": lines})
    assert len({line.scope.topic for line in kept.get("s1", ())} - {""}) <= MOST_TOPICS
    full, less = in_force({"s1": lines}, ()), in_force(kept, ())
    for number in range(42):
        for channel in ("", "sms"):
            asked = ("marketing", f"t{number:02d}" if number else "", channel)
            assert allows(full, *asked) or not allows(less, *asked)


def test_a_refusal_beyond_the_limit_outlives_a_later_grant_for_everything():
    named = [Scope("marketing", f"t{number:02d}") for number in range(25)]
    lines = [Decision(scope, False, START, "m") for scope in named]
    lines.append(Decision(Scope("marketing"), True, START.replace(month=2), "m"))
    assert allows(in_force({"s1": lines}, ()), "marketing", "news")
    kept = in_force(fitted({"s1": lines}), ())
    assert not any(allows(kept, "marketing", topic) for topic in ("t00", "t24"))


@given(st.lists(decisions, max_size=15))
def test_within_the_limit_nothing_changes(lines):
    assert fitted({"s1": lines}) == reduced({"s1": lines})


@pytest.mark.parametrize("strands", [1, 12])
@pytest.mark.parametrize("granted", [True, False])
def test_whatever_clients_send_a_row_holds_it_and_a_refusal_is_kept(strands, granted):
    """Else no decision of that person could be written down any more, and no STOP either."""
    scopes = [
        Scope(purpose, f"{number:02d}".rjust(64, "t"), channel)
        for purpose in CONSENT_PURPOSES
        for number in range(20)
        for channel in CONSENT_CHANNELS
    ]
    lines = [Decision(scope, granted, START, "长" * 128) for scope in scopes]
    stop = Decision(Scope("marketing", channel="sms"), False, START.replace(month=2), "m")
    kept = fitted({f"s{number}": [*lines, stop] for number in range(strands)})
    item = kept_item("w", "s0", Kept(1, kept, in_force(kept, ())))
    assert sum(len(value.get("S", "").encode()) for value in item.values()) < 390_000
    assert not allows(in_force(kept, ()), "marketing", "", "sms")
    assert fitted(kept) == kept
