"""The longest way is never shorter than any way, and is one where circles do not overlap."""

from functools import cache

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.journeys.graph import Back, Graph, heaviest_way


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Graph, dict[str, int]]:
    """Ways onward lead down, up to three ways back up; every step weighs something."""
    length = draw(st.integers(1, 7))
    names = [f"n{number}" for number in range(length)]
    onward = {
        name: draw(st.lists(st.sampled_from(names[place + 1 :]), max_size=3, unique=True))
        if place + 1 < length
        else []
        for place, name in enumerate(names)
    }
    repeats = draw(st.lists(st.sampled_from(range(length)), max_size=3, unique=True))
    back = {
        names[place]: Back(names[draw(st.integers(0, place))], draw(st.integers(1, 3)))
        for place in repeats
    }
    weights = {name: draw(st.integers(0, 5)) for name in names}
    return Graph(onward, back), weights


def walked(graph: Graph, weights: dict[str, int]) -> int:
    """The heaviest of all ways, each gone step by step, with the counts of the repeats."""
    repeats = sorted(graph.back)

    @cache
    def rest(name: str, counts: tuple[int, ...]) -> int:
        if name in graph.back:
            place, back = repeats.index(name), graph.back[name]
            count = (counts[place] + 1) % (back.times + 1)
            counts = (*counts[:place], count, *counts[place + 1 :])
            ways = [back.target] if count else graph.onward[name]
        else:
            ways = graph.onward[name]
        return weights[name] + max((rest(way, counts) for way in ways), default=0)

    return rest("n0", (0,) * len(repeats))


@given(graphs())
def test_no_way_is_longer_than_the_longest(drawn: tuple[Graph, dict[str, int]]):
    graph, weights = drawn
    assert walked(graph, weights) <= heaviest_way(graph, "n0", weights)


@given(st.integers(0, 4), st.integers(0, 4), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_circles_one_after_the_other_are_counted_exactly(before: int, after: int, times: list[int]):
    onward, back, weights = {"n0": ["a0"]}, {}, {"n0": before, "end": after}
    for place, rounds in enumerate(times):
        following = f"a{place + 1}" if place + 1 < len(times) else "end"
        onward |= {f"a{place}": [f"r{place}"], f"r{place}": [following]}
        back[f"r{place}"] = Back(f"a{place}", rounds)
        weights |= {f"a{place}": place + 1, f"r{place}": 0}
    graph = Graph(onward | {"end": []}, back)
    expected = before + after + sum((n + 1) * (rounds + 1) for n, rounds in enumerate(times))
    assert heaviest_way(graph, "n0", weights) == walked(graph, weights) == expected


@given(graphs(), st.integers(0, 6), st.integers(0, 6), st.integers(1, 4))
def test_one_circle_is_counted_exactly_whatever_ways_leave_it(drawn, place, target, times):
    graph, weights = drawn
    names = sorted(weights)
    target, place = sorted((names[place % len(names)], names[target % len(names)]))
    assume(target == place or place in Graph(graph.onward, {}).reached(target))  # it is a circle
    alone = Graph(graph.onward, {place: Back(target, times)})
    assert heaviest_way(alone, "n0", weights) == walked(alone, weights)


def test_of_repeats_in_one_circle_each_is_gone_through_for_each_round_of_those_behind():
    onward = {"a": ["b"], "b": ["r"], "r": ["s"], "s": ["c"], "c": []}
    weights = {"a": 1, "b": 2, "r": 0, "s": 0, "c": 4}
    graph = Graph(onward, {"r": Back("a", 2), "s": Back("b", 1)})
    # a b, a b, a b, then back behind s: b, a b, a b, and on to c.
    assert heaviest_way(graph, "a", weights) == 3 * 3 + 2 + 2 * 3 + 4
    assert heaviest_way(graph, "b", weights) == 2 + 2 * 3 + 2 + 2 * 3 + 4
    assert heaviest_way(graph, "c", weights) == 4
    more = Graph(onward, {"r": Back("a", 2), "s": Back("b", 3)})
    assert heaviest_way(more, "a", weights) == 3 * 3 + 3 * (2 + 2 * 3) + 4
    out = Graph({**onward, "b": ["r", "c"]}, {"r": Back("a", 2), "s": Back("b", 1)})
    assert heaviest_way(out, "a", {**weights, "c": 40}) == 3 * 3 + 2 + 2 * 3 + 40
