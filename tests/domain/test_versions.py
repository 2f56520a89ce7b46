"""What any version wrote is read as the newest says it; what a newer one wrote is never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.merge_identity.decode import read_event
from shared.domain.events.model import Event
from shared.domain.recovery.rows import lain_of
from shared.domain.versions import read, written
from shared.errors import NewerVersionError, PermanentError, TransientError

STEPS = (
    lambda data: {**data, "at": data["at"].lower()} if "at" in data else data,
    lambda data: {"when" if name == "at" else name: value for name, value in data.items()},
    lambda data: {**data, "kind": data.get("kind", "visit")},
)


@given(
    st.fixed_dictionaries({}, optional={"at": st.text("ABC"), "name": st.text()}),
    st.integers(0, len(STEPS)),
)
def test_whichever_version_wrote_it_it_means_the_same(data, version):
    """Version by version, as it was written over the years, or all at once."""
    newest = data
    for step in STEPS:
        newest = step(newest)
    old = data
    for step in STEPS[:version]:
        old = step(old)
    stored = written(old, STEPS[:version])
    assert ("v" in stored) == (version > 0), "the first version is not written down"
    now = read(stored, STEPS, "a row")
    assert {name: now[name] for name in now if name != "v"} == newest
    assert read(now, STEPS, "a row") == now, "and it is that version now"


@pytest.mark.parametrize("version", [5, 0, -1, "2", None, 1.5])
def test_what_a_newer_version_wrote_is_refused_and_can_be_tried_again(version):
    with pytest.raises(NewerVersionError, match="a row of a kind") as refused:
        read({"v": version, "at": "a"}, STEPS, "a row of a kind")
    assert isinstance(refused.value, TransientError), "whoever is asked again may know it"


def test_events_of_a_newer_version_are_not_guessed_wherever_they_lie(make_event):
    event = make_event("visit")
    body = event.to_json()
    assert "v" not in body, "events are in their first version"
    assert Event.from_json(body) == event
    for read_it in (Event.from_json, lambda data: lain_of({"strand_id": "s", **data})):
        with pytest.raises(NewerVersionError, match="an event"):
            read_it({**body, "v": 2})
    with pytest.raises(PermanentError, match="version 2"):  # a dead letter, kept with its reason
        read_event({**body, "v": 2})
