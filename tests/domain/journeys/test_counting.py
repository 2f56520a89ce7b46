"""What the changes of all enrolments add up to is what somebody who counts them afresh finds."""

from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.counting import Counted, Deltas, deltas, leaving
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.strategies import histories, journeys, traits
from tests.domain.journeys.test_interpreter import begin, walked


def afresh(enrolment: Enrolment) -> Counter[Counted]:
    """Counted without a look at how it came about: by its fields, and by who led where."""
    found = Counter([Counted("started")])
    if enrolment.status == "active":
        found[Counted(f"here:{enrolment.at}", enrolment.journey_version)] += 1
    elif enrolment.status == "completed":
        found[Counted("completed")] += 1
    else:
        found[Counted(f"exited:{enrolment.reason}")] += 1
    for entry in enrolment.trace:
        if entry.step and (entry.next or entry.decision == "exit_step"):
            found[Counted(f"went:{entry.step}:{entry.next or 'end'}", entry.version)] += 1
    return found


def added(changes: Iterable[Deltas]) -> dict[Counted, int]:
    total = Counter[Counted]()
    for change in changes:
        total.update(change)
    return {counted: n for counted, n in total.items() if n}


@given(journeys(), histories(), traits(), st.data())
def test_the_changes_of_a_run_add_up_to_a_recount_wherever_they_were_stored(
    definition: Journey, history: list[Happened], known: dict[str, str], data: st.DataObject
):
    steps = [begin(definition), *(made.enrolment for made in walked(definition, history, known))]
    stored = [one for one in steps[:-1] if data.draw(st.booleans())]
    told, changes = 0, []
    for one in (*stored, data.draw(st.sampled_from([steps[-1], *stored[-1:]]))):
        changes.append(deltas(one, told))
        told = len(one.trace)
        assert added(changes) == afresh(one)
        assert deltas(one, told) == {}, "what decided nothing adds nothing"
    gone = [*changes, leaving(one)]
    assert not [counted for counted in added(gone) if counted.name.startswith("here:")]
