"""Every channel through the whole of dispatch, to providers that keep the real ones' rules."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.dispatch_message.following import Following
from infra.local.providers.world import Providers
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.feedback_store import FeedbackStore
from shared.aws.items import from_item, query_prefix
from shared.domain.messages.outcome import MAX_ATTEMPTS
from shared.domain.messages.windows import Needed
from shared.errors import TransientError
from shared.providers.http import Response
from tests.functions.dispatch_message.world import CATALOG, NOON, PROFILES, World

OPENID, CUSTOMER, PHONE = "nobody-openid", "nobody-customer", "+14255550123"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rapport/providers/all"
SECRETS = {
    "app_secret": "app-secret",
    "corp_secret": "corp-secret",
    "access_key_id": "id",
    "access_key_secret": "secret",
    "secret_id": "id",
    "secret_key": "secret",
}
DEVICE = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/5e3e9847-3183-3f18-a7e8-671c3a57d4b3"
TRAITS = {
    "first_name": "Ada",
    "phone": PHONE,
    "email": "ada@example.com",
    "wechat_openid": OPENID,
    "miniprogram_openid": OPENID,
    "wecom_external_userid": CUSTOMER,
    "wecom_userid": "nobody-clerk",
    "push_endpoint": DEVICE,
}


class Secrets:
    def text(self, secret_arn: str) -> str:
        return json.dumps(SECRETS)

    def fields(self, secret_arn: str, *names: str) -> tuple[str, ...]:
        assert secret_arn == SECRET
        return tuple(SECRETS[name] for name in names)


class Later:
    """A queue: what was sent, and for how long it is hidden."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def send(self, bodies: Any) -> None:
        self.sent += [(body, 0) for body in bodies]

    def send_later(self, messages: Any) -> None:
        self.sent += messages

    def take(self) -> str:
        ((body, _),) = self.sent
        self.sent = []
        return body


@pytest.fixture
def world(dynamodb: Any) -> World:
    world = World(dynamodb)
    world.providers = Providers(world.clock)
    world.http, world.secrets = world.providers, Secrets()
    world.looks, world.reports = Later(), Later()
    world.following = Following(
        CatalogReader(dynamodb, CATALOG, clock=lambda: 0.0),
        world.senders(),
        FeedbackStore(dynamodb, PROFILES),
        world.looks,
        world.reports,
        world.clock,
    )
    world.providers.wechat.templates = {"T-1"}
    world.providers.wechat.followers = {OPENID}
    world.providers.wecom.employees = {"clerk", "nobody-clerk"}
    world.providers.wecom.customers = {CUSTOMER: "clerk"}
    world.add_person("ada", **TRAITS)
    use(world, "wechat", type="wechat", app_id="wx0123456789abcdef", secret_arn=SECRET)
    use(world, "miniprogram", type="wechat", app_id="wx0123456789abcdef", secret_arn=SECRET)
    use(
        world, "wecom", type="wecom", corp_id="ww0123456789abcdef", agent_id=1_000_002,
        secret_arn=SECRET, employee="clerk",
    )  # fmt: skip
    return world


def use(world: World, channel: str, **body: Any) -> None:
    world.set_catalog(f"PROVIDER#{channel}", {"provider_id": channel, **body})


def send(world: World, channel: str, **template: Any) -> tuple[str | None, dict[str, Any]]:
    template_id = f"t-{channel}-{len(list(template))}"
    body = {"template_id": template_id, "channel": channel, **template}
    world.set_catalog(f"TEMPLATE#{template_id}", body)
    request = world.request("ada", template_id)
    status = world.dispatch().dispatch(request)
    (row,) = query_prefix(
        world.dynamodb,
        PROFILES,
        keys.Key(keys.person("default", "ada"), keys.message(request.message_id)),
    )
    return status, from_item(row)


def shown(world: World) -> list[tuple[str, str, str]]:
    assert world.providers.outbox.refused == []
    return [(one.provider, one.to, one.text) for one in world.providers.outbox.shown]


FIELDS = {"thing1": "{{ profile.first_name }}, 你好", "time2": "12:00"}


def test_a_template_message_of_a_service_account(world: World):
    status, row = send(world, "wechat", form="template", code="T-1", fields=FIELDS)

    assert (status, row["provider"]) == ("sent", "wechat")
    assert shown(world) == [("wechat", OPENID, "thing1: Ada, 你好\ntime2: 12:00")]


def test_a_customer_service_message_goes_while_its_window_is_open(world: World):
    world.providers.wechat.acts(OPENID, "message")
    open_window(world, Needed("wechat_service"), "message")

    status, _ = send(world, "wechat", form="service", text="你好 {{ profile.first_name }}")

    assert status == "sent"
    assert shown(world) == [("wechat", OPENID, "你好 Ada")]


