"""One person over web, app, WeChat and till is one profile, explained; a wrong merge is undone."""

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.stack

START = datetime.now(UTC) - timedelta(hours=3)


@pytest.fixture(scope="module")
def server_key(admin):
    """A key that never leaves the shop's servers."""
    body = {"source_id": "till", "kind": "server"}
    return admin.call("POST", "/write-keys", body)["write_key"]


@pytest.fixture
def mark():
    return f"one{uuid4().hex[:10]}"


@pytest.fixture
def send(stack, write_key):
    """Send one event a minute later than the one before."""
    minutes = iter(range(1000))

    def send(*, key=write_key, **event):
        at = START + timedelta(minutes=next(minutes))
        answer = httpx.post(
            f"{stack.api_url}/v1/batch",
            json={"batch": [{"timestamp": at.isoformat(), **event}], "sentAt": None},
            auth=(key, ""),
            timeout=60,
        )
        assert answer.json().get("accepted") == 1, answer.text

    return send


def track(name, **event):
    return {"type": "track", "event": name, **event}


def external(**ids):
    return {"externalIds": [{"id": value, "type": kind} for kind, value in ids.items()]}


def names(profile):
    return {each["value"] for each in profile["identifiers"]}


def story(profile):
    return [each["name"] for each in reversed(profile["timeline"]["events"])]


def own(profile):
    """What somebody did of what happens here."""
    return [name for name in story(profile) if name.startswith("one")]


def is_in(segment_id, profile):
    members = {each["segment_id"] for each in profile["memberships"] if each["member"]}
    return segment_id in members


def test_web_app_wechat_and_till_come_to_one_person(admin, send, server_key, mark):
    her, phone = f"{mark}-user", f"+8613{uuid4().int % 10**9:09d}"
    web, app = {"anonymousId": f"{mark}-web"}, {"anonymousId": f"{mark}-app"}
    device = {"device": {"id": f"{mark}-phone"}}
    send(**track("one browse", **web, context={"campaign": {"source": "douyin", "name": "11.11"}}))
    send(type="identify", userId=her, **web, traits={"email": f"{mark}@Example.com"})
    send(**track("one open app", **app, context=device))
    send(type="identify", userId=her, **app, context=device)
    send(**track("one message", context=external(wechat_openid=f"{mark}-open")))
    send(
        key=server_key,
        type="identify",
        userId=her,
        context=external(wechat_openid=f"{mark}-open", wechat_unionid=f"{mark}-union"),
    )
    send(
        key=server_key,
        **track(
            "one order", context=external(member_id=f"{mark}-card"), properties={"revenue": 129.9}
        ),
    )
    send(
        key=server_key,
        type="identify",
        userId=her,
        traits={"phone": phone},
        context=external(member_id=f"{mark}-card"),
    )

    everything = {
        *(her, f"{mark}@example.com", f"{mark}-web", f"{mark}-app", f"{mark}-phone"),
        *(f"{mark}-open", f"{mark}-union", f"{mark}-card", phone),
    }
    admin.until(
        lambda: admin.known("user_id", her) and names(admin.profile("user_id", her)) == everything
    )
    did = ["one browse", "one open app", "one message", "one order"]
    admin.until(lambda: len(own(admin.profile("user_id", her))) == len(did))
    profile = admin.profile("member_id", f"{mark}-card")
    assert profile["profile_id"] == admin.profile("email", f"{mark}@EXAMPLE.com")["profile_id"]
    assert own(profile) == did

    def counted():
        found = admin.profile("user_id", her)
        return {each["event"]: each["times"] for each in found["counts"]}.get("one order") == 1

    admin.until(counted)
    told = admin.call("GET", f"/profiles/{profile['profile_id']}/explanation")["explanation"]
    assert told["disputes"] == []
    assert all(each["because"] for each in told["identifiers"] if each["value"] != her)


def test_two_people_on_one_device_stay_two_and_junk_merges_nobody(admin, send, mark):
    tablet = {"anonymousId": f"{mark}-tablet"}
    for user in ("ann", "bob"):
        send(type="identify", userId=f"{mark}-{user}", **tablet)
        for junk in ("null", "undefined", "00000000-0000-0000-0000-000000000000", "-1"):
            send(type="identify", userId=f"{mark}-{user}", anonymousId=junk)
    for user in ("ann", "bob"):
        admin.until(lambda user=user: len(admin.timeline(f"{mark}-{user}")) >= 5)

    ann, bob = (admin.profile("user_id", f"{mark}-{user}") for user in ("ann", "bob"))
    assert ann["profile_id"] != bob["profile_id"]
    assert names(ann) == {f"{mark}-ann", f"{mark}-tablet"}
    assert names(bob) == {f"{mark}-bob"}


