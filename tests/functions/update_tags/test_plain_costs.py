"""What an event costs in a workspace whose conditions only count: nothing but what it must."""

import pytest

from tests.functions.update_tags.conftest import Wire


def test_ten_events_of_one_person_cost_what_they_must_and_no_more(bench):
    ada = bench.person()
    bench.deliver([bench.event(ada, name) for name in ("page", "cart", "order")])
    wire = Wire()

    bench.deliver([bench.event(ada, name) for name in ["page", "cart"] * 5], wire)

    calls = [name for name, _ in wire.calls]
    assert sorted(calls) == sorted(
        [
            "update_item",  # the counters of page
            "update_item",  # the counters of cart
            "update_item",  # the state
            "batch_get_item",  # the memberships that page and cart touch
            "query",  # counters of page,
            "query",  # of cart,
            "query",  # and of order: a touched segment refers to it
            "batch_get_item",  # the person, with her traits
            "put_events",
        ]
    )


@pytest.mark.slow
def test_what_an_event_costs_depends_neither_on_history_nor_on_other_segments(bench):
    def costs(person):
        wire = Wire()
        bench.deliver([bench.event(person, "order")], wire)
        return [
            (name, sorted(request), len(str(request.get("RequestItems"))))
            for name, request in wire.calls
        ]

    fresh, old = bench.person(), bench.person()
    for person in (fresh, old):
        bench.deliver([bench.event(person, "order")])
    for _ in range(20):
        bench.deliver([bench.event(old, name) for name in ("page", "cart")])
    plain = costs(fresh)
    bench.catalog.conditions |= {
        f"other-{number}": {"type": "event", "event": f"other-{number}"} for number in range(200)
    }

    bench.deliver([bench.event(old, f"other-{number}") for number in range(50)])
    assert costs(old) == plain


def test_what_it_costs_to_know_that_somebody_is_no_part_of_anybody(bench):
    """One read of PROFILE for a batch, and a second one only where something had to be stored.

    Whoever is new gets a row in the due index: nobody is new for ever.
    """

    def calls(*names):
        wire = Wire()
        bench.deliver([bench.event("ada", name) for name in names], wire)
        return [name for name, _ in wire.calls]

    find, fold = "batch_get_item", ["update_item", "update_item"]
    stage, memberships, due = "update_item", "batch_get_item", "put_item"
    assert calls("other") == [*fold, find, due, stage, "put_events", stage, find]
    assert calls("other") == [*fold, find]
    flip = ["transact_write_items", "put_events", "put_item"]
    assert calls("order") == [*fold, find, memberships, "query", "query", *flip, find]
    assert calls("order") == [*fold, find, memberships, "query", "query", "put_events"]
