"""Foreign interpreters run what journeys compile to, and come to what the walker comes to."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.domain.journeys.definition import Journey
from tests.domain.journeys.engines import OnMinistack, OnMoto
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.stage import HandlerStage, Opens, walked
from tests.domain.journeys.strategies import histories, journeys, traits

pytestmark = pytest.mark.slow

UNSHRUNK = set(Phase) - {Phase.shrink}  # an execution takes a tenth of a second and more
STATES = {"Task", "Wait", "Choice", "Pass", "Succeed"}


@pytest.mark.parametrize(("opens", "runs"), [(OnMoto, 10), (OnMinistack, 60)])
def test_a_foreign_interpreter_runs_machines_as_journeys_are_walked(opens: Opens, runs: int):
    seen = compare_with_the_walker(opens, runs)
    assert seen["machines"] > runs / 4


@pytest.mark.parametrize("opens", [OnMoto, OnMinistack])
def test_an_event_redeems_the_token_and_an_exit_ends_what_goes_on(opens: Opens):
    definition = journey(
        {"type": "wait_for", "name": "pay", "events": [{"event": "paid"}], "timeout": "PT9H"},
        {"type": "wait", "name": "rest", "duration": "PT9H"},
        {"type": "send", "name": "mail", "template_id": "a"},
        exit_on=[{"event": "left"}],
    )
    history = [
        happened(what, NOON + timedelta(hours=at)) for what, at in (("paid", 1), ("left", 3))
    ]
    stage = HandlerStage(definition, history, {}, opens=opens)
    ended, execution, end = stage.run()
    assert ended == replace(walked(definition, history, {}), enrolment_id=ended.enrolment_id)
    assert (ended.status, stage.redeemed, end) == ("exited", 1, "Succeed")
    assert execution
    assert execution.entered == ["pay", "rest", "mail", "journey: over"]


@pytest.mark.parametrize(
    ("opens", "runs"), [pytest.param(OnMoto, 100, marks=pytest.mark.nightly), (OnMinistack, 1_000)]
)
def test_every_kind_of_state_is_entered(opens: Opens, runs: int, say: Callable[[str], None]):
    seen = compare_with_the_walker(opens, runs)
    assert +seen >= Counter({*STATES, "timed out", "answers lost"})
    figures = ", ".join(f"{what}: {times:,}" for what, times in sorted(seen.items()))
    say(f"{opens.__name__}: {figures}")


def compare_with_the_walker(opens: Opens, runs: int) -> Counter[str]:
    """Let so many generated people through generated journeys; says what was there to see."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=runs, phases=UNSHRUNK, suppress_health_check=list(HealthCheck), database=None
    )
    @given(journeys(), histories(), traits(), st.booleans())
    def each(definition: Journey, history, known, flaky: bool) -> None:
        stage = HandlerStage(definition, history, known, opens=opens, flaky=flaky)
        ended, execution, end = stage.run()
        expected = walked(definition, history, known)
        assert ended == replace(expected, enrolment_id=ended.enrolment_id)
        assert end != "Fail"
        if execution is None:
            return
        # Who is taken out of a wait, by a goal as well, comes to one more state: it finds none.
        if ended.status == "completed" and ended.reason != "goal":
            visited = [step for step, _ in groupby(one.step for one in ended.trace if one.step)]
            states = [step for step, _ in groupby(n.partition(":")[0] for n in execution.entered)]
            assert [step for step in states if step != "journey"] == visited
        kinds = [execution.machine["States"][name]["Type"] for name in execution.entered]
        seen.update(["machines", *kinds])
        seen["answers lost"] += stage.lost
        seen["ended meanwhile"] += "journey: over" in execution.entered
        seen["timed out"] += sum(name.endswith(": time up") for name in execution.entered)
        seen["redeemed"] += stage.redeemed

    each()
    return seen
