"""What an event says about who did it."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.events.own import OWN_SOURCE
from shared.domain.identity.claims import BACKDATED, MAX_EXTERNAL_IDS, claim_of
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim, Unusable
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from tests.domain.identity.making import anonymous, device, email, user
from tests.domain.identity.worlds import World

BOOK = rulebook_of(DEFAULT_RULES)


def said(event):
    return claim_of(event, BOOK).identifiers


def test_identifiers_come_strongest_first(make_event):
    event = make_event(
        type="identify",
        user_id="ada",
        anonymous_id="browser",
        traits={"email": "Ada@Mail.Example", "phone": "13900001111"},
        context={"device": {"id": "handset"}},
    )
    assert [each.kind for each in said(event)] == [
        *("user_id", "phone", "email", "device_id", "anonymous_id")
    ]


def test_a_claim_carries_the_event_its_time_and_its_proof(make_event):
    at = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
    event = make_event(user_id="ada", occurred_at=at, received_at=at)
    claim = claim_of(event, BOOK, "hash")
    assert (claim.message_id, claim.source_id) == (event.message_id, event.source_id)
    assert (claim.proof, claim.rule) == ("hash", event.type)
    assert claim.at == datetime(2026, 11, 22, 8, 0, 0, 123000, tzinfo=UTC), "as it is stored"


@pytest.mark.parametrize("type_", ["track", "page", "group"])
def test_traits_count_in_identify_and_context_traits_everywhere(make_event, type_):
    traits = {"email": "ada@mail.example"}
    assert said(make_event(type=type_, user_id="ada", traits=traits)) == (user("ada"),)
    with_context = make_event(type=type_, user_id="ada", context={"traits": traits})
    assert said(with_context) == (user("ada"), email("ada@mail.example"))


def test_external_ids_name_their_kind(make_event):
    entries = [
        {"id": "o1", "type": "wechat_openid", "collection": "users", "encoding": "none"},
        {"id": "x", "type": "shoe_size"},
        {"id": "null", "type": "wechat_unionid"},
        "nonsense",
        {"id": "no type"},
        {"type": "member_id"},
    ]
    claim = claim_of(make_event(user_id="ada", context={"externalIds": entries}), BOOK)
    assert [tuple(each) for each in claim.identifiers] == [
        ("user_id", "ada"),
        ("wechat_openid", "o1"),
    ]
    assert {(each.kind, each.reason) for each in claim.unusable} == {
        ("shoe_size", "unknown_kind"),
        ("wechat_unionid", "blocked"),
        ("member_id", "not_text"),
    }


def test_external_ids_beyond_reason_are_not_read(make_event):
    entries = [{"id": f"o{n}", "type": "wechat_openid"} for n in range(MAX_EXTERNAL_IDS + 5)]
    event = make_event(user_id="ada", context={"externalIds": entries})
    assert len(said(event)) == 1 + MAX_EXTERNAL_IDS


def test_the_previous_id_of_an_alias_is_read_as_anonymous(make_event):
    event = make_event(type="alias", user_id="ada", previous_id="visitor")
    assert said(event) == (user("ada"), anonymous("visitor"))
    assert said(make_event(user_id="ada", previous_id="visitor")) == (user("ada"),)
    assert said(make_event(type="alias", user_id="ada", previous_id="ada")) == (user("ada"),)


def test_an_identifier_that_is_named_twice_is_there_once(make_event):
    event = make_event(type="alias", user_id="ada", anonymous_id="browser", previous_id="browser")
    assert said(event) == (user("ada"), anonymous("browser"))


def test_of_one_kind_the_first_named_comes_first(make_event):
    event = make_event(type="alias", user_id=None, anonymous_id="z", previous_id="a")
    assert said(event) == (anonymous("z"), anonymous("a"))


def test_an_event_of_junk_claims_nothing_and_says_why(make_event):
    event = make_event(
        user_id="null", anonymous_id="undefined", context={"device": {"id": "0000-0000"}}
    )
    claim = claim_of(event, BOOK)
    assert claim.identifiers == ()
    assert {each.reason for each in claim.unusable} == {"blocked"}
    assert len(claim.unusable) == 3


@pytest.mark.parametrize(
    "context",
    [
        {"traits": "x", "device": "y", "externalIds": "z"},
        {"traits": ["email"], "device": [], "externalIds": {"id": 1}},
        {"traits": {"email": None, "phone": ""}, "device": {"id": None}, "externalIds": [None]},
        {"device": {"id": ""}},
    ],
)
def test_context_of_any_shape_is_no_error(make_event, context):
    assert said(make_event(user_id="ada", anonymous_id=None, context=context)) == (user("ada"),)


def test_a_device_counts_in_every_event(make_event):
    event = make_event(user_id=None, anonymous_id="browser", context={"device": {"id": "h1"}})
    assert said(event) == (device("h1"), anonymous("browser"))


def test_a_public_event_cannot_be_backdated_to_take_what_is_somebody_elses(make_event):
    def identify(user_id, occurred_at, received_at):
        return make_event(
            type="identify",
            user_id=user_id,
            traits={"email": "ada@mail.example"},
            occurred_at=occurred_at,
            received_at=received_at,
        )

    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    last_week, long_ago = now - timedelta(days=7), datetime(1990, 1, 1, tzinfo=UTC)
    honest = identify("ada", last_week, last_week)
    forged = identify("eve", long_ago, now)
    for proof, owner in (("none", "ada"), ("server", "eve")):
        world = World(DEFAULT_RULES)
        world.take([claim_of(honest, BOOK)])
        world.take([claim_of(forged, BOOK, proof)])
        assert world.owner(email("ada@mail.example")) == world.owner(user(owner))
    assert claim_of(forged, BOOK).at == now - BACKDATED
    assert claim_of(honest, BOOK).at == last_week


def test_who_has_signed_in_cannot_claim_what_was_linked_before(make_event):
    """A hash proves the user id, not whose the address is, nor when anything happened."""
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    mail = {"email": "ada@mail.example"}

    def told(user_id, proof, hours, **fields):
        came = noon + timedelta(hours=hours)
        given = {"occurred_at": came, "received_at": came} | fields
        event = make_event(type="identify", user_id=user_id, traits=mail, **given)
        return claim_of(event, BOOK, proof)

    world = World(DEFAULT_RULES)
    world.take([told("ada", "none", 0)])
    world.take([told("eve", "hash", 48)])
    world.take([told("eve", "hash", 49, occurred_at=noon - timedelta(days=900))])
    world.take([told("ada", "hash", 72)])
    assert world.owner(user("ada")) == world.owner(email("ada@mail.example"))
    assert world.owner(user("eve")) != world.owner(user("ada"))


def test_a_hash_vouches_for_no_other_user_id(make_event):
    """One that is signed but names nobody, with somebody else's beside it."""
    context = {"externalIds": [{"type": "user_id", "id": "ada"}, {"type": "phone", "id": "x"}]}
    context["traits"] = {"email": "ada@mail.example"}
    assert claim_of(make_event(user_id="test", context=context), BOOK, "hash").proof == "none"
    assert claim_of(make_event(user_id="eve", context=context), BOOK, "hash").proof == "hash"


