"""Machines that fetch links, and people who open them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.feedback.hits import Hit, Trace
from shared.domain.feedback.scanners import BURST, HOLD, MANY, TOO_SOON, is_machine, judged

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT = NOON - timedelta(hours=1)
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 MicroMessenger/8.0.60 NetType/WIFI",
    "Mozilla/5.0 (via ggpht.com GoogleImageProxy)",
)


def hit(seconds: float = 0, place: int = 0, of: int = 5, **values) -> Hit:
    known = {
        "hit_id": "h1",
        "workspace_id": "default",
        "profile_id": "p1",
        "message_id": "m1",
        "kind": "click",
        "at": NOON + timedelta(seconds=seconds),
        "place": place,
        "of": of,
        "agent": BROWSERS[0],
    }
    return Hit(**{**known, **values})


def traces(*clicks: tuple[float, int], kind="click") -> list[Trace]:
    return [Trace(NOON + timedelta(seconds=at), kind, place) for at, place in clicks]


@pytest.mark.parametrize("agent", BROWSERS)
def test_people_read_with_browsers(agent):
    assert not is_machine(agent)
    assert judged(hit(agent=agent), [], SENT) is None


@pytest.mark.parametrize(
    "agent",
    [
        *("", "  ", "curl/8.5.0", "python-requests/2.32", "Go-http-client/1.1", "Java/21.0.1"),
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0",
        "Barracuda Sentinel (EE)",
        "WhatsApp/2.23.20.0",
    ],
)
def test_machines_by_their_own_words(agent):
    assert judged(hit(agent=agent), [], SENT) == "agent"


def test_all_links_in_seconds_are_a_machine_and_each_of_them_counts_as_one():
    fetched = [(0.2 * place, place) for place in range(5)]
    for at, place in fetched:
        assert judged(hit(at, place), traces(*fetched), SENT) == "burst"


def test_both_links_of_two_in_seconds_are_a_machine():
    assert judged(hit(0, 0, 2), traces((1, 1)), SENT) == "burst"
    assert judged(hit(0, 0, 1), traces((1, 0)), SENT) is None


def test_people_open_one_link_twice_and_two_of_many():
    assert judged(hit(0, 0), traces((0, 0), (1, 0), (2, 1)), SENT) is None


def test_slow_readers_open_everything_in_the_end():
    far = BURST.total_seconds()
    opened = [(place * far, place) for place in range(5)]
    for at, place in opened:
        assert judged(hit(at, place), traces(*opened), SENT) is None


@pytest.mark.parametrize("kind", ["click", "open"])
def test_whoever_opens_what_nobody_sees_is_a_machine_with_all_it_does_then(kind):
    trap = traces((4, 0), kind="trap")
    assert judged(hit(0, kind=kind), trap, SENT) == "trap"
    assert judged(hit(HOLD.total_seconds() + 5, kind=kind), trap, SENT) is None


def test_nobody_reads_before_the_message_is_there():
    at = hit().at
    assert judged(hit(), [], at - TOO_SOON + timedelta(milliseconds=1)) == "too_soon"
    assert judged(hit(), [], at + timedelta(minutes=1)) == "too_soon"
    assert judged(hit(), [], at - TOO_SOON) is None
    assert judged(hit(), [], None) is None


clicks = st.lists(st.tuples(st.floats(-30, 30).map(lambda at: round(at, 3)), st.integers(0, 4)))


@given(clicks, st.integers(2, 5))
def test_a_burst_is_what_the_slow_way_of_looking_finds(found, of):
    me = hit(0, 0, of)
    near = [(at, place) for at, place in [*found, (0.0, 0)] if abs(at) <= HOLD.total_seconds()]
    seconds = BURST.total_seconds()
    burst = any(
        len({place for at, place in near if begin <= at <= begin + seconds}) >= min(MANY, of)
        for begin, _ in near
        if begin <= 0 <= begin + seconds
    )
    assert (judged(me, traces(*found), SENT) == "burst") is burst


@given(clicks)
def test_the_order_in_which_hits_are_known_makes_no_difference(found):
    ways = (found, found[::-1], [*found, (0.0, 0)])
    assert len({judged(hit(), traces(*way), SENT) for way in ways}) == 1