def test_a_subscription_message_takes_the_consent_that_was_given(world: World):
    world.providers.wechat.subscribes(OPENID, "S-1")
    open_window(world, Needed("subscription", "S-1"), "subscribed")

    status, _ = send(world, "miniprogram", code="S-1", fields=FIELDS, page="pages/index")

    assert status == "sent"
    assert shown(world) == [("miniprogram", OPENID, "thing1: Ada, 你好\ntime2: 12:00")]


def test_a_consent_is_not_used_up_by_a_provider_that_never_took_the_message(world: World):
    open_window(world, Needed("subscription", "S-1"), "subscribed")
    world.http = lambda request: (
        Response(429, b"") if "subscribe" in request.url else world.providers(request)
    )
    template = {"template_id": "t", "channel": "miniprogram", "code": "S-1", "fields": FIELDS}
    world.set_catalog("TEMPLATE#t", template)
    request = world.request("ada", "t")
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(TransientError):
            world.dispatch().dispatch(request)
    assert world.dispatch().dispatch(request) == "rejected"

    world.http = world.providers
    world.providers.wechat.subscribes(OPENID, "S-1")
    again = world.request("ada", "t", message_id="m-again")
    assert world.dispatch().dispatch(again) == "sent"


def test_a_task_reaches_the_customer_when_the_employee_confirms_it(world: World):
    status, row = send(world, "wecom", form="customer_task", text="Hi {{ profile.first_name }}")

    assert status == "sent"
    assert shown(world) == []
    world.providers.wecom.confirm(row["provider_message_id"])
    assert shown(world) == [("wecom", CUSTOMER, "Hi Ada")]


def looked_after(world: World, passes: timedelta) -> None:
    """Look at the one task again, as often as the queue brings it within a time."""
    until = world.clock.now + passes
    while world.looks.sent and world.clock.now < until:
        world.clock.now += timedelta(seconds=world.looks.sent[0][1])
        world.following.look(world.looks.take())


def told(world: World) -> tuple[str, str]:
    report = json.loads(world.reports.take())["report"]
    return report["kind"], report["detail"]


def test_a_task_is_reminded_of_once_and_told_when_it_is_confirmed(world: World):
    _, row = send(world, "wecom", form="customer_task", text="Hi")
    looked_after(world, timedelta(hours=10))
    (task,) = world.providers.wecom.tasks.values()
    assert task.reminders == 1
    world.providers.wecom.confirm(row["provider_message_id"])
    looked_after(world, timedelta(hours=1))
    assert told(world) == ("delivered", "")
    assert world.looks.sent == []
    assert len(shown(world)) == 1


@pytest.mark.slow
def test_a_task_that_nobody_confirms_expires(world: World):
    send(world, "wecom", form="customer_task", text="Hi")
    looked_after(world, timedelta(hours=60))
    assert told(world) == ("rejected", "nobody confirmed the task in time")
    assert shown(world) == []


def test_a_customer_who_left_is_told_of(world: World):
    _, row = send(world, "wecom", form="customer_task", text="Hi")
    world.providers.wecom.customers.clear()
    world.providers.wecom.confirm(row["provider_message_id"])
    looked_after(world, timedelta(hours=1))
    assert told(world)[0] == "rejected"


def test_nobody_looks_after_tasks_of_who_is_erased(world: World):
    _, row = send(world, "wecom", form="customer_task", text="Hi")
    key = {name: {"S": row[name]} for name in ("pk", "sk")}
    world.dynamodb.delete_item(TableName=PROFILES, Key=key)
    looked_after(world, timedelta(hours=1))
    assert (world.looks.sent, world.reports.sent) == ([], [])


def test_an_application_message_reaches_the_employee_at_once(world: World):
    status, _ = send(
        world, "wecom", form="application", text="Call {{ profile.first_name }}",
        link="https://crm.example.com/1", link_title="Her page",
    )  # fmt: skip

    assert status == "sent"
    assert shown(world) == [("wecom", "nobody-clerk", "Call Ada")]


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ({"type": "aliyun", "secret_arn": SECRET, "sign_name": "知己"}, "aliyun_sms"),
        (
            {"type": "tencent", "secret_arn": SECRET, "app_id": "1400", "sign_name": "知己"},
            "tencent_sms",
        ),
    ],
)
def test_text_messages_by_approved_templates(world: World, provider: dict[str, Any], name: str):
    use(world, "sms", **provider)

    status, row = send(world, "sms", text="Hi Ada", code="SMS_1", fields={"name": "Ada"})

    assert (status, row["provider"]) == ("sent", name)
    ((by, to, text),) = shown(world)
    assert (by, to.lstrip("+"), text.split(": ")[1]) == (name, PHONE.lstrip("+"), "Ada")


def test_without_a_code_such_a_provider_is_not_called(world: World):
    use(world, "sms", type="aliyun", secret_arn=SECRET, sign_name="知己")

    status, row = send(world, "sms", text="Hi Ada")

    assert (status, row["reason"]) == ("rejected", "provider_rejected")
    assert shown(world) == []


