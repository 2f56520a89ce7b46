"""Whatever is decoded, judged, checked or rendered: it ends, and in a bounded amount of work.

Work is counted in calls, of Python and of C, which no other program on the machine can change;
50,000 of them take about 10 ms. The nightly run counts processor time besides, for work within one
call (a pattern, a number of many digits): far more than so many calls take, since whoever counts
takes of the same time, and so does a model that is built when it is first used.
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from functions.manage_workspace.parsing import parse, read_json
from functions.merge_identity.decode import read_body, read_event
from shared.domain.channels.following import Follow
from shared.domain.due.batches import decode as decode_due
from shared.domain.events.body import read_body as read_request
from shared.domain.feedback.hits import Hit
from shared.domain.inbox.wire import read_doings, read_visitor
from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.definition import Journey
from shared.domain.messages import liquid_engine
from shared.domain.messages.lean_liquid import LiquidError
from shared.domain.messages.links import read as read_link
from shared.domain.messages.model import AnyTemplate, MessageRequest
from shared.domain.messages.render import check, render
from shared.domain.outbound.parcels import Parcel
from shared.domain.segments.condition import Condition
from shared.domain.segments.references import references
from shared.errors import InvalidInputError, PermanentError
from tests.conftest import NOON
from tests.domain.messages.test_liquid_limits import BOMBS, TRAITS
from tests.domain.segments.strategies import cases
from tests.domain.segments.test_evaluate import judged
from tests.fuzz.definitions import written_definitions
from tests.fuzz.mutations import mutations

MOST_CALLS: Final = 400_000
MOST_SECONDS: Final = 2.0  # of the processor, at night, for so many calls
# A rendering has 40,000 steps, of some thirty calls each; the parsing and checking are beside them.
MOST_CALLS_OF_TEMPLATES: Final = 4 * MOST_CALLS
IS_NIGHT: Final = os.environ.get("RAPPORT_FUZZ") == "night"
EXAMPLES: Final = 3_000 if IS_NIGHT else 60
REFUSALS: Final = (InvalidInputError, PermanentError, ValidationError)
JOURNEY: Final = TypeAdapter[Journey](Journey)
TEMPLATE: Final = TypeAdapter[Any](AnyTemplate)
CONDITION: Final = TypeAdapter[Any](Condition)

TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=30)
JUNK: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@contextmanager
def bounded(most: int = MOST_CALLS) -> Iterator[None]:
    """Raise AssertionError as soon as more calls were made."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")
        if calls > most:
            sys.setprofile(None)
            raise AssertionError(f"more than {most:,} calls")

    gc.disable()  # it goes through whatever all tests before have left
    before, begun = sys.getprofile(), time.process_time()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
        gc.enable()
    if IS_NIGHT:
        assert time.process_time() - begun < MOST_SECONDS * most / MOST_CALLS


def _own(read: Callable[[str], object]) -> Callable[[str], None]:
    """What reads only what we have written: whatever it raises fails its message, and no other."""

    def reads(text: str) -> None:
        try:
            read(text)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PermanentError("nothing of ours") from error

    return reads


def _queue(text: str) -> None:
    for each in read_body(text):
        read_event(each)


def _inbox(text: str) -> None:
    value = read_request(text.encode()).value
    if isinstance(value, dict):
        read_visitor(value)
        read_doings(value)


DECODERS: Final[dict[str, Callable[[str], object]]] = {
    "events of the queue": _queue,
    "people who are due": _own(decode_due),
    "messages": MessageRequest.from_body,
    "actions": ActionRequest.from_body,
    "hits": Hit.from_body,
    "follows": Follow.from_body,
    "parcels": _own(Parcel.from_body),
    "inbox": _inbox,
    "links": lambda text: read_link(text, lambda *_: b"k" * 32),
    "bodies of operators": lambda text: read_json(text.encode()),
}
WRAPPED: Final = st.sampled_from(
    ["events", "message", "action", "hit", "follow", "parcel", "names", "acts", "workspace_id"]
)
BODIES: Final = st.one_of(
    TEXTS,
    JUNK.map(json.dumps),
    st.builds(lambda name, inner: json.dumps({"v": 1, name: inner}), WRAPPED, JUNK),
    st.integers(1, 3_000).map(lambda deep: "[" * deep),
    st.integers(1, 3_000).map(lambda deep: '{"v":1,"events":' + "[" * deep + "]" * deep + "}"),
    st.integers(1, 6_000).map(lambda digits: f'{{"v":1,"message":{"9" * digits}}}'),
)


