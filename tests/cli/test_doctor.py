"""The doctor: says what is wrong and what to do, and is quiet about what is well."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cli.doctor import Outside
from cli.doctor_words import SAID
from shared.aws import session
from shared.aws.due_store import DueIndex
from shared.domain.due.batches import Due
from shared.domain.due.timing import JUDGED
from shared.release import release
from tests.cli.account import PlayedAccount
from tests.cli.test_commands import shop  # noqa: F401

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WELL = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"Status": "SUCCESS"},
    "MailFromAttributes": {
        "MailFromDomain": "bounce.shop.cn",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    },
}
RECORDS = {
    "bounce.shop.cn": ["v=spf1 include:amazonses.com ~all"],
    "_dmarc.shop.cn": ["v=DMARC1; p=quarantine; rua=mailto:d@shop.cn"],
}


@pytest.fixture(autouse=True)
def one_region(monkeypatch):
    """The emulated AWS has the tables in one region; the doctor goes by the API's address."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def account(rapport, profiles_table, catalog_table):
    """The account of the deployment, in which all is well."""
    played = PlayedAccount(profiles_table, catalog_table)
    recovery = {"PointInTimeRecoveryEnabled": True}
    for table in (profiles_table, catalog_table):
        session.client("dynamodb").update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification=recovery
        )
    rapport.outside = Outside(
        texts=lambda name: RECORDS.get(name, []), account=played, now=lambda: NOW
    )
    return played


@pytest.fixture
def mailing(rapport, written, account):
    """The doctor of a workspace that writes to real people."""
    account.identities["shop.cn"] = {**WELL}

    def said(sender="Shop <hello@shop.cn>"):
        rapport("apply", written(f"kind: settings\nemail_from: {sender}\n"))
        return rapport("doctor").out

    return said


def test_an_empty_workspace_has_problems_with_remedies(rapport, account):
    said = rapport("doctor")
    assert said.code == 1
    assert "✗ no sender" in said.out
    assert "set email_from" in said.out
    assert "✗ no write key" in said.out
    assert "· no journey is published" in said.out


def test_a_recovery_that_nobody_ended_is_a_problem(shop, account):  # noqa: F811
    shop("write-key", "create", "web")
    shop("restore", "begin")
    said = shop("doctor")
    assert said.code == 1
    assert "✗ restoring: nobody enters a journey" in said.out
    assert "rapport restore end" in said.out
    shop("restore", "end")
    assert "restoring" not in shop("doctor").out


def test_a_workspace_in_order_has_none(shop, account):  # noqa: F811
    shop("write-key", "create", "web")
    said = shop("doctor")
    assert (said.code, said.err) == (0, "")
    assert "✗" not in said.out
    assert "not looked at" not in said.out
    for well in (
        "thank-you: its state machine is there",
        "all dead-letter queues are empty",
        "RapportEngine is deployed as a whole",
        "what is deployed is the code of this command",
        "2 functions are active and of one deployment",
        "the clock of the due index is at most 3 minutes behind",
        "can be restored to any second of the last 35 days",
        "no alarm is raised",
    ):
        assert f"✓ {well}" in said.out or re.search(f"✓ .*{well}", said.out)
    assert "rehearsal" in said.out


def test_a_machine_that_is_gone_and_dead_letters_are_found(shop, api, account):  # noqa: F811
    states = session.client("stepfunctions")
    arn = api.get("/journeys/thank-you").body["state_machine_arn"]
    states.delete_state_machine(stateMachineArn=arn.rpartition(":")[0])
    queues = session.client("sqs")
    url = queues.create_queue(QueueName="RapportEngine-LakeRowsDeadLetters1")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="{}")
    said = shop("doctor")
    assert said.code == 1
    assert "✗ thank-you: its state machine is gone" in said.out
    assert "rapport journey publish thank-you" in said.out
    assert "✗ dead letters: 1 in LakeRows" in said.out
    assert "rapport dlq show LakeRows" in said.out
    assert shop("journey", "publish", "thank-you").code == 0
    assert "✓ thank-you: its state machine is there" in shop("doctor").out


