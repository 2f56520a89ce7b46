"""Two workers on the same people, cut into one another at every call, end as one after the other.

Each worker runs in its own thread, but only one of them at a time, and only up to its next AWS
call: the schedule is exact and the same every time.
"""

from datetime import UTC, datetime, timedelta
from threading import Semaphore, Thread

import pytest

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


STRIDE = 3  # tests/crash/test_identity_races.py plays every schedule, where a real engine judges


class Worker:
    """An invocation that stops before each of its calls until it is told to go on."""

    def __init__(self, bench, make_wire, records):
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        self.done = False
        self.outcome = None
        use_case = bench.worker(make_wire(before=self._stop))

        def run():
            self._go.acquire()
            try:
                self.outcome = use_case.apply(records)
            finally:
                self.done = True
                self._stopped.release()

        self._thread = Thread(target=run, daemon=True)
        self._thread.start()
        self.step()  # to the first call

    def _stop(self, number, name):
        self._stopped.release()
        self._go.acquire()

    def step(self):
        """Make the call at hand and run up to the next one."""
        self._go.release()
        self._stopped.acquire()

    def steps(self, most):
        taken = 0
        while not self.done and taken < most:
            self.step()
            taken += 1
        return taken

    def finish(self):
        self.steps(10_000)
        self._thread.join()
        return self.outcome


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def visits_and_sign_up(make):
    return [], [make(anonymous_id="phone")], [make(user_id="ada", anonymous_id="phone")]


def two_users_of_a_new_device(make):
    return (
        [],
        [make(user_id="ada", anonymous_id="tablet")],
        [make(user_id="ben", anonymous_id="tablet")],
    )


def two_users_of_a_visited_device(make):
    _before, ada, ben = two_users_of_a_new_device(make)
    return [make(anonymous_id="tablet")], ada, ben


def two_devices_of_a_new_user(make):
    return (
        [],
        [make(user_id="ada", anonymous_id="phone")],
        [make(user_id="ada", anonymous_id="laptop")],
    )


def an_alias_against_a_sign_in(make):
    return (
        [make(anonymous_id="visitor")],
        [make(type="alias", user_id="ada", previous_id="visitor")],
        [make(user_id="ada"), make(user_id="ben", anonymous_id="visitor")],
    )


def two_identifies(make):
    def says(second, **traits):
        context = {"consent": {"categoryPreferences": {"marketing": bool(second % 2)}}}
        return make(type="identify", at=at(second), traits=traits, context=context)

    return [make()], [says(1, city="上海", age=1)], [says(2, city="北京", vip=True)]


def the_same_message_twice(make):
    message = [
        make(anonymous_id="phone"),
        make(type="identify", anonymous_id="phone", user_id="ada", traits={"city": "上海"}),
    ]
    return [], message, message


RACES = [
    visits_and_sign_up,
    two_users_of_a_new_device,
    two_users_of_a_visited_device,
    two_devices_of_a_new_user,
    an_alias_against_a_sign_in,
    two_identifies,
    the_same_message_twice,
]


@pytest.mark.slow
@pytest.mark.parametrize("race", RACES)
def test_workers_cut_into_one_another_end_as_one_after_the_other(
    bench, make_event, make_wire, make_records, race
):
    before, *messages = race(make_event)

    def start(message):
        return Worker(bench, make_wire, make_records(message))

    def reset():
        bench.clear()
        bench.apply(before)

    sequential = []
    for first, second in (messages, reversed(messages)):
        reset()
        bench.apply(first)
        bench.apply(second)
        sequential.append(bench.state())

    for head in range(1, 40, STRIDE):
        for middle in range(1, 40, STRIDE):
            reset()
            one, other = start(messages[0]), start(messages[1])
            one_steps, other_steps = one.steps(head), other.steps(middle)
            outcomes = [one.finish(), other.finish()]
            assert [outcome.failed for outcome in outcomes] == [set(), set()]
            assert bench.state() in sequential, f"after {head} calls of one, {middle} of the other"
            if other_steps < middle:
                break
        if one_steps < head:
            return
    raise AssertionError("the schedule never ended")
