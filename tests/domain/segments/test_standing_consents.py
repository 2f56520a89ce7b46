"""Conditions about consent say what is in force, and those about reach what dispatch decides."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.channels.inbox import InboxTemplate
from shared.domain.channels.miniprogram import MiniprogramTemplate
from shared.domain.channels.push import PushTemplate
from shared.domain.channels.web import WebTemplate
from shared.domain.channels.webhook import WebhookTemplate
from shared.domain.channels.wechat import WechatTemplate
from shared.domain.channels.wecom import WecomTemplate
from shared.domain.consents.in_force import allows, in_force
from shared.domain.consents.model import Decision, Scope
from shared.domain.consents.told import consent_changed, following, just_before, property_of
from shared.domain.messages.addresses import form_of, is_valid, trait_of
from shared.domain.messages.channels import CHANNELS
from shared.domain.messages.decision import Person, Send, Suppress, decide
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from shared.domain.messages.timing import Moment
from shared.domain.patterns import bounded
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.expand import Definitions, expand
from shared.domain.segments.references import all_references, references
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.purposes import CONSENT_PURPOSES, PURPOSES
from tests.domain.messages.test_addresses import EMAILS, NO_EMAILS, NO_PHONES, PHONES
from tests.domain.segments.histories import Happening, view_of

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOPICS, CHANNELS_SAID = ("", "sale", "news"), ("", "email", "sms", "push")
QUERIES = [
    Scope("marketing", topic, channel)
    for topic, channel in product((*TOPICS, "unspoken"), (*CHANNELS_SAID, "inbox"))
]

scopes = st.builds(
    Scope, st.just("marketing"), st.sampled_from(TOPICS), st.sampled_from(CHANNELS_SAID)
)
instants = st.integers(0, 9).map(lambda hours: NOON + timedelta(hours=hours))
decisions = st.builds(Decision, scopes, st.booleans(), instants, st.sampled_from("abc"))


def ready(data, settings=None):
    known = Definitions({}, {}, settings=settings or WorkspaceSettings())
    return expand(CONDITION.validate_python(data), known)


def asked(scope):
    return {"type": "consent", **scope._asdict(), "channel": scope.channel or None}


CONDITIONS = {query: ready(asked(query)) for query in QUERIES}
NEEDED = all_references(map(references, CONDITIONS.values()))


def happening(event):
    return Happening(event.occurred_at, event.name, event.properties, message_id=event.message_id)


@given(
    st.lists(decisions, max_size=8), st.lists(st.integers(-5_000, 5_000), min_size=9, max_size=9)
)
def test_after_each_decision_they_say_what_is_in_force(lines, steps):
    """Whatever the decisions' own instants are, and wherever the clock goes."""
    now, told_at = NOON, None
    before, history, known = {}, [], []
    for version, (step, _) in enumerate(zip(steps, lines, strict=False), start=1):
        now += timedelta(milliseconds=step)
        after = in_force({"s1": lines[:version]}, ())
        told_at = following(now, [told_at])
        event = consent_changed("w", "s1", version, before=before, after=after, at=told_at)
        history.append(happening(event))
        known.append((told_at, after))
        before = after
    for at, standing in [(NOON - timedelta(days=1), {}), *known]:
        view = view_of(history, NEEDED, at, ZONE)
        for query, condition in CONDITIONS.items():
            assert evaluate(condition, view, at, ZONE).matches == allows(standing, *query), query


@given(st.lists(st.one_of(st.none(), instants), max_size=4), instants)
def test_what_is_told_follows_all_that_was_with_a_moment_in_between(told, now):
    at = following(now + timedelta(microseconds=999), told)
    before = just_before(at)
    assert at >= now
    assert all(before > each for each in told if each is not None)


def test_every_scope_has_a_property_of_its_own():
    topics = ("", "a", "a_b", "a-b", "sms")
    every = [
        Scope(purpose, topic, channel)
        for purpose, topic, channel in product(CONSENT_PURPOSES, topics, CHANNELS_SAID)
    ]
    assert len({property_of(scope) for scope in every}) == len(every)
    longest = Scope("personalisation", "t" * 64, "miniprogram")
    assert CONDITION.validate_python(asked(longest))
    assert references(ready(asked(longest))).cells


# --- reach ----------------------------------------------------------------------------------------