def test_what_waits_too_long_is_named(rapport, account):
    session.client("sqs").create_queue(QueueName="RapportEngine-EventsQueue1")
    account.ages["RapportEngine-EventsQueue1"] = 899
    assert "✓ no message has waited longer than 15 minutes" in rapport("doctor").out
    account.ages["RapportEngine-EventsQueue1"] = 3_600
    assert (
        "✗ the oldest message of RapportEngine-EventsQueue1 has waited 60 minutes"
        in rapport("doctor").out
    )


def test_a_sweep_that_stands_still_is_found(rapport, account, profiles_table):
    index = DueIndex(session.client("dynamodb"), profiles_table, JUDGED, None)
    index.put_all("default", [Due("p-1", NOW - timedelta(hours=2))], NOW - timedelta(days=1))
    out = rapport("doctor").out
    assert "✗ the clock of the due index is behind: people since 2026-11-22 10:00Z" in out


def test_alarms_stacks_functions_and_recovery(rapport, account, catalog_table):
    account.alarms = [
        {"AlarmName": "rapport-late-events", "AlarmDescription": "Events wait longer"},
        {"AlarmName": "somebody-elses"},
    ]
    account.stacks["RapportEngine"] = "UPDATE_ROLLBACK_COMPLETE"
    account.layers["RapportEngine-c"] = "arn:aws:lambda:eu-central-1:123456789012:layer:D:6"
    session.client("dynamodb").update_continuous_backups(
        TableName=catalog_table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    said = rapport("doctor")
    assert said.code == 1
    assert "✗ the alarm rapport-late-events is raised: Events wait longer" in said.out
    assert "somebody-elses" not in said.out
    assert "✗ RapportEngine is UPDATE_ROLLBACK_COMPLETE" in said.out
    assert "✗ not of the last deployment: RapportEngine-c" in said.out
    assert f"✗ {catalog_table} cannot be restored" in said.out


@pytest.mark.parametrize(("deployed", "says"), [("0123456789ab", "0123456789ab"), ("", "?")])
def test_a_deployment_of_other_code_is_noted(rapport, account, deployed, says):
    account.outputs["Release"] = deployed
    out = rapport("doctor").out
    assert f"· the code that is deployed ({says}) is not that of this command ({release()})" in out


def test_a_release_changes_with_the_code_of_functions_and_with_nothing_else(tmp_path):
    def written(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        release.cache_clear()
        return release(tmp_path)

    first = written("functions/a/handler.py", "1")
    assert written("functions/a/page.html", "1") == written("cli/b.py", "1") == first
    assert len({first, written("functions/a/handler.py", "2"), written("shared/c.py", "1")}) == 3
    assert written("functions/a/handler.py", "1") != first, "shared/c.py is there still"


def test_what_the_caller_may_not_ask_hides_nothing_else(rapport, account):
    account.outputs = {"Other": "x"}
    del account.stacks["RapportData"]
    account._cloudformation = lambda: {"describe_stacks": _denied}
    out = rapport("doctor").out
    assert "· CloudFormation not looked at: An error occurred (AccessDenied)" in out
    assert "✓ no alarm is raised" in out


def _denied(**_):
    from botocore.exceptions import ClientError

    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStacks")


def test_outside_a_rehearsal_the_sandbox_of_ses_is_a_problem(mailing, account):
    account.mail["ProductionAccessEnabled"] = False
    assert "✗ SES is in its sandbox" in mailing()
    account.mail["ProductionAccessEnabled"] = True
    assert "✓ SES may write to anybody" in mailing()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"EnforcementStatus": "SHUTDOWN"}, "✗ SES has stopped sending"),
        ({"SendingEnabled": False}, "✗ SES has stopped sending"),
        ({"EnforcementStatus": "PROBATION"}, "✗ SES watches this account"),
        ({"SendQuota": {"Max24HourSend": 200, "SentLast24Hours": 160}}, "✗ 160 of 200 emails"),
        ({"SendQuota": {"Max24HourSend": 200, "SentLast24Hours": 159}}, "✓ 159 of 200 emails"),
    ],
)
def test_what_ses_says_of_the_account_is_told(mailing, account, change, says):
    account.mail |= change
    assert says in mailing()