def test_what_a_public_key_may_not_join_a_user_hash_does(admin, send, mark):
    """Two people with an address each: a page alone cannot say that they are one."""
    her, phone = f"{mark}-user", f"+8613{uuid4().int % 10**9:09d}"
    send(type="identify", userId=her, traits={"email": f"{mark}@example.com"})
    send(
        type="identify",
        anonymousId=f"{mark}-a",
        traits={"phone": phone},
        context=external(wechat_openid=f"{mark}-open"),
    )
    send(type="identify", userId=her, traits={"phone": phone})
    send(**track("one end", userId=her))
    admin.until(
        lambda: admin.known("user_id", her) and "one end" in story(admin.profile("user_id", her))
    )

    def disputes():
        profile_id = admin.profile("user_id", her)["profile_id"]
        return admin.call("GET", f"/profiles/{profile_id}/explanation")["explanation"]["disputes"]

    admin.until(lambda: bool(disputes()))
    assert phone not in names(admin.profile("user_id", her))
    (dispute,) = disputes()
    assert dispute["reason"] == "unproven"

    key = admin.call("GET", "/identity/user-hash-key")["user_hash_key"]
    signed = hmac.new(key.encode(), her.encode(), sha256).hexdigest()
    send(type="identify", userId=her, traits={"phone": phone}, context={"userHash": signed})
    admin.until(lambda: phone in names(admin.profile("user_id", her)))


def test_a_wrong_merge_is_undone_and_everybody_has_their_own_again(admin, send, mark):
    admin.apply(
        {
            "kind": "segment",
            "segment_id": "one-kiosk",
            "title": "Used a kiosk",
            "condition": {"type": "event", "event": "one kiosk"},
        }
    )
    ann, shared = f"{mark}-ann", {"anonymousId": f"{mark}-kiosk"}

    def is_seen():
        send(**track("one kiosk", **shared))  # a new segment reaches people with their next event
        return admin.known("anonymous_id", f"{mark}-kiosk") and is_in(
            "one-kiosk", admin.profile("anonymous_id", f"{mark}-kiosk")
        )

    admin.until(is_seen)
    send(**track("one visit", userId=ann))
    send(type="identify", userId=ann, **shared)
    admin.until(
        lambda: admin.known("user_id", ann) and len(names(admin.profile("user_id", ann))) == 2
    )
    admin.until(lambda: is_in("one-kiosk", admin.profile("user_id", ann)))
    admin.until(lambda: "one visit" in story(admin.profile("user_id", ann)))
    merged = admin.profile("user_id", ann)
    assert {"one kiosk", "one visit"} <= set(story(merged))

    cut = {"identifier": {"kind": "anonymous_id", "value": f"{mark}-kiosk"}}
    answer = admin.call("POST", f"/profiles/{merged['profile_id']}/unmerge", cut)

    assert len(answer["profiles"]) == 2
    kiosk = admin.profile("anonymous_id", f"{mark}-kiosk")
    assert set(story(kiosk)) == {"one kiosk"}
    alone = admin.profile("user_id", ann)
    assert own(alone) == ["one visit"]
    admin.until(lambda: not is_in("one-kiosk", admin.profile("user_id", ann)))
    admin.until(lambda: is_in("one-kiosk", admin.profile("anonymous_id", f"{mark}-kiosk")))
    admin.until(lambda: admin.call("GET", "/segments/one-kiosk")["members"] == 1)
    send(type="identify", userId=ann, **shared)
    send(**track("one last", userId=ann))
    admin.until(lambda: "one last" in story(admin.profile("user_id", ann)))
    assert names(admin.profile("user_id", ann)) == {ann}


def test_who_waits_as_nobody_is_woken_as_somebody(admin, send, mark):
    """She puts something into a cart unknown, signs in as somebody known, and pays as that one."""
    admin.apply(
        {
            "kind": "template",
            "template_id": "one-cart",
            "channel": "email",
            "subject": "Your cart",
            "html": "<p>It waits</p>",
        },
        {
            "kind": "journey",
            "journey_id": "one-cart",
            "title": "Cart",
            "entry": {"type": "event", "event": "one cart", "max_age": "P2D"},
            "exit_on": [{"event": "one paid"}],
            "steps": [
                {"type": "wait", "name": "some days", "duration": "P300D"},
                {"type": "send", "name": "remind", "template_id": "one-cart"},
            ],
        },
    )
    her, browser = f"{mark}-user", {"anonymousId": f"{mark}-web"}
    send(type="identify", userId=her, traits={"first_name": "Ann"})

    def is_inside():
        send(**track("one cart", **browser))  # a new journey is met by the next event
        name = f"{mark}-web"
        return (
            admin.known("anonymous_id", name)
            and len(admin.profile("anonymous_id", name)["enrolments"]) == 1
        )

    admin.until(is_inside)
    send(type="identify", userId=her, **browser)
    send(**track("one paid", userId=her))

    def ended():
        (enrolment,) = admin.profile("user_id", her)["enrolments"] or [{"status": "none"}]
        return enrolment["status"] == "exited"

    admin.until(ended)
