"""Who sees what in an inbox, and that whatever is done with a message counts once."""

import hmac
import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.write_keys import digest
from shared.domain.identity.graph import Identifier
from shared.domain.inbox.happened import happened
from shared.domain.inbox.model import MOST_ANSWER_CHARACTERS, Ask, InboxMessage
from tests.conftest import CATALOG_TABLE
from tests.functions.serve_inbox.conftest import WRITE_KEY

ACTS = ("shown", "clicked", "dismissed", "answered")


@pytest.fixture
def ada(inbox, make_event):
    """A user with a name, at her strand."""
    inbox.apply(make_event(user_id="ada"))
    return inbox.strand("user_id", "ada")


@pytest.fixture
def visitor(inbox, make_event):
    """A browser that nobody has signed in from."""
    inbox.apply(make_event(anonymous_id="a-1"))
    return inbox.strand("anonymous_id", "a-1")


def test_a_user_sees_the_messages_with_the_hash_of_the_customers_server(inbox, ada):
    inbox.put(ada, "m1", text="Hello Ada", link="https://shop.example/new", link_title="Look")

    status, body, headers = inbox.get(user_id="ada")

    assert status == 200
    assert body["messages"] == [
        {
            "messageId": "m1",
            "channel": "inbox",
            "headline": "News m1",
            "text": "Hello Ada",
            "link": "https://shop.example/new",
            "linkTitle": "Look",
            "createdAt": "2026-11-22T12:00:00.000Z",
            "until": "2026-11-29T12:00:00.000Z",
            "shown": False,
            "clicked": False,
            "answered": False,
        }
    ]
    assert headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("user_hash", ["", "0" * 64, "nonsense"])
def test_nobody_sees_a_users_messages_without_the_hash(inbox, ada, user_hash):
    inbox.put(ada, "m1")

    status, body, _ = inbox.get(user_id="ada", user_hash=user_hash)

    assert (status, body["code"]) == (401, "unauthorized")
    assert inbox.post(("m1", "clicked"), userId="ada", userHash=user_hash)[0] == 401
    assert inbox.timeline() == [{"name": "product_viewed"}]


def test_a_hash_of_one_user_opens_no_other_inbox(inbox, ada, make_event):
    inbox.apply(make_event(user_id="bob"))
    inbox.put(ada, "m1")

    assert inbox.get(user_id="ada", user_hash=inbox.user_hash("bob"))[0] == 401
    assert inbox.ids(user_id="bob") == []
    assert inbox.act(("m1", "clicked"), userId="bob") == ["gone"]


@pytest.mark.parametrize("key", ["", "wk_unknown"])
def test_a_key_that_is_not_known_opens_nothing(inbox, ada, key):
    assert inbox.get(user_id="ada", key=key)[0] == 401
    assert inbox.post(("m1", "clicked"), userId="ada", key=key)[0] == 401


def test_a_key_of_another_workspace_opens_the_inboxes_of_its_own_alone(inbox, ada):
    """Whoever asks, with our hash or with the one that their own workspace would give."""
    key = {**keys.write_key(digest("wk_theirs"))._asdict(), "digest": digest("wk_theirs")}
    row = {**key, "workspace_id": "other", "source_id": "page"}
    inbox.dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item(row))
    inbox.put(ada, "m1")
    own = hmac.new(inbox.ports.user_hashes.key("other").encode(), b"ada", "sha256").hexdigest()
    assert inbox.get(user_id="ada", key="wk_theirs")[0] == 401, "ours is no proof there"
    status, body, _ = inbox.get(user_id="ada", user_hash=own, key="wk_theirs")
    assert (status, body["messages"]) == (200, [])
    assert inbox.get(user_id="ada", user_hash=own)[0] == 401, "nor theirs here"
    who = {"userId": "ada", "userHash": own}
    assert inbox.act(("m1", "dismissed"), key="wk_theirs", **who) == ["gone"]
    assert inbox.ids(user_id="ada") == ["m1"]


def test_a_visitor_sees_what_was_written_to_nobody_in_particular(inbox, visitor):
    inbox.put(visitor, "m1", channel="web")

    assert inbox.ids(anonymous_id="a-1") == ["m1"]
    assert inbox.ids(anonymous_id="a-2") == []


def test_a_visitor_with_a_name_must_prove_it_and_then_sees_what_came_before(
    inbox, visitor, make_event
):
    inbox.begins_at(visitor)
    inbox.put(visitor, "before")
    inbox.apply(make_event(user_id="ada", anonymous_id="a-1"))
    inbox.put(inbox.owner("user_id", "ada").person.profile_id, "after")

    assert inbox.ids(anonymous_id="a-1") == []
    assert inbox.act(("before", "clicked"), ("after", "clicked"), anonymousId="a-1") == [
        "gone",
        "gone",
    ]
    assert set(inbox.ids(user_id="ada")) == {"before", "after"}
    assert inbox.act(("before", "clicked"), userId="ada") == ["first"]


