"""Reads what an event says about consent.

A decision, of which topic and channel are optional:
    context.consent.decisions = [{"purpose": "marketing", "topic": "sale", "channel": "sms",
                                  "granted": false}]
A state, which stock SDKs stamp on every event:
    context.consent.categoryPreferences = {"marketing": true}
Words of the person, as the server tells that received them:
    track "Message Replied" {"channel": "sms", "text": "退订", "address": "+8613800138000"}
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from shared.domain.consents.model import (
    CONSENT_CHANNELS,
    TOPIC,
    Decision,
    Evidence,
    Scope,
)
from shared.domain.consents.words import reply_means
from shared.domain.events.model import Event
from shared.domain.workspace.purposes import CONSENT_PURPOSES

REPLIED: Final = "Message Replied"
LONGEST_DETAIL: Final = 200


def decisions_of(event: Event, stop_words: Iterable[str] = ()) -> Iterator[Decision]:
    """Every decision of an event, in a fixed order; what has not the right shape says nothing.

    Of two for one scope in one event the refusal holds. `stop_words` are the workspace's own.
    """
    found: dict[Scope, Decision] = {}
    for decision in (*_stamped(event), *_decided(event), *_replied(event, stop_words)):
        before = found.get(decision.scope)
        if before is None or before.granted or not decision.granted:
            found[decision.scope] = decision
    yield from found.values()


def _stamped(event: Event) -> Iterator[Decision]:
    preferences = _consent(event).get("categoryPreferences")
    if isinstance(preferences, dict):
        for purpose in CONSENT_PURPOSES:
            granted = preferences.get(purpose)
            if isinstance(granted, bool):
                yield _decision(event, Scope(purpose), granted, "stamp")


def _decided(event: Event) -> Iterator[Decision]:
    listed = _consent(event).get("decisions")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("granted"), bool):
            scope = _scope(one)
            if scope:
                evidence: Evidence = "import" if event.source_id == "import" else "event"
                yield _decision(event, scope, one["granted"], evidence)


def _replied(event: Event, stop_words: Iterable[str]) -> Iterator[Decision]:
    if event.type != "track" or event.name != REPLIED:
        return
    # Out of a browser anybody could have said it, of any address: it may stop messages to the
    # person whose event it is, and touches no address and opens nothing.
    said = event.properties if event.server else {**event.properties, "address": ""}
    channel, text, address = (said.get(name) for name in ("channel", "text", "address"))
    if channel not in CONSENT_CHANNELS or not isinstance(text, str):
        return
    meaning = reply_means(text, stop_words)
    if meaning == "stop" or (meaning and event.server):
        scope = Scope("marketing" if meaning == "stop" else "service", channel=channel)
        yield Decision(
            scope,
            meaning == "start",
            event.occurred_at,
            event.message_id,
            "opt_out",
            address if isinstance(address, str) else "",
            text.strip()[:LONGEST_DETAIL],
        )


def _scope(one: dict[str, Any]) -> Scope | None:
    purpose: Any = one.get("purpose")
    topic, channel = one.get("topic") or "", one.get("channel") or ""
    known = (
        purpose in CONSENT_PURPOSES
        and isinstance(topic, str)
        and (not topic or TOPIC.fullmatch(topic) is not None)
        and isinstance(channel, str)
        and (not channel or channel in CONSENT_CHANNELS)
    )
    return Scope(purpose, topic, channel) if known else None


def _consent(event: Event) -> dict[str, Any]:
    consent = event.context.get("consent")
    return consent if isinstance(consent, dict) else {}


def _decision(event: Event, scope: Scope, granted: bool, evidence: Evidence) -> Decision:
    return Decision(scope, granted, event.occurred_at, event.message_id, evidence)
