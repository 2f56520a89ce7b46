"""Text messages by clouds: what they tell settles what nobody knew, and finds its way back."""

import json
from datetime import timedelta
from typing import Any

import pytest

from infra.local.providers.world import Providers
from shared.domain.callbacks.sms import SOUGHT_FOR, told_by_aliyun, told_by_tencent
from shared.domain.feedback.reports import Report
from shared.domain.feedback.thresholds import subject
from shared.errors import TransientError
from shared.providers.http import NoAnswerError
from tests.functions.dispatch_message.test_channels import SECRET, Secrets, use
from tests.functions.dispatch_message.world import World
from tests.functions.record_feedback.world import LATER, Back

READ = {"aliyun": told_by_aliyun, "tencent": told_by_tencent}
PHONE = "+14255550123"


class Texting(Back):
    """Ada is sent a text message by a cloud, whose answer may be lost."""

    def __init__(self, dynamodb: Any, cloud: str) -> None:
        super().__init__(dynamodb)
        self.cloud, self.loses = cloud, False
        world = self.world
        world.add_person("bob", first_name="Bob", phone=PHONE)
        self.providers = Providers(world.clock)
        world.http, world.secrets = self._calls, Secrets()
        app = {"app_id": "1"} if cloud == "tencent" else {}
        use(world, "sms", type=cloud, sign_name="shop", secret_arn=SECRET, **app)
        template = {"template_id": "code", "channel": "sms", "text": "your code", "code": "T-1"}
        world.set_catalog("TEMPLATE#code", template)
        self.text = world.request("bob", "code")

    def _calls(self, request: Any) -> Any:
        answer = self.providers(request)
        if self.loses:
            raise NoAnswerError("lost")
        return answer

    def send(self, world: World | None = None) -> str | None:
        return (world or self.world).dispatch().dispatch(self.text)

    def told(self, error: str = "") -> str:
        (taken,) = self.providers.sms.taken
        said = json.loads(self.providers.sms.report(taken, error=error))
        (report,) = READ[self.cloud]("default", said, self.world.clock()).reports
        return report.to_body()

    def row(self) -> dict[str, Any]:
        return self.world.message(self.text)

    def heard(self) -> list[str]:
        return [name for name, _ in self.events("bob")]


@pytest.fixture(params=["aliyun", "tencent"])
def texting(dynamodb: Any, request: Any) -> Texting:
    return Texting(dynamodb, request.param)


@pytest.mark.parametrize(
    ("error", "name"), [("", "$message_delivered"), ("UNDELIV", "$message_bounced")]
)
def test_what_became_of_a_text_is_an_event_once(texting: Texting, error: str, name: str):
    assert texting.send() == "sent"
    for _ in range(3):
        texting.record.take(texting.told(error))
    assert texting.heard() == [name]
    assert texting.row()["status"] == "sent"


def test_what_nobody_knew_is_settled_by_the_name_that_aliyun_repeats(dynamodb: Any):
    texting = Texting(dynamodb, "aliyun")
    texting.loses = True
    assert texting.send() == "unknown"
    texting.record.take(texting.told())
    assert texting.row()["status"] == "sent"
    assert texting.row()["provider_message_id"] == texting.providers.sms.taken[0].serial
    assert texting.heard() == ["$message_delivered"]
    assert len(texting.providers.sms.taken) == 1


def test_a_number_is_looked_for_until_it_can_be_nobodys(dynamodb: Any):
    texting = Texting(dynamodb, "tencent")
    texting.loses = True
    assert texting.send() == "unknown"
    body = texting.told()
    with pytest.raises(TransientError):
        texting.record.take(body)
    texting.world.clock.now += SOUGHT_FOR
    texting.record.take(body)
    assert (texting.row()["status"], texting.heard()) == ("unknown", [])


def test_a_number_of_somebody_else_is_nobodys_message(dynamodb: Any):
    texting = Texting(dynamodb, "tencent")
    texting.send()
    stranger = Report(
        report_id="x",
        kind="delivered",
        workspace_id="elsewhere",
        profile_id="",
        message_id="",
        at=LATER,
        provider="tencent_sms",
        provider_message_id=texting.providers.sms.taken[0].serial,
        sought_until=LATER - timedelta(minutes=1),
    )
    texting.record.take(stranger.to_body())
    assert texting.heard() == []


def test_texts_that_do_not_arrive_pause_no_journey(texting: Texting):
    """Phones are off every day; the shares that pause a journey are those of emails."""
    texting.send()
    texting.record.take(texting.told("UNDELIV"))
    assert texting.feedback.heard("default", [subject("hello", LATER)]) == {}