def test_what_was_written_to_a_name_stays_hidden_from_the_browser_when_they_part(
    inbox, visitor, make_event
):
    inbox.begins_at(visitor)
    inbox.apply(make_event(user_id="ada", anonymous_id="a-1"))
    # An enrolment of the time before goes on at its desk and knows by now who it is.
    inbox.put(visitor, "m1", text="Dear Ada")
    assert inbox.ids(user_id="ada") == ["m1"]
    browser, user = Identifier("anonymous_id", "a-1"), Identifier("user_id", "ada")
    inbox.part(browser, user)
    inbox.put(visitor, "m2", text="Dear visitor")

    assert not inbox.owner(*browser).known
    assert inbox.owner(*browser).person.profile_id == visitor
    assert inbox.ids(anonymous_id="a-1") == ["m2"]
    assert inbox.act(("m1", "clicked"), anonymousId="a-1") == ["gone"]


def test_a_popup_is_shown_at_most_once_and_until_it_expires(inbox, ada):
    inbox.put(ada, "popup", channel="web", until=inbox.now + timedelta(hours=1))
    inbox.put(ada, "late", channel="web", until=inbox.now)

    assert inbox.ids(user_id="ada") == ["popup"]
    assert inbox.act(("popup", "shown"), userId="ada") == ["first"]
    assert inbox.act(("popup", "shown"), userId="ada") == ["again"]
    assert inbox.ids(user_id="ada") == []
    assert inbox.act(("late", "shown"), userId="ada") == ["gone"]


def test_an_inbox_message_stays_until_it_is_dismissed(inbox, ada):
    inbox.put(ada, "m1")

    assert inbox.act(("m1", "shown"), ("m1", "clicked"), userId="ada") == ["first", "first"]
    assert inbox.ids(user_id="ada") == ["m1"]
    assert inbox.act(("m1", "dismissed"), userId="ada") == ["first"]
    assert inbox.ids(user_id="ada") == []


def test_the_most_important_comes_first_then_the_latest(inbox, ada):
    inbox.put(ada, "old")
    inbox.put(ada, "new", created_at=inbox.now + timedelta(minutes=1))
    inbox.put(ada, "urgent", priority=5, created_at=inbox.now - timedelta(days=1))

    assert inbox.ids(user_id="ada") == ["urgent", "new", "old"]


def test_nothing_is_sent_again_while_nothing_has_changed(inbox, ada):
    inbox.put(ada, "m1")
    _, _, headers = inbox.get(user_id="ada")
    known = {"if-none-match": headers["etag"]}

    assert inbox.get(user_id="ada", **known)[:2] == (304, None)
    inbox.act(("m1", "shown"), userId="ada")
    assert inbox.get(user_id="ada", **known)[0] == 200


def test_an_answer_is_told_with_its_question_and_only_one_that_is_offered(inbox, ada):
    choice = Ask("next-project", "choice", (("skin", "Skin"), ("contour", "Contour")))
    ids = {"template_id": "ask", "journey_id": "trial", "step": "which"}
    inbox.put(ada, "m1", ask=choice, **ids)

    assert inbox.act(("m1", "answered", "everything"), userId="ada") == ["refused"]
    assert inbox.act(("m1", "answered", "skin"), userId="ada") == ["first"]
    assert inbox.act(("m1", "answered", "contour"), userId="ada") == ["again"]
    assert [each for each in inbox.timeline() if each["name"] == "feedback_given"] == [
        {
            "name": "feedback_given",
            "message_id": "m1",
            "channel": "inbox",
            "question": "next-project",
            "answer": "skin",
            **ids,
        }
    ]
    (message,) = inbox.get(user_id="ada")[1]["messages"]
    assert message["answered"]
    assert "ask" not in message


def test_the_same_message_is_laid_down_once(inbox, ada):
    inbox.put(ada, "m1", headline="First")
    inbox.act(("m1", "clicked"), userId="ada")
    inbox.put(ada, "m1", headline="Second")

    (message,) = inbox.get(user_id="ada")[1]["messages"]
    assert (message["headline"], message["clicked"]) == ("First", True)


def test_there_is_no_inbox_for_who_is_gone(inbox):
    message = InboxMessage(
        message_id="m1",
        channel="inbox",
        headline="x",
        created_at=inbox.now,
        until=inbox.now + timedelta(days=1),
    )

    assert not inbox.store.put("default", "nobody", message)