TEMPLATES = {
    "email": EmailTemplate(template_id="t", subject="s", html="<p>h</p>"),
    "sms": SmsTemplate(template_id="t", text="t"),
    "push": PushTemplate(template_id="t", headline="h", text="t"),
    "wechat": WechatTemplate(template_id="t", form="service", text="t"),
    "wecom": WecomTemplate(template_id="t", form="customer_task", text="t"),
    "miniprogram": MiniprogramTemplate(template_id="t", code="c", fields={"thing1": "t"}),
    "inbox": InboxTemplate(template_id="t", headline="h"),
    "web": WebTemplate(template_id="t", headline="h"),
    "webhook": WebhookTemplate(template_id="t", url="https://shop.example.com/messages"),
}
DEVICE = "arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/app/5e3e9847-3183-3f18-a7e8-671c3a57d4b3"
OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
EXTERNAL = "wmqfasd1e19278asdasAAAAAAAAAAAAA"
ADDRESS_TRAITS = [trait for channel in CHANNELS if (trait := trait_of(channel))]
addresses = st.sampled_from(
    [None, "", 7, True, ["ada@shop.cn"], *EMAILS[:3], *NO_EMAILS[:9], *PHONES[:2], *NO_PHONES[:5],
     DEVICE, OPENID, EXTERNAL]
)  # fmt: skip
spoken = st.dictionaries(
    st.builds(
        Scope,
        st.sampled_from(CONSENT_PURPOSES),
        st.sampled_from(("", "sale")),
        st.sampled_from(CHANNELS_SAID),
    ),
    st.booleans(),
    max_size=8,
)
workspaces = st.builds(
    WorkspaceSettings,
    email_from=st.just("shop@example.com"),
    consent_required=st.frozensets(st.sampled_from(PURPOSES)),
    personalisation_default=st.booleans(),
    without_personalisation=st.sampled_from(["send_plain", "suppress"]),
)


@dataclass
class Asked:
    channel: str
    purpose: str
    topic: str

    def request(self):
        return MessageRequest(
            workspace_id="default", profile_id="p1", message_id="m1", enrolment_id="e1",
            journey_id="j", journey_version=1, step="s", visit=1, template_id="t",
            purpose=self.purpose, topic=self.topic, requested_at=NOON,
        )  # fmt: skip


@given(
    st.builds(
        Asked, st.sampled_from(CHANNELS), st.sampled_from(PURPOSES), st.sampled_from(("", "sale"))
    ),
    st.fixed_dictionaries({}, optional=dict.fromkeys(ADDRESS_TRAITS, addresses)),
    spoken,
    workspaces,
)
def test_reachable_is_to_whom_dispatch_would_send(what, traits, said, settings):
    known = {scope: Decision(scope, granted, NOON, "m") for scope, granted in said.items()}
    decision = decide(
        what.request(),
        TEMPLATES[what.channel],
        Person(traits, known),
        settings,
        "published",
        Moment.at(NOON),
    )
    event = consent_changed("w", "p1", 1, before={}, after=known, at=NOON)
    claims = Happening(NOON, "$identify", traits=traits, message_id="i")
    condition = ready({"type": "reachable", **vars(what)}, settings)
    view = view_of([claims, happening(event)], references(condition), NOON, ZONE)

    if isinstance(decision, Suppress):
        assert decision.reason in (
            "no_address", "invalid_address", "no_consent", "no_personalisation"
        )  # fmt: skip
    assert evaluate(condition, view, NOON, ZONE).matches == isinstance(decision, Send)


near_emails = st.lists(
    st.sampled_from([*"aZ9.-_+@\n 茶", "ada", "shop", "com", "@", ".", "12", "a" * 62]), max_size=9
).map("".join)
near_phones = st.text("+0123456789a\n", max_size=18)


near_others = st.lists(
    st.sampled_from([DEVICE, OPENID, "https://", "shop.cn", "/a?b", ":8443", "/", "\n", " ", "."]),
    max_size=4,
).map("".join)
known_addresses = st.sampled_from([*EMAILS, *NO_EMAILS, *PHONES, DEVICE, OPENID, EXTERNAL])


@given(st.one_of(near_emails, near_phones, near_others, known_addresses))
def test_the_patterns_of_an_address_say_what_is_valid(text):
    for channel in CHANNELS:
        every, never = form_of(channel)
        found = all(bounded(pattern).search(text) for pattern in every)
        assert (found and not any(bounded(each).search(text) for each in never)) == is_valid(
            channel, text
        )


@pytest.mark.parametrize("channel", [one for one in CHANNELS if trait_of(one)])
def test_who_never_had_an_address_is_not_reachable(channel):
    condition = ready({"type": "reachable", "channel": channel, "purpose": "transactional"})
    needed = references(condition)
    assert needed.traits == {trait_of(channel)}
    view = view_of([Happening(NOON, "page")], needed, NOON, ZONE)
    assert not evaluate(condition, view, NOON, ZONE).matches
