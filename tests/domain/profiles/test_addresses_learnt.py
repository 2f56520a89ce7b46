"""An identifier that is an address becomes the trait of its name; an openid is of one app."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.domain.events.model import Event
from shared.domain.profiles.learn import learn

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
OPENID = {"id": "o-1", "type": "wechat_openid"}
IDENTIFY = Event(
    workspace_id="w",
    source_id="app",
    message_id="m",
    type="identify",
    name="$identify",
    occurred_at=NOON,
    received_at=NOON,
    context={"externalIds": [OPENID, {"id": "wm-1", "type": "wecom_external_userid"}]},
)


def traits(event: Event) -> dict[str, object]:
    return {name: trait.value for name, trait in learn([event]).traits.items()}


def test_openids_and_ids_of_customers():
    assert traits(IDENTIFY) == {"wechat_openid": "o-1", "wecom_external_userid": "wm-1"}


def test_the_openid_of_a_mini_program_is_another_address():
    context = {"externalIds": [OPENID], "app": {"name": "miniprogram"}}
    assert traits(replace(IDENTIFY, context=context)) == {"miniprogram_openid": "o-1"}


def test_what_is_said_outright_wins():
    said = replace(IDENTIFY, traits={"wechat_openid": "o-2"})
    assert traits(said)["wechat_openid"] == "o-2"


def test_only_an_identify_says_whose_an_address_is():
    assert traits(replace(IDENTIFY, type="track", name="paid")) == {}


@pytest.mark.parametrize(
    "named", [None, "o-1", {}, [None, "x", {}, {"id": 7, "type": "wechat_openid"}],
              [{"id": "a-1", "type": "anonymous_id"}], [{"id": "x", "type": ["wechat_openid"]}]]
)  # fmt: skip
def test_what_clients_make_up_is_no_address(named: object):
    assert traits(replace(IDENTIFY, context={"externalIds": named, "app": "miniprogram"})) == {}