def test_a_notification_in_the_form_of_its_platform(world: World):
    status, _ = send(world, "push", headline="Hi", text="{{ profile.first_name }}", link="app://a")

    assert status == "sent"
    (call,) = world.mailbox.pushes
    assert call["TargetArn"] == DEVICE
    message = json.loads(call["Message"])
    assert message["default"] == "Ada"
    assert json.loads(message["GCM"])["notification"] == {"title": "Hi", "body": "Ada"}


def test_a_disabled_endpoint_is_taken_back_from_the_person(world: World):
    world.mailbox.dead_endpoints.add(DEVICE)

    status, row = send(world, "push", headline="Hi", text="Ada")

    assert (status, row["reason"]) == ("rejected", "provider_rejected")
    assert world.gone == [("ada", "push")]


@pytest.mark.parametrize("channel", ["inbox", "web"])
def test_what_clients_fetch_lies_with_the_person(world: World, channel: str):
    status, row = send(world, channel, headline="Hi {{ profile.first_name }}", days=3)

    assert (status, row["provider"]) == ("sent", "rapport")
    start = keys.Key(keys.person("default", "ada"), keys.INBOX_PREFIX)
    (item,) = query_prefix(world.dynamodb, PROFILES, start)
    assert json.loads(from_item(item)["content"])["headline"] == "Hi Ada"
    assert from_item(item)["channel"] == channel


def test_who_cannot_be_made_to_send_has_surely_not_sent(world: World):
    """A secret under a key that is disabled: no error that the store of secrets foresees."""

    class Locked:
        def fields(self, secret_arn: str, *names: str) -> tuple[str, ...]:
            raise ClientError({"Error": {"Code": "DecryptionFailure"}}, "GetSecretValue")

    known, world.secrets = world.secrets, Locked()
    use(
        world, "sms", type="aliyun", secret_arn=SECRET, sign_name="Shop",
    )  # fmt: skip
    template = {"template_id": "t", "channel": "sms", "text": "hello", "code": "SMS_1"}
    world.set_catalog("TEMPLATE#t", template)
    request = world.request("ada", "t")
    with pytest.raises(TransientError):
        world.dispatch().dispatch(request)
    assert world.message(request)["status"] == "requested"

    world.secrets = known
    assert world.dispatch().dispatch(request) is not None
    assert world.message(request)["attempts"] == 2


def test_a_channel_that_nobody_carries_out_is_said_so(world: World):
    status, row = send(world, "webhook", url="https://shop.example.com/m", fields={"a": "b"})

    assert (status, row["reason"]) == ("rejected", "provider_rejected")
    assert "no provider for webhook" in row["detail"]


def test_a_token_that_died_elsewhere_is_fetched_anew_and_nothing_is_sent_twice(world: World):
    send(world, "wechat", form="template", code="T-1", fields=FIELDS)
    world.providers.wechat.forget_token()

    template = {
        "form": "template",
        "code": "T-1",
        "fields": FIELDS,
        "link": "https://a.example.com",
    }
    body = {"template_id": "again", "channel": "wechat", **template}
    world.set_catalog("TEMPLATE#again", body)
    request, dispatch = world.request("ada", "again"), world.dispatch()
    with pytest.raises(TransientError):
        dispatch.dispatch(request)
    assert dispatch.dispatch(request) == "sent"

    assert len(world.providers.outbox.shown) == 2
    assert [one.why[:5] for one in world.providers.outbox.refused] == ["40001"]
    assert world.providers.wechat.fetched == 2


def test_more_than_the_provider_takes_in_a_second_waits_before_it_is_claimed(world: World):
    use(
        world, "wechat", type="wechat", app_id="wx0123456789abcdef", secret_arn=SECRET,
        per_second=1,
    )  # fmt: skip
    assert send(world, "wechat", form="template", code="T-1", fields=FIELDS)[0] == "sent"

    world.set_catalog(
        "TEMPLATE#more",
        {"template_id": "more", "channel": "wechat", "form": "template", "code": "T-1",
         "fields": FIELDS},
    )  # fmt: skip
    request, dispatch = world.request("ada", "more"), world.dispatch()
    assert dispatch.dispatch(request) == "deferred"
    row = world.message(request)
    assert (row["reason"], row["until"]) == ("throughput", "2026-11-22T12:00:02.000Z")
    world.clock.pass_lease()
    assert dispatch.dispatch(request) == "sent"
    assert len(shown(world)) == 2


def open_window(world: World, needed: Needed, act: Any) -> None:
    from shared.aws.contact_store import ContactStore

    contacts = ContactStore(world.dynamodb, PROFILES)
    contacts.open_window("default", "ada", needed, OPENID, act, act_id="act-1", at=NOON)