def test_a_domain_in_order_is_signed_aligned_and_guarded(mailing):
    out = mailing()
    assert "✗" not in out.partition("SES may write")[2]
    for well in (
        "✓ SES has verified shop.cn",
        "✓ emails of shop.cn are signed (DKIM)",
        "✓ bounces go to bounce.shop.cn",
        "✓ bounce.shop.cn lets SES send (SPF)",
        "✓ shop.cn says what to do with forged mail (DMARC p=quarantine)",
    ):
        assert well in out


def test_a_sender_below_a_domain_goes_by_that_domain(mailing):
    out = mailing("news@mail.shop.cn")
    assert "✓ SES has verified shop.cn" in out
    assert "✓ shop.cn says what to do with forged mail" in out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"VerifiedForSendingStatus": False}, "✗ SES has not verified shop.cn yet"),
        ({"DkimAttributes": {"Status": "PENDING"}}, "not signed: DKIM is PENDING"),
        ({"MailFromAttributes": None}, "· the envelope is amazonses.com's"),
        (
            {
                "MailFromAttributes": {
                    **WELL["MailFromAttributes"],
                    "MailFromDomainStatus": "FAILED",
                }
            },
            "✗ the MAIL FROM domain bounce.shop.cn does not work: FAILED",
        ),
    ],
)
def test_what_ses_lacks_of_a_domain_is_told(mailing, account, change, says):
    changed = {**WELL, **change}
    account.identities["shop.cn"] = {name: one for name, one in changed.items() if one is not None}
    assert says in mailing()


def test_a_domain_that_ses_does_not_know(mailing, account):
    account.identities.clear()
    assert "✗ SES does not know hello@shop.cn or its domain" in mailing()


@pytest.mark.parametrize(
    ("records", "says"),
    [
        ({"bounce.shop.cn": ["v=spf1 -all"]}, "✗ bounce.shop.cn does not name SES"),
        ({"_dmarc.shop.cn": []}, "✗ shop.cn has no DMARC record"),
        ({"_dmarc.shop.cn": ["v=DMARC1;p=none"]}, "· shop.cn only watches forged mail"),
    ],
)
def test_what_dns_lacks_is_told(mailing, monkeypatch, records, says):
    for name, texts in records.items():
        monkeypatch.setitem(RECORDS, name, texts)
    assert says in mailing()


def test_dns_that_does_not_answer_and_domains_of_examples_are_notes(mailing, rapport, account):
    assert "· example.com is reserved" in mailing("shop@example.com")

    def silent(name):
        raise LookupError("timed out")

    rapport.outside = Outside(texts=silent, account=account, now=lambda: NOW)
    assert "· shop.cn could not be looked up: timed out" in mailing()


def test_text_messages_are_looked_at_where_sns_sends_them(mailing, rapport, account, api):
    assert "SNS" not in mailing()
    assert api.put("/providers/sms", {"type": "sns"}).status == 200
    assert "✓ SNS may send text messages to any number" in mailing()
    account.texts_sandbox = True
    out = mailing()
    assert "✗ SNS is in its SMS sandbox" in out
    assert "SNS stops text messages at $1 a month" in out


def test_drafts_and_pauses_are_noted(shop, written, account):  # noqa: F811
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


def test_it_speaks_chinese(rapport, account):
    out = rapport("--lang", "zh", "doctor").out
    assert "✗ 未设置发件人" in out
    assert "✓ 所有死信队列都为空" in out


def test_everything_is_said_in_both_languages_of_the_same_facts():
    english, chinese = SAID["en"], SAID["zh"]
    assert english.keys() == chinese.keys()
    for code in english:
        for part in ("text", "remedy"):
            facts = [
                set(re.findall(r"{(\w+)", getattr(said[code], part))) for said in (english, chinese)
            ]
            assert facts[0] == facts[1], code
            assert bool(getattr(english[code], part)) == bool(getattr(chinese[code], part)), code