@pytest.mark.parametrize("name", DECODERS)
def test_decoders_read_or_refuse(name: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(BODIES)
    def reads(body: str) -> None:
        with bounded(), suppress(*REFUSALS):
            DECODERS[name](body)

    reads()


@settings(max_examples=EXAMPLES)
@given(cases())
def test_conditions_are_judged(case: tuple[Any, ...]) -> None:
    with bounded():
        verdict = judged(*case)
    assert verdict.matches in (True, False)


def test_the_widest_and_deepest_conditions_are_judged() -> None:
    leaf = {"type": "event", "event": "paid", "times": 3, "within_days": 730}
    wide = {"type": "any", "conditions": [leaf] * 50}
    deep: dict[str, Any] = leaf
    for _ in range(8):
        deep = {"type": "not", "condition": deep}
    for data in (wide, deep, {"type": "all", "conditions": [wide, wide, wide, deep]}):
        with bounded():
            condition = parse(CONDITION, data)
            judged(data, [], NOON, ZoneInfo("UTC"))
        assert references(condition).events
    for most in (100, 100_000):
        for data in ({"type": "any", "conditions": [leaf] * most}, _nested(leaf, most)):
            with bounded(), pytest.raises(InvalidInputError):
                parse(CONDITION, read_json(json.dumps(data).encode()) if most < 200 else data)


def _nested(leaf: dict[str, Any], levels: int) -> dict[str, Any]:
    for _ in range(min(levels, 60)):
        leaf = {"type": "not", "condition": leaf}
    return leaf


def _written(kind: str) -> list[Any]:
    return [each.body for each in written_definitions() if each.kind == kind]


@pytest.mark.slow
def test_definitions_of_journeys_and_templates_are_read_or_refused() -> None:
    tried = 0
    for kind, adapter in (("journey", JOURNEY), ("template", TEMPLATE), ("segment", CONDITION)):
        seen: set[str] = set()
        for document in _written(kind):
            for wrong in mutations(document, seen):
                data = json.loads(wrong.body.decode(errors="surrogatepass"))
                with bounded(), suppress(InvalidInputError):
                    found = parse(adapter, data.get("condition") or data)
                    if kind == "template":
                        check(found)
                tried += 1
    assert tried > 1_000


LIQUID: Final = st.lists(
    st.sampled_from(
        [
            *("{{ profile.first_name }}", "{{ a | b }}", "{% if a %}", "{% endif %}", "{% else %}"),
            *("{% for i in (1..99999999) %}", "{% for i in a %}", "{% endfor %}", "{{ i }}"),
            *("{% assign a = a | append: a %}", "{% assign a = 'xxxxxxxxxx' %}", "{{ a }}"),
            *("{% capture a %}", "{% endcapture %}", "{{ a | replace: 'x', a }}", "{{", "}}", "{%"),
            *("{% case a %}", "{% when 1 %}", "{% endcase %}", "{% include 'x' %}", "{% raw %}"),
            *(
                "{{ 9 | times: 99999999999 }}",
                "{{ 'x' | date: '%Y' }}",
                "{{ a | split: '' | sort }}",
            ),
            *("{{ now | date: '%9999d' }}", "{% cycle 1, 2 %}", "{% increment a %}", "text 知己"),
            *("{% tablerow i in (1..9999) %}", "{% endtablerow %}", "{{ a | slice: -1, 9999 }}"),
            *("{{ 1 | divided_by: 0 }}", "{% liquid", "{# #}", "{% comment %}", "<p>", "</p>"),
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=EXAMPLES)
@given(LIQUID, st.sampled_from(["html", "subject"]))
def test_templates_are_rendered_or_refused(source: str, part: str) -> None:
    document = {"template_id": "t", "channel": "email", "subject": "s", "html": "h", part: source}
    with bounded(MOST_CALLS_OF_TEMPLATES), suppress(InvalidInputError):
        template = parse(TEMPLATE, document)
        check(template)
        render(template, {"profile": {"first_name": "Ann"}, "a": "x" * 50}, NOON)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("html", [False, True])
def test_templates_that_ask_for_the_most_are_given_no_more(name: str, *, html: bool):
    with bounded(MOST_CALLS_OF_TEMPLATES), suppress(LiquidError):
        liquid_engine.render(BOMBS[name], TRAITS, NOON, html=html)


@pytest.mark.nightly
def test_all_of_it_at_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_FUZZ", "night")
    here = [*("-q", "-p", "no:cacheprovider", "-m", "not nightly"), __file__]
    done = subprocess.run([sys.executable, "-m", "pytest", *here], capture_output=True, check=False)
    assert not done.returncode, done.stdout.decode()[-4_000:]
