"""What clouds tell of text messages: known by the address alone, read as far as it is ours."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.receive_callbacks.usecase import ReceiveCallbacks
from infra.local.providers.outbox import Outbox
from infra.local.providers.sms import SmsSimulator, Taken
from shared.domain.callbacks.names import out_id
from shared.domain.callbacks.sms import SOUGHT_FOR, told_by_aliyun, told_by_tencent
from shared.domain.channels.providers import PROVIDER
from shared.domain.consents.statements import decisions_of
from shared.domain.feedback.reports import Report
from shared.errors import InvalidInputError, NotFoundError, TooLargeError

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
TOKEN = "token-that-nobody-guesses"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rapport/providers/sms"
MINE = Taken("aliyun", "8613800138000", "biz-1", out_id("p1", "m1"))
THEIRS = Taken("tencent", "8613800138000", "2019:1", "")


class Clouds:
    """Stands for the catalog, the secrets and the queues of a workspace `shop`."""

    def __init__(self, cloud: str = "aliyun", token: str | None = TOKEN) -> None:
        self.cloud, self.token = cloud, token
        self.events: list[dict[str, Any]] = []
        self.sent: list[tuple[str, int]] = []
        self.receive = ReceiveCallbacks("shop", self, self, self, self, lambda: NOW)  # type: ignore[arg-type]
        self.simulator = SmsSimulator(Outbox(), lambda: NOW)

    def provider(self, workspace_id: str, channel: str) -> Any:
        if (workspace_id, channel) != ("shop", "sms"):
            return None
        body = {"provider_id": "sms", "type": self.cloud}
        if self.cloud in ("aliyun", "tencent"):
            body |= {"secret_arn": SECRET, "sign_name": "shop"}
        return PROVIDER.validate_python(body | ({"app_id": "1"} if self.cloud == "tencent" else {}))

    def field_or_none(self, secret_arn: str, name: str) -> str | None:
        return self.token if (secret_arn, name) == (SECRET, "callback_token") else None

    def send_events(self, events: Any) -> None:
        self.events += map(json.loads, events)

    def send_later(self, messages: Any) -> None:
        self.sent += messages

    def posts(self, body: bytes, path: str = f"shop/sms/{TOKEN}") -> str:
        return self.receive.respond("POST", f"/v1/callbacks/{path}", {}, body)

    def reports(self) -> list[Report]:
        assert all(delay for _, delay in self.sent)
        return [Report.from_json(json.loads(body)["report"]) for body, _ in self.sent]


def test_a_report_of_aliyun_names_our_message():
    clouds = Clouds()
    body = clouds.simulator.report(MINE)
    assert json.loads(clouds.posts(body)) == {"code": 0, "msg": "OK"}
    (report,) = clouds.reports()
    assert (report.workspace_id, report.profile_id, report.message_id) == ("shop", "p1", "m1")
    assert (report.kind, report.provider, report.provider_message_id) == (
        *("delivered", "aliyun_sms", "biz-1"),
    )
    assert report.at == NOW  # as it stands there it is China's time


def test_a_report_of_tencent_has_a_number_by_which_the_message_is_looked_for():
    clouds = Clouds("tencent")
    body = clouds.simulator.report(THEIRS, error="UNDELIV")
    assert json.loads(clouds.posts(body)) == {"result": 0, "errmsg": "OK"}
    (report,) = clouds.reports()
    assert (report.profile_id, report.message_id, report.provider_message_id) == ("", "", "2019:1")
    assert (report.kind, report.bounce, report.detail) == ("bounced", "undetermined", "UNDELIV")
    assert report.sought_until == NOW + SOUGHT_FOR


def test_what_is_about_no_message_of_ours_stops_no_neighbour():
    clouds = Clouds()
    strangers = [{}, {"out_id": "x"}, {"out_id": "p.m", "success": "yes"}, 1, None, []]
    body = [*strangers, *json.loads(clouds.simulator.report(MINE))]
    clouds.posts(json.dumps(body).encode())
    assert [one.message_id for one in clouds.reports()] == ["m1"]


def test_a_repetition_makes_the_same_reports_and_events():
    for cloud, one in (("aliyun", MINE), ("tencent", THEIRS)):
        clouds = Clouds(cloud)
        bodies = (
            clouds.simulator.report(one),
            clouds.simulator.reply(cloud, "+8613800138000", "你好"),
        )
        for body in (*bodies, *bodies):
            clouds.posts(body)
        assert len({one.report_id for one in clouds.reports()}) == 1
        assert len(clouds.events) == 2
        assert len({one["message_id"] for one in clouds.events}) == 1


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
@pytest.mark.parametrize("word", ["退订", "TD", "t", "拒收", " Td。"])
def test_a_word_of_refusal_opts_the_person_out(cloud: str, word: str):
    clouds = Clouds(cloud)
    clouds.posts(clouds.simulator.reply(cloud, "+8613800138000", word))
    read = {"aliyun": told_by_aliyun, "tencent": told_by_tencent}[cloud]
    said = json.loads(clouds.simulator.reply(cloud, "+8613800138000", word))
    (event,) = read("shop", said, NOW).replies
    assert event.context == {"externalIds": [{"id": "+8613800138000", "type": "phone"}]}
    (decision,) = decisions_of(event)
    assert (decision.scope.purpose, decision.scope.channel) == ("marketing", "sms")
    assert (decision.granted, decision.address) == (False, "+8613800138000")
    assert [one["name"] for one in clouds.events] == ["Message Replied"]


@pytest.mark.parametrize(
    "path",
    [
        *("sms", "shop/sms", "shop/sms/", f"default/sms/{TOKEN}", f"shop/sms/{TOKEN}x"),
        *(f"shop/sms/{TOKEN[:-1]}", f"shop/sms/{TOKEN}/x", f"shop/push/{TOKEN}", f"sms/{TOKEN}"),
        *("shop/sms/\ud800", "shop/sms/密码", f"shop//sms/{TOKEN}", f"shop/SMS/{TOKEN}"),
    ],
)
def test_whoever_does_not_know_the_address_is_told_nothing(path: str):
    clouds = Clouds()
    with pytest.raises(NotFoundError):
        clouds.posts(clouds.simulator.report(MINE), path)
    assert (clouds.events, clouds.sent) == ([], [])


@pytest.mark.parametrize("token", [None, "", "short", "x" * 19])
def test_without_a_long_token_in_the_secret_nothing_is_taken(token: str | None):
    clouds = Clouds(token=token)
    for tried in (token or "", TOKEN, "None"):
        with pytest.raises(NotFoundError):
            clouds.posts(clouds.simulator.report(MINE), f"shop/sms/{tried}")
    assert clouds.sent == []


def test_text_messages_by_others_have_no_callbacks():
    with pytest.raises(NotFoundError):
        Clouds("sns").posts(b"[]")


def test_what_is_too_long_or_no_json_is_refused():
    for body, error in (
        (b"[" + b" " * 1_048_576 + b"]", TooLargeError),
        (b"", InvalidInputError),
        (b"<xml/>", InvalidInputError),
        (b'{"text": "\\ud800"}', InvalidInputError),
        (b"[" * 100_000, InvalidInputError),
    ):
        with pytest.raises(error):
            Clouds().posts(body)


def test_replies_without_a_number_of_their_own_are_told_apart():
    said = [{"phone_number": f"1380013800{n}", "content": "TD"} for n in range(3)]
    told = told_by_aliyun("shop", said, NOW).replies
    assert len({one.message_id for one in told}) == 3
    assert told == told_by_aliyun("shop", said, NOW).replies


@pytest.mark.parametrize("written", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", 1e308, -1e18])
def test_a_time_that_no_calendar_has_is_that_of_being_told(written: Any):
    said = {"out_id": out_id("p1", "m1"), "success": True, "report_time": written}
    (report,) = told_by_aliyun("shop", said, NOW).reports
    assert report.at == NOW


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.floats()
NAMES = st.sampled_from(
    [
        *("out_id", "biz_id", "success", "err_code", "report_time", "phone_number", "content"),
        *("send_time", "sequence_id", "sid", "report_status", "errmsg", "user_receive_time"),
        *("nationcode", "mobile", "text", "time"),
    ]
)


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=9) | VALUES, max_size=4) | VALUES)
def test_whatever_a_cloud_writes_is_read_or_passed_over(said: Any):
    for read in (told_by_aliyun, told_by_tencent):
        told = read("shop", said, NOW)
        for report in told.reports:
            assert report.at <= NOW
            assert Report.from_json(json.loads(report.to_body())["report"]) == report
        for event in told.replies:
            assert event.occurred_at <= NOW + timedelta(0)
