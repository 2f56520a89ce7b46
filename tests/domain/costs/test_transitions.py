"""Transitions are counted off a trace as they are met when the machine itself is run."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from shared.domain.costs.transitions import transitions
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.stage import Stage
from tests.domain.journeys.strategies import histories, journeys, traits


@settings(max_examples=500)
@given(journeys(), histories(), traits())
def test_what_a_trace_took_is_what_the_execution_entered(definition, history, known):
    ended, execution, _ = Stage(definition, history, known).run()
    if execution is None:
        assert transitions(definition, ended) == 0
    elif not ended.was_cut:
        assert transitions(definition, ended) == 1 + len(execution.entered)
    else:
        assert transitions(definition, ended) <= 1 + len(execution.entered)


@pytest.mark.parametrize("on_event", ["end", "later", "thank"])
@pytest.mark.parametrize("on_timeout", ["end", "later", "thank"])
@pytest.mark.parametrize("comes", [True, False])
def test_a_wait_for_takes_a_state_more_where_its_ways_part(on_event, on_timeout, comes):
    watch = {
        "type": "wait_for",
        "name": "watch",
        "events": [{"event": "paid"}],
        "timeout": "P1D",
        "on_event": on_event,
        "on_timeout": on_timeout,
    }
    later = {"type": "wait", "name": "later", "duration": "P1D"}
    thank = {"type": "send", "name": "thank", "template_id": "welcome"}
    definition = journey(watch, later, thank)
    history = [happened("paid", NOON + timedelta(hours=1))] if comes else []
    ended, execution, _ = Stage(definition, history, {}).run()
    assert execution
    assert transitions(definition, ended) == 1 + len(execution.entered), execution.entered
