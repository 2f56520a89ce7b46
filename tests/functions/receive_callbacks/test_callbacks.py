"""Callbacks: verified, told as events of the person once, and answered; windows open by them."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.receive_callbacks.usecase import ReceiveCallbacks
from shared.domain.callbacks.acts import opens
from shared.domain.callbacks.wechat import events_of
from shared.domain.channels.providers import PROVIDER
from shared.domain.messages.windows import Needed
from shared.errors import InvalidInputError, NotFoundError, UnauthorizedError
from shared.providers.wechat.crypto import Seal

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
KEY = b64encode(bytes(range(32))).decode().rstrip("=")
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rapport/providers/all"
SEALS = {"wechat": Seal.of("tok", KEY, "wx1"), "wecom": Seal.of("tok", KEY, "ww1")}
PROVIDERS = {
    "wechat": {"provider_id": "wechat", "type": "wechat", "app_id": "wx1", "secret_arn": SECRET},
    "wecom": {
        "provider_id": "wecom", "type": "wecom", "corp_id": "ww1", "agent_id": 1,
        "secret_arn": SECRET,
    },
}  # fmt: skip


class World:
    """Stands for the catalog, the secrets and the queue."""

    def __init__(self, workspace_id: str = "default") -> None:
        self.bodies: list[str] = []
        self.workspace_id = workspace_id
        self.receive = ReceiveCallbacks(workspace_id, self, self, self, self, lambda: NOW)  # type: ignore[arg-type]

    def provider(self, workspace_id: str, channel: str) -> Any:
        assert workspace_id == self.workspace_id, "rows of others may not be read"
        found = PROVIDERS.get(channel)
        return PROVIDER.validate_python(found) if found else None

    def fields(self, secret_arn: str, *names: str) -> tuple[str, ...]:
        return tuple({"token": "tok", "encoding_aes_key": KEY}[name] for name in names)

    def send_events(self, events: Any) -> None:
        self.bodies += events

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies]

    def post(
        self, xml: str, channel: str = "wechat", at: datetime = NOW, to: str = "", **query: str
    ) -> str:
        timestamp = str(int(at.timestamp()))
        sealed, signed = SEALS[channel].close(xml.encode(), bytes(16), timestamp, "n")
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{sealed}</Encrypt></xml>".encode()
        asked = {"timestamp": timestamp, "nonce": "n", "msg_signature": signed, **query}
        return self.receive.respond("POST", f"/v1/callbacks/{to}{channel}", asked, body)


@pytest.fixture
def world() -> World:
    return World()


def xml(**fields: str) -> str:
    told = {"ToUserName": "gh", "FromUserName": "o-1", "CreateTime": str(int(NOW.timestamp()) - 5)}
    inside = "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in {**told, **fields}.items())
    return f"<xml>{inside}</xml>"


FOLLOW = xml(MsgType="event", Event="subscribe", EventKey="qrscene_shop-7", Ticket="t")


def test_a_follow_is_an_event_of_the_person_with_the_scene_and_the_address(world: World):
    assert world.post(FOLLOW) == "success"

    followed, identity = world.events
    assert (followed["name"], followed["properties"]) == ("wechat_followed", {"scene": "shop-7"})
    assert followed["context"] == {"externalIds": [{"id": "o-1", "type": "wechat_openid"}]}
    assert identity["type"] == "identify"
    assert followed["server"]


def test_only_addresses_of_the_workspace_that_is_served_are_known():
    world = World("shop")
    for to in ("shop/", ""):
        world.post(FOLLOW, to=to)
    assert {one["workspace_id"] for one in world.events} == {"shop"}
    for elsewhere in ("other/", "default/", "Shop/", "shop/x/y/", "sh%20op/", "sh#op/", "/"):
        with pytest.raises(NotFoundError):
            world.post(FOLLOW, to=elsewhere)


def test_a_repetition_is_the_same_events(world: World):
    for _ in range(3):
        world.post(FOLLOW)
    assert len({one["message_id"] for one in world.events}) == 2


@pytest.mark.parametrize(
    ("fields", "name", "properties"),
    [
        ({"MsgType": "text", "Content": "你好", "MsgId": "1"}, "wechat_message",
         {"kind": "text", "text": "你好"}),
        ({"MsgType": "image", "MsgId": "2"}, "wechat_message", {"kind": "image"}),
        ({"MsgType": "event", "Event": "SCAN", "EventKey": "7"}, "wechat_scanned", {"scene": "7"}),
        ({"MsgType": "event", "Event": "CLICK", "EventKey": "k"}, "wechat_menu_clicked",
         {"key": "k"}),
        ({"MsgType": "event", "Event": "unsubscribe"}, "wechat_unfollowed", {}),
    ],
)  # fmt: skip
def test_what_people_do_in_wechat(world: World, fields, name, properties):
    world.post(xml(**fields))
    assert (world.events[0]["name"], world.events[0].get("properties", {})) == (name, properties)


def test_each_accepted_subscription_is_one_event(world: World):
    items = "".join(
        f"<List><TemplateId>{code}</TemplateId>"
        f"<SubscribeStatusString>{said}</SubscribeStatusString></List>"
        for code, said in (("A", "accept"), ("B", "reject"), ("C", "accept"))
    )
    body = xml(MsgType="event", Event="subscribe_msg_popup_event").replace(
        "</xml>", f"<SubscribeMsgPopupEvent>{items}</SubscribeMsgPopupEvent></xml>"
    )
    world.post(body)
    told = [one for one in world.events if one["name"] == "wechat_subscribed"]
    assert [one["properties"]["code"] for one in told] == ["A", "C"]


def test_a_customer_who_was_added_in_wecom(world: World):
    world.post(
        xml(MsgType="event", Event="change_external_contact", ChangeType="add_external_contact",
            UserID="clerk", ExternalUserID="wm-1", State="shop-7"),
        "wecom",
    )  # fmt: skip
    added = world.events[0]
    assert (added["name"], added["properties"]) == (
        "wecom_customer_added",
        {"employee": "clerk", "state": "shop-7"},
    )
    assert added["context"]["externalIds"][0]["type"] == "wecom_external_userid"


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": "text", "Content": "hi", "MsgId": "1"},
        {"MsgType": "event", "Event": "subscribe"},
        {"MsgType": "event", "Event": "unsubscribe"},
        {"MsgType": "event", "Event": "CLICK", "EventKey": "k"},
        {"MsgType": "event", "Event": "enter_agent"},
    ],
)
def test_an_employee_who_uses_the_application_of_wecom_is_no_follower(world: World, fields):
    """Their id is none of an account's openids, and would lead messages to nobody."""
    said = xml(**fields).replace("o-1", "zhangsan")
    assert world.post(said, "wecom") == "success"
    assert world.events == []


