"""The doctor: says what is wrong and what to do, and is quiet about what is well."""

import httpx
import pytest
from moto.core.responses import ActionResult
from moto.sesv2.responses import SESV2Response

from shared.aws import session
from tests.cli.test_commands import shop  # noqa: F401


@pytest.fixture(autouse=True)
def one_region(monkeypatch):
    """The emulated AWS has the tables in one region; the doctor goes by the API's address."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture(autouse=True)
def sandbox(monkeypatch):
    """Whether SES is in its sandbox; moto leaves this call out."""
    account = {"ProductionAccessEnabled": False}
    monkeypatch.setattr(
        SESV2Response, "get_account", lambda self: ActionResult(account), raising=False
    )
    return account


def test_an_empty_workspace_has_problems_with_remedies(rapport):
    said = rapport("doctor")
    assert said.code == 1
    assert "✗ no sender" in said.out
    assert "set email_from" in said.out
    assert "✗ no write key" in said.out
    assert "· no journey is published" in said.out


def test_a_workspace_in_order_has_none(shop):  # noqa: F811
    shop("write-key", "create", "web")
    said = shop("doctor")
    assert (said.code, said.err) == (0, "")
    assert "✗" not in said.out
    assert "✓ thank-you: its state machine is there" in said.out
    assert "✓ all dead-letter queues are empty" in said.out
    assert "rehearsal" in said.out


def test_a_machine_that_is_gone_and_dead_letters_are_found(shop, api):  # noqa: F811
    states = session.client("stepfunctions")
    arn = api.get("/journeys/thank-you").body["state_machine_arn"]
    states.delete_state_machine(stateMachineArn=arn.rpartition(":")[0])
    queues = session.client("sqs")
    url = queues.create_queue(QueueName="RapportEngine-EventsDeadLetters1")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="{}")
    said = shop("doctor")
    assert said.code == 1
    assert "✗ thank-you: its state machine is gone" in said.out
    assert "rapport journey publish thank-you" in said.out
    assert "✗ dead letters: 1 in RapportEngine-EventsDeadLetters1" in said.out
    assert shop("journey", "publish", "thank-you").code == 0
    assert "✓ thank-you: its state machine is there" in shop("doctor").out


def test_outside_a_rehearsal_the_sandbox_of_ses_is_a_problem(rapport, written, sandbox):
    rapport("apply", written("kind: settings\nemail_from: shop@example.com\n"))
    assert "✗ SES is in its sandbox" in rapport("doctor").out
    sandbox["ProductionAccessEnabled"] = True
    assert "✓ SES may write to anybody" in rapport("doctor").out


def test_drafts_and_pauses_are_noted(shop, written):  # noqa: F811
    shop("journey", "pause", "thank-you")
    shown = shop("journey", "show", "cart-reminder").out.replace("未付款", "未支付")
    shop("apply", written(shown))
    out = shop("doctor").out
    assert "· thank-you is paused" in out
    assert "cart-reminder: people meet version 1, version 2 is a draft" in out


def test_without_credentials_aws_is_left_out(shop, monkeypatch):  # noqa: F811
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "not looked at" in shop("doctor").out


def test_a_wrong_key_and_an_address_where_nobody_answers_are_told_apart(rapport):
    said = rapport("doctor", key="wrong")
    assert said.code == 1
    assert "✗ the API refuses the admin key" in said.out
    rapport.gateway = httpx.MockTransport(lambda _: httpx.Response(404, text="nothing here"))
    said = rapport("doctor")
    assert said.code == 1
    assert "✗ a1b2c3d4e5" in said.out
    assert "make up" in said.out
