"""Rules that are small and claims that quarrel: few identifiers, much evidence, few days."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shared.domain.identity.claims import strongest_first
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import Breaker, IdentityRules, KindRule

START = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)


def small_rules(identifiers=6, links_a_day=5, weak=3):
    """One of each strength twice, with limits and windows that are soon reached."""
    return IdentityRules(
        kinds=(
            KindRule(kind="user_id", strength="strong", limit=1),
            KindRule(kind="openid", strength="strong", limit=2, window_days=2),
            KindRule(kind="email", strength="strong", limit=2),
            KindRule(kind="device_id", limit=max(2, weak - 1), window_days=3),
            KindRule(kind="anonymous_id", limit=weak),
        ),
        breaker=Breaker(identifiers=identifiers, links_a_day=links_a_day),
    )


rulebooks = st.builds(
    small_rules,
    st.sampled_from([4, 6, 9, 100]),
    st.sampled_from([2, 3, 5, 50]),
    st.sampled_from([3, 3, 20]),
)

identifiers = st.builds(
    Identifier,
    st.sampled_from(["user_id", "openid", "email", "device_id", "anonymous_id"]),
    st.sampled_from("abc"),
)


@st.composite
def claim_lists(draw, max_size=14):
    """Claims with ids of their own; every instant may be the same as another one's."""
    size = draw(st.integers(1, max_size))
    return [draw(claims(f"m{number:02}")) for number in range(size)]


@st.composite
def claims(draw, message_id):
    named = draw(st.lists(identifiers, min_size=1, max_size=3, unique=True))
    hours = draw(st.integers(0, 4)) * 24 + draw(st.integers(0, 1))
    return Claim(
        message_id=message_id,
        source_id="web",
        at=START + timedelta(hours=hours),
        identifiers=strongest_first(dict.fromkeys(named), rulebook_of(small_rules())),
        proof=draw(st.sampled_from(["none", "none", "server", "hash"])),
    )


def random_claims(random, size):
    """The same without hypothesis, for lists that are too long to be drawn."""
    kinds = ["user_id", "openid", "email", "device_id", "anonymous_id"]
    values = "abcdef"[: random.randint(2, 6)]
    made = []
    for number in range(size):
        named = {
            Identifier(random.choice(kinds), random.choice(values)): None
            for _ in range(random.randint(1, 3))
        }
        hours = random.randint(0, 4) * 24 + random.randint(0, 1)
        made.append(
            Claim(
                message_id=f"m{number:02}",
                source_id="web",
                at=START + timedelta(hours=hours),
                identifiers=strongest_first(named, rulebook_of(small_rules())),
                proof=random.choice(["none", "none", "server", "hash"]),
            )
        )
    return made