def test_what_nobody_did_is_answered_and_makes_nothing(world: World):
    assert world.post(xml(MsgType="event", Event="TEMPLATESENDJOBFINISH")) == "success"
    assert world.events == []


def test_the_address_proves_itself(world: World):
    timestamp = str(int(NOW.timestamp()))
    sealed, signed = SEALS["wecom"].close(b"12345", bytes(16), timestamp, "n")
    asked = {"timestamp": timestamp, "nonce": "n", "msg_signature": signed, "echostr": sealed}
    assert world.receive.respond("GET", "/v1/callbacks/wecom", asked, b"") == "12345"


@pytest.mark.parametrize("minutes", [-16, 16, 60 * 24])
def test_an_old_callback_is_no_callback(world: World, minutes: int):
    with pytest.raises(UnauthorizedError):
        world.post(FOLLOW, at=NOW + timedelta(minutes=minutes))
    assert world.events == []


def test_what_is_not_sealed_or_wrongly_signed_is_refused(world: World):
    timestamp = str(int(NOW.timestamp()))
    asked = {"timestamp": timestamp, "nonce": "n", "signature": "x"}
    for body in (FOLLOW.encode(), b"<xml/>", b"{}"):
        with pytest.raises(UnauthorizedError):
            world.receive.respond("POST", "/v1/callbacks/wechat", asked, body)
    with pytest.raises(UnauthorizedError):
        world.post(FOLLOW, msg_signature="0" * 40)
    assert world.events == []