def test_what_a_journey_writes_of_somebody_is_no_evidence_of_who_they_are(make_event):
    """The value may come from an entry that anybody can send with a public key."""
    told = {"type": "identify", "traits": {"email": "victim@example.com"}, "user_id": "attacker"}
    assert said(make_event(**told)) == (user("attacker"), email("victim@example.com"))
    assert said(make_event(**told, source_id=OWN_SOURCE)) == (user("attacker"),)


def test_everything_an_event_names_is_in_its_claim_once(make_event):
    at = datetime(2026, 11, 22, 8, 0, 0, 999_999, tzinfo=UTC)
    event = make_event(
        type="alias",
        user_id=" ada ",
        anonymous_id="b",
        previous_id="p",
        occurred_at=at,
        received_at=at,
        source_id="app",
        message_id="m1",
        context={
            "traits": {"email": "A@B.example", "phone": "call me", "city": "Bern"},
            "device": {"id": 7},
            "externalIds": [
                {"type": "member_id", "id": "M1"},
                {"type": "user_id", "id": "ada"},
                {"type": "user_id", "id": "ben"},
                {"type": "member_id", "id": None},
                {"type": "device_id", "id": "null"},
                {"type": "device_id", "id": "null"},
                {"type": 7, "id": "x"},
                {"type": "user_id", "id": "x\ud800" + "y" * 200},
            ],
        },
    )
    assert claim_of(event, BOOK, "server") == Claim(
        message_id="m1",
        source_id="app",
        at=at.replace(microsecond=999_000),
        identifiers=(
            user("ada"),
            user("ben"),
            Identifier("member_id", "M1"),
            email("a@b.example"),
            device("7"),
            anonymous("b"),
            anonymous("p"),
        ),
        proof="server",
        rule="alias",
        unusable=(
            Unusable("phone", "call me", "malformed"),
            Unusable("member_id", "None", "not_text"),
            Unusable("device_id", "null", "blocked"),
            Unusable("user_id", "x?" + "y" * 98, "malformed"),
        ),
    )


def test_contacts_of_identify_come_before_those_of_the_context(make_event):
    event = make_event(
        type="identify",
        user_id=None,
        traits={"email": "b@b.example", "phone": "", "device_id": "x"},
        context={"traits": {"email": "a@b.example", "phone": None}, "device": {"id": "h"}},
    )
    assert said(event) == (email("b@b.example"), email("a@b.example"), device("h"))


@pytest.mark.parametrize(
    ("proof", "days", "back"),
    [("none", 3, 1), ("hash", 3, 1), ("server", 3, 3), ("import", 3, 3), ("operator", 3, 3),
     ("none", 0, 0), ("none", 1, 1)],
)  # fmt: skip
def test_what_clients_say_of_themselves_is_a_day_old_at_most(make_event, proof, days, back):
    received = datetime(2026, 11, 22, 8, tzinfo=UTC)
    event = make_event(
        user_id="ada", received_at=received, occurred_at=received - timedelta(days=days)
    )
    claim = claim_of(event, BOOK, proof)
    assert (claim.at, claim.proof) == (received - timedelta(days=back), proof)


def test_a_hash_is_proof_of_the_strongest_identifier_or_of_none(make_event):
    weak = make_event(user_id=None, anonymous_id="a")
    assert claim_of(weak, BOOK, "hash").proof == "none"
    assert claim_of(weak, BOOK, "server").proof == "server"
    nobody = make_event(user_id="null", anonymous_id=None)
    assert claim_of(nobody, BOOK, "hash") == Claim(
        message_id=nobody.message_id,
        source_id="web",
        at=nobody.occurred_at,
        identifiers=(),
        proof="none",
        rule="track",
        unusable=(Unusable("user_id", "null", "blocked"),),
    )


@pytest.mark.parametrize(
    ("microsecond", "kept"),
    [(0, 0), (999, 0), (1_000, 1_000), (1_999, 1_000), (500_000, 500_000), (999_000, 999_000)],
)
def test_an_instant_is_cut_to_milliseconds(make_event, microsecond, kept):
    at = datetime(2026, 11, 22, 8, 0, 5, microsecond, tzinfo=UTC)
    claim = claim_of(make_event(user_id="ada", occurred_at=at, received_at=at), BOOK)
    assert claim.at == at.replace(microsecond=kept)