@pytest.mark.parametrize(
    "acts",
    [
        [],
        ["clicked"],
        [{"messageId": "m1", "act": "sold"}],
        [{"act": "clicked"}],
        [{"messageId": {}, "act": "clicked"}],
        [{"messageId": "m1", "act": "clicked"}] * 51,
    ],
)
def test_what_is_no_list_of_acts_is_refused_with_its_place(inbox, ada, acts):
    body = {"writeKey": "wk_page", "anonymousId": "a-1", "acts": acts}
    status, said, _ = inbox.send("POST", "/v1/inbox", {}, {}, json.dumps(body))

    assert (status, said["code"]) == (400, "invalid_input")
    assert "acts" in said["message"]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["m1", "m2"]), st.sampled_from(ACTS), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_in_any_order_counts_once_and_is_told_once(
    inbox, make_event, empty_profiles, steps
):
    """Each step may act on what was read before the steps of others: two devices, one person."""
    empty_profiles()
    inbox.apply(make_event(user_id="ada"))
    ada = inbox.strand("user_id", "ada")
    for message_id in ("m1", "m2"):
        inbox.put(ada, message_id, ask=Ask("q", "rating"))
    person = inbox.owner("user_id", "ada").person
    stale = inbox.store.find(person, ["m1", "m2"])
    firsts = []
    for message_id, act, is_stale in steps:
        if is_stale:  # straight to the table, as somebody does who has read long ago
            found = stale[message_id]
            event = happened("default", found.message, act, answer="5", now=inbox.now)
            first = inbox.store.act("default", found, act, event, inbox.now)
        else:
            first = inbox.act((message_id, act, "5"), userId="ada") == ["first"]
        if first:
            firsts.append((message_id, act))

    assert len(firsts) == len(set(firsts))
    assert set(firsts) == {(message_id, act) for message_id, act, _ in steps}
    names = {"answered": "feedback_given"}
    told = [(e["message_id"], e["name"]) for e in inbox.timeline() if "message_id" in e]
    assert sorted(told) == sorted((m, names.get(act, f"$message_{act}")) for m, act in firsts)


# --- whatever strangers send ----------------------------------------------------------------------

HALF = "\ud800"


@pytest.mark.parametrize(
    ("named", "acts"),
    [
        ({"anonymousId": "a-1"}, [{"messageId": "m1", "act": ["shown"]}]),
        ({"anonymousId": "a-1"}, [{"messageId": "m1", "act": {}}]),
        ({"anonymousId": "a-1"}, [{"messageId": HALF, "act": "shown"}]),
        ({"anonymousId": "a-1"}, [{"messageId": "m1", "act": "answered", "answer": HALF}]),
        ({"anonymousId": "a-1"}, [{"messageId": "知" * 400, "act": "shown"}]),
        ({"anonymousId": HALF}, [{"messageId": "m1", "act": "shown"}]),
        ({"anonymousId": "\U0001f600" * 512}, [{"messageId": "m1", "act": "shown"}]),
        ({"userId": HALF, "userHash": "0" * 64}, [{"messageId": "m1", "act": "shown"}]),
    ],
)
def test_what_no_client_sends_is_refused_with_the_place(inbox, visitor, named, acts):
    inbox.put(visitor, "m1")
    body = json.dumps({"writeKey": WRITE_KEY, **named, "acts": acts})

    status, answer, _ = inbox.send("POST", "/v1/inbox", {}, {}, body)

    assert status == 400
    assert answer["message"].startswith(("userId", "anonymousId", "acts[0]"))


def test_an_answer_in_any_script_may_be_as_long_as_is_promised(inbox, visitor):
    inbox.put(visitor, "m1", ask=Ask("why", "text"))
    longest = "\U0001f600" * MOST_ANSWER_CHARACTERS
    assert inbox.act(("m1", "answered", longest), anonymousId="a-1") == ["first"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
DOING = st.fixed_dictionaries(
    {"messageId": JUNK | st.just("m1"), "act": JUNK | st.sampled_from(ACTS)},
    optional={"answer": JUNK},
)
TAKEN = st.fixed_dictionaries(
    {"acts": JUNK | st.lists(DOING | JUNK, max_size=3)},
    optional={
        "writeKey": JUNK | st.just(WRITE_KEY),
        "userId": JUNK,
        "userHash": JUNK | st.just("0" * 64),
        "anonymousId": JUNK | st.just("a-1"),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["POST", "POST", "GET", "HEAD", "PUT"]),
    path=st.sampled_from(["/v1/inbox", "/v1/inbox", "/widget.js", "/v1/inbox/x"]),
    query=st.dictionaries(st.sampled_from(["user_id", "anonymous_id"]), st.text()),
    headers=st.dictionaries(
        st.sampled_from(["x-user-hash", "if-none-match", "accept-encoding", "content-encoding"]),
        st.text() | st.just("0" * 64),
    ),
    key=st.sampled_from(["Basic d2tfcGFnZTo=", "Basic x", ""]),
    body=(TAKEN | JUNK).map(json.dumps) | st.text(),
)
def test_every_request_has_an_answer(inbox, method, path, query, headers, key, body):
    status, _, _ = inbox.send(method, path, query, {"authorization": key, **headers}, body)
    assert status in {200, 304, 400, 401, 404, 405}
