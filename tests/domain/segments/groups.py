"""Groups of conditions, as JSON, out of parts that a test draws."""

from typing import Any

from hypothesis import strategies as st


def groups(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Not, all, any or at least so many of them."""
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda each: {"type": "not", "condition": each}, parts),
        st.builds(lambda kind, each: {"type": kind, "conditions": each},
                  st.sampled_from(["all", "any"]), several),
        st.builds(
            lambda each, count: {
                "type": "at_least", "count": min(count, len(each)), "conditions": each,
            },
            several, st.integers(1, 3),
        ),
    )  # fmt: skip
