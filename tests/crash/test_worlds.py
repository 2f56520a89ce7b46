"""Ten thousand small worlds: nobody is written to twice, after a no, in the night or too often.

Each promise is held to what happened by its own words, without the code that keeps it.
"""

import sys
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.messages.model import MessageRequest
from tests.crash.small_world import Claim, Life

pytestmark = pytest.mark.slow

FINAL = {"sent", "rejected", "suppressed", "unknown"}
ALLOWED = {"message": (timedelta(hours=48), 5), "menu": (timedelta(minutes=1), 3)}
SPANS = {"PT6H": timedelta(hours=6), "P1D": timedelta(days=1), "P2D": timedelta(days=2),
         "P3D": timedelta(days=3)}  # fmt: skip


@pytest.mark.parametrize("worlds", [1_000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_small_worlds_keep_every_promise(worlds: int, capsys: pytest.CaptureFixture[str]):
    seen: Counter[str] = Counter()
    for seed in range(worlds):
        life = Life(seed)
        try:
            life.live()
            check(life, seen)
        except Exception as error:
            raise AssertionError(f"world {seed}: {error}") from error
        seen.update(life.told.counts)
    assert min(seen[one] for one in (*FINAL, "put off", "provider calls", "failed")) > worlds // 20
    with capsys.disabled():
        told = ", ".join(f"{n} {name}" for name, n in sorted(seen.items()))
        sys.stdout.write(f"\n{worlds:,} small worlds: {told}\n")


def check(life: Life, seen: Counter[str]) -> None:
    everything_ends(life, seen)
    nobody_gets_a_message_twice(life)
    nothing_goes_out_after_a_no(life)
    nothing_goes_out_in_quiet_hours(life)
    no_cap_is_broken(life)
    windows_are_kept(life)
    an_address_gets_a_broadcast_once(life)


def everything_ends(life: Life, seen: Counter[str]) -> None:
    sent: Counter[str] = Counter()
    for request in life.requests.values():
        if request.profile_id in life.told.erased:
            continue
        row = life.world.message(request)
        assert row["status"] in FINAL, f"{request.message_id} is {row['status']}"
        assert row["status"] != "suppressed" or row["reason"]
        seen[row["status"]] += 1
        seen["put off"] += "began_at" in row
        seen[f"because {row.get('reason')}"] += 1
        sent[request.profile_id] += row["status"] == "sent"
    for person in life.people:
        names = [event.name for event in life.world.timeline(person)]
        assert names.count("$message_sent") == sent[person] or person in life.told.erased


def nobody_gets_a_message_twice(life: Life) -> None:
    times = Counter(claim.request.message_id for claim in life.told.taken)
    assert all(n == 1 for n in times.values()), times


def nothing_goes_out_after_a_no(life: Life) -> None:
    for claim in life.told.claims:
        write, why = life.told.no_more.get(claim.request.message_id, (claim.write, ""))
        assert claim.write <= write, f"{claim.request.message_id} claimed after {why}"


def zone_of(life: Life, request: MessageRequest, *, number: bool = True) -> ZoneInfo:
    """By the words of the rule; a merged person has the traits of both."""
    traits = life.traits[request.profile_id]
    by_number = "Asia/Shanghai" if traits["phone"].startswith("+86") and number else None
    return ZoneInfo(traits.get("timezone") or by_number or life.settings["timezone"])


def is_inside(windows: list[str], zone: ZoneInfo, at: datetime) -> bool:
    time = at.astimezone(zone).strftime("%H:%M")
    for window in windows:
        start, end = window.split("-")
        if start <= time < end if start < end else time >= start or time < end:
            return True
    return False


def nothing_goes_out_in_quiet_hours(life: Life) -> None:
    for claim in life.told.claims:
        request = claim.request
        if life.told.merged:
            continue  # whose zone holds is the matter of who they are by then
        if request.quiet_hours == "obey":
            windows = life.settings["quiet_hours"] if request.purpose == "marketing" else []
        else:
            windows = [] if request.quiet_hours == "ignore" else [request.quiet_hours]
        assert not is_inside(windows, zone_of(life, request), claim.at), request
        if claim.channel == "sms" and claim.address.startswith("+86"):
            open_hours = not is_inside(["22:00-08:00"], ZoneInfo("Asia/Shanghai"), claim.at)
            assert open_hours or request.purpose != "marketing", request


def contacts(life: Life, latest: Claim) -> list[Claim]:
    """All that this person got until a claim, as the person is at that moment."""
    merged = max((write for write, _ in life.told.merged if write < latest.write), default=0)
    parted = max((write for write in life.told.parted if write < latest.write), default=0)
    people, since = {latest.request.profile_id}, 0
    if merged:
        pair = life.told.merged[0][1]
        together = merged > parted
        if latest.request.profile_id in pair:
            people = set(pair) if together else people
            since = 0 if together else parted
    return [
        claim
        for claim in life.told.taken
        if claim.request.profile_id in people and since < claim.write <= latest.write
    ]


def no_cap_is_broken(life: Life) -> None:
    for claim in life.told.taken:
        for cap in life.settings["contact_budget"]:
            if not covers(cap, claim):
                continue
            mine = [one for one in contacts(life, claim) if covers(cap, one)]
            most = cap["most"]
            if claim.request.priority < 80:
                most -= cap.get("reserve", 0)
            zone = zone_of(life, claim.request)
            if cap.get("per") == "day" and life.told.merged:
                continue  # as for quiet hours
            held = [one for one in mine if counts(cap, zone, one.at, claim.at)]
            assert len(held) <= most, (cap, held)


def covers(cap: dict[str, object], claim: Claim) -> bool:
    return cap.get("channel") in (None, claim.channel) and cap.get("topic") in (
        None,
        claim.request.topic,
    )


def counts(cap: dict[str, str], zone: ZoneInfo, one: datetime, now: datetime) -> bool:
    if "within" in cap:
        return now - one < SPANS[cap["within"]]
    return one.astimezone(zone).date() == now.astimezone(zone).date()


def windows_are_kept(life: Life) -> None:
    chats = [claim for claim in life.told.taken if claim.channel == "wechat"]
    for claim in chats:
        opening = False
        for address, at, act, write in life.told.acts:
            lasts, most = ALLOWED[act]
            if address == claim.address and write < claim.write and claim.at < at + lasts:
                mine = [one for one in chats if one.address == address]
                since = [one for one in mine if write < one.write <= claim.write]
                opening = opening or len(since) <= most
        assert opening, claim


def an_address_gets_a_broadcast_once(life: Life) -> None:
    got = Counter(
        (claim.channel, claim.address) for claim in life.told.taken if claim.request.broadcast_id
    )
    for (channel, address), times in got.items():
        assert times <= 1, (channel, address)