def test_entities_are_not_looked_at(world: World):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><Encrypt>&a;</Encrypt></xml>'
    asked = {"timestamp": str(int(NOW.timestamp())), "nonce": "n", "msg_signature": "x"}
    for body in (bomb.encode(), bomb.encode("utf-16"), b"<xml", b"\xff\xfe"):
        with pytest.raises(InvalidInputError):
            world.receive.respond("POST", "/v1/callbacks/wechat", asked, body)


DEEP = 9_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"Encrypt": "\\ud800"}',
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'{"a":' + b"[" * (6 * DEEP),
        b"<a>" * DEEP + b"</a>" * DEEP,
        b"<x>" + b"<a/>" * 16_000 + b"</x>",
        b'<?xml version="1.0" encoding="nobodys"?><x/>',
        b'<?xml version="1.0" encoding="idna"?><x>\xff</x>',
        b'<?xml version="1.0" encoding="gb2312"?><x/>',
    ],
)
def test_what_no_provider_writes_is_refused_and_breaks_nothing(world: World, body: bytes):
    asked = {"timestamp": str(int(NOW.timestamp())), "nonce": "n", "msg_signature": "x"}
    with pytest.raises((UnauthorizedError, InvalidInputError)):
        world.receive.respond("POST", "/v1/callbacks/wechat", asked, body)


JSON = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
PIECES = st.sampled_from(
    ["<xml>", "</xml>", "<Encrypt>", "</Encrypt>", "<![CDATA[", "]]>", "&a;", "<!--", "-->"]
)


@given(
    body=st.binary()
    | st.dictionaries(st.just("Encrypt"), JSON).map(lambda said: json.dumps(said).encode())
    | st.lists(PIECES | st.text(max_size=3)).map(lambda parts: "".join(parts).encode()),
    query=st.dictionaries(
        st.sampled_from(["timestamp", "nonce", "signature", "msg_signature", "echostr"]),
        st.text(st.characters(codec=None)) | st.just(str(int(NOW.timestamp()))),
    ),
    method=st.sampled_from(["GET", "POST", "PUT"]),
)
def test_whatever_a_stranger_sends_is_refused(body: bytes, query: dict[str, str], method: str):
    world = World()
    with pytest.raises((UnauthorizedError, InvalidInputError)):
        world.receive.respond(method, "/v1/callbacks/wechat", query, body)
    assert world.events == []


def test_a_channel_without_a_provider_takes_none(world: World):
    with pytest.raises(NotFoundError):
        world.receive.respond("POST", "/v1/callbacks/sms", {}, b"")


@given(
    st.dictionaries(
        st.sampled_from(["FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId",
                         "SubscribeMsgPopupEvent", "ChangeType", "ExternalUserID"]),
        st.one_of(st.text(max_size=9), st.sampled_from(["event", "text", "subscribe", "17644"]),
                  st.lists(st.text(max_size=3), max_size=2),
                  st.dictionaries(st.just("List"), st.text(max_size=3), max_size=1)),
    )
)  # fmt: skip
def test_whatever_a_provider_writes_makes_events_or_none(said):
    for event in events_of("default", "wechat", said, NOW):
        assert event.occurred_at <= NOW
        assert event.context["externalIds"][0]["id"]


def test_only_what_a_server_vouches_for_opens_windows(world: World):
    (followed, identity) = events_of(
        "default",
        "wechat",
        {"MsgType": "event", "Event": "subscribe", "FromUserName": "o-1"},
        NOW,
    )
    found = opens(followed)
    assert found is not None
    assert (found.needed, found.act, found.address) == (Needed("wechat_service"), "follow", "o-1")
    assert opens(identity) is None
    assert opens(replace(followed, server=False)) is None
