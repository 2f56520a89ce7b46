"""An erasure goes through its stages in order and names nobody."""

from datetime import timedelta

from shared.domain.erasure.model import STAGES, Erasure, erasure_id_of, finish
from tests.conftest import NOON

SETTLE = timedelta(minutes=22)


def begun():
    return Erasure(erasure_id=erasure_id_of("shop", "p1"), profile_id="p1", requested_at=NOON)


def test_every_stage_is_finished_once_and_in_order():
    erasure, now, met = begun(), NOON, []
    while not erasure.is_done:
        met.append(erasure.stage)
        now += timedelta(minutes=30)
        erasure = finish(erasure, now, SETTLE)

    assert (*met, "done") == STAGES
    assert list(erasure.finished) == met
    assert erasure.done_at == now


def test_only_settling_makes_it_wait():
    erasure, waits = begun(), {}
    while not erasure.is_done:
        if erasure.resume_at:
            waits[erasure.stage] = erasure.resume_at
        erasure = finish(erasure, NOON, SETTLE)

    assert waits == {"settle": NOON + SETTLE}


def test_asking_twice_for_the_same_profile_is_one_erasure():
    assert erasure_id_of("shop", "p1") == erasure_id_of("shop", "p1")
    assert len({erasure_id_of(w, p) for w in ("shop", "other") for p in ("p1", "p2")}) == 4
    assert "p1" not in erasure_id_of("shop", "p1")


def test_rows_go_before_the_wait_and_again_after_it():
    order = [STAGES.index(stage) for stage in ("mark", "forget", "leave", "sweep", "settle")]
    assert order == sorted(order)
    assert STAGES.index("settle") < STAGES.index("sweep_again") < STAGES.index("conclude")
