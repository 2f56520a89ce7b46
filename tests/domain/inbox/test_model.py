"""The pure half of the inbox: questions, order, and when a message may be shown."""

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.channels.inbox import InboxTemplate
from shared.domain.inbox.happened import happened
from shared.domain.inbox.model import Act, Ask, Form, InboxMessage, in_order

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACTS = get_args(Act)

asks = st.builds(
    Ask,
    st.text(min_size=1, max_size=20),
    st.sampled_from(get_args(Form)),
    st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=4).map(tuple),
)
messages = st.builds(
    lambda number, channel, age, left, priority: InboxMessage(
        message_id=f"m{number}",
        channel=channel,
        headline="x",
        created_at=NOON - timedelta(minutes=age),
        until=NOON + timedelta(minutes=left),
        priority=priority,
        ask=Ask("q", "rating"),
    ),
    st.integers(0, 99),
    st.sampled_from(["inbox", "web"]),
    st.integers(0, 5),
    st.integers(-5, 5),
    st.integers(0, 3),
)


@given(asks)
def test_a_question_survives_its_writing(ask):
    assert Ask.from_json(json.loads(json.dumps(ask.to_json()))) == ask


@given(asks, st.text(max_size=510))
def test_a_question_takes_its_own_answers_and_no_others(ask, answer):
    offered = {
        "reaction": {"like", "not_interested", "tell_me_more"},
        "rating": {"1", "2", "3", "4", "5"},
        "choice": {each for each, _ in ask.answers},
    }
    if ask.form == "text":
        assert ask.takes(answer) == (bool(answer.strip()) and len(answer) <= 500)
    else:
        assert ask.takes(answer) == (answer in offered[ask.form])
        assert all(map(ask.takes, offered[ask.form]))


@given(st.lists(messages, max_size=8, unique_by=lambda one: one.message_id), st.randoms())
def test_the_order_does_not_depend_on_how_they_came(some, random):
    shuffled = list(some)
    random.shuffle(shuffled)
    assert in_order(some) == in_order(shuffled)
    found = [(one.priority, one.created_at) for one in in_order(some)]
    assert found == sorted(found, reverse=True)


@given(messages, st.lists(st.sampled_from(ACTS), max_size=6))
def test_a_popup_that_was_begun_and_what_is_over_are_never_shown_again(message, acts):
    for minute, act in enumerate(acts):
        before = message.when(act)
        message = message.after(act, NOON + timedelta(minutes=minute))
        assert message.when(act) == (before or NOON + timedelta(minutes=minute))
    shown = message.is_to_be_shown(NOON)
    over = message.until <= NOON or "dismissed" in acts
    assert shown == (not over and (message.channel == "inbox" or "shown" not in acts))


@given(messages, st.sampled_from(ACTS))
def test_the_same_act_makes_the_same_event_and_tells_nothing_of_the_words(message, act):
    first = happened("shop", message, act, answer="5", now=NOON)
    again = happened("shop", message, act, answer="4", now=NOON + timedelta(minutes=1))
    assert first.message_id == again.message_id
    assert message.headline not in first.properties.values()


def test_a_template_asks_what_the_inbox_keeps():
    answers = [{"answer": "skin", "title": "Skin care"}, {"answer": "contour"}]
    template = InboxTemplate.model_validate(
        {
            "template_id": "ask",
            "headline": "Which?",
            "ask": {"question": "next", "answers": answers},
            "priority": 4,
        }
    )
    rendered = dict.fromkeys(("headline", "text", "image", "link", "link_title"), "x")
    content = template.content(rendered)
    assert content.ask == Ask("next", "choice", (("skin", "Skin care"), ("contour", "")))
    assert content.priority == 4
