"""The other commands: each says what it did, and one clear line when it could not."""

import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml

from cli.target import find_target
from functions.manage_workspace import handler
from shared.aws import session

DEMO = sorted((Path(__file__).parents[2] / "demo" / "workspace").glob("*.yaml"))


@pytest.fixture
def shop(rapport):
    """The command over the demo's workspace."""
    assert rapport("apply", *DEMO).code == 0
    return rapport


def test_journeys_are_listed_shown_paused_resumed_and_published(shop):
    listed = shop("journey", "list").out
    assert "cart-reminder" in listed
    assert listed.count("published") == 3
    shown = shop("journey", "show", "thank-you").out
    assert shown.startswith("# published, newest version 1, published: 1")
    assert yaml.safe_load(shown)["kind"] == "journey"
    paused = shop("journey", "pause", "thank-you").out
    assert paused == "updated: thank-you is paused, people meet version 1\n"
    assert shop("journey", "resume", "thank-you").out.startswith("updated: thank-you is published")
    assert shop("journey", "publish", "thank-you").out.startswith("unchanged: thank-you")


def test_a_journey_that_paused_itself_says_why_until_it_goes_on(shop, written):
    edit = handler.wiring().ports.edit()
    found = edit.find("JOURNEY", "thank-you")
    edit.put(replace(found, status="paused", paused_because="too_many_bounces: bounced 9"))
    edit.commit()
    shown = shop("journey", "show", "thank-you").out
    assert shown.splitlines()[1] == "# paused itself: too_many_bounces: bounced 9"
    assert shop("apply", written(shown)).out.startswith("unchanged")
    shop("journey", "resume", "thank-you")
    assert "paused itself" not in shop("journey", "show", "thank-you").out


def test_what_show_prints_can_be_applied(shop, written):
    shown = shop("journey", "show", "cart-reminder").out
    assert shop("apply", written(shown)).out.startswith("unchanged")


def test_segments_are_listed_in_either_language(shop):
    assert "did payment_done ever" in shop("segment", "list").out
    assert "发生过 payment_done" in shop("--lang", "zh", "segment", "list").out


def test_a_key_for_servers_is_told_from_one_for_everybody(rapport):
    rapport("write-key", "create", "shop", "--server")
    assert " server " in rapport("write-key", "list").out


def test_the_key_of_user_hashes_is_printed_alone(rapport):
    assert len(bytes.fromhex(rapport("identity", "secret").out.strip())) == 32


def test_figures_are_shown_for_everything_there_is(shop):
    out = shop("figures").out
    for name in ("visitors", "buyers", "welcome-series", "thank-you"):
        assert name in out


def test_a_write_key_is_made_listed_and_disabled(rapport):
    key = rapport("write-key", "create", "web").out.strip()
    assert key.startswith("wk_")
    listed = rapport("write-key", "list").out
    assert "web" in listed
    assert key not in listed
    prefix = listed.splitlines()[1].split()[0]
    assert rapport("write-key", "disable", prefix).out.startswith("updated")
    assert "disabled" in rapport("write-key", "list").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("journey", "publish", "none"), "there is no journey 'none'"),
        (("journey", "pause", "none"), "there is no journey 'none'"),
        (("profile", "user_id", "u-404"), "no profile has this user_id"),
        (("profile", "user_id", "null"), "value: this names nobody: blocked"),
        (("profile", "shoe_size", "x"), "kind: one of user_id, "),
        (("consent", "user_id", "u-404", "marketing", "--grant"), "no profile has this user_id"),
        (("write-key", "create", "Not A Slug"), "source_id: "),
        (("write-key", "disable", "00000000"), "no write key begins with"),
    ],
)
def test_what_goes_wrong_is_one_clear_line(rapport, words, message):
    said = rapport(*words)
    assert said.code == 1
    assert said.err.startswith("rapport: ")
    assert message in said.err
    assert len(said.err.splitlines()) == 1


def test_a_wrong_key_is_told_and_nothing_is_applied(rapport):
    said = rapport("apply", *DEMO, key="wrong")
    assert said.code == 1
    assert "this needs the admin key" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda request: (_ for _ in ()).throw(httpx.ConnectError("refused")), "does not answer"),
        (lambda request: httpx.Response(502, text="<html>"), "is the address right?"),
        (lambda request: httpx.Response(200, json=[]), "is the address right?"),
    ],
)
def test_another_server_or_none_is_one_clear_line(rapport, answer, message):
    rapport.gateway = httpx.MockTransport(answer)
    for words in (("figures",), ("apply", DEMO[0])):
        said = rapport(*words)
        assert said.code == 1
        assert message in said.err
        assert len(said.err.splitlines()) == 1


def test_without_a_deployment_it_says_how_to_name_one(rapport, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = rapport.alone("figures")
    assert said.code == 1
    assert "make up" in said.err
    assert "--key" in rapport.alone("--url", "http://x", "figures").err
    assert "--url" in rapport.alone("--key", "x", "figures").err


def test_the_stack_that_runs_here_is_found_from_below(dynamodb, tmp_path):
    secret = session.client("secretsmanager").create_secret(Name="k", SecretString="local-key")
    folder = tmp_path / "project" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(
        json.dumps(
            {
                "api_url": "http://127.0.0.1:8787",
                "aws_endpoint": "https://secretsmanager.us-east-1.amazonaws.com",
                "outputs": {"AdminKeySecretArn": secret["ARN"]},
            }
        )
    )
    target = find_target(None, None, folder)
    assert (target.url, target.key) == ("http://127.0.0.1:8787", "local-key")


def test_the_region_is_read_from_the_gateways_address(tmp_path):
    url = "https://a1.execute-api.eu-central-1.amazonaws.com"
    assert find_target(url, "k", tmp_path).account.region == "eu-central-1"
    assert find_target("https://api.example.com", "k", tmp_path).account.region is None


def test_a_journey_in_a_file_is_compared_with_the_deployed_one_by_meaning(shop, written):
    shown = shop("journey", "show", "cart-reminder").out
    assert "no difference" in shop("journey", "diff", written(shown)).out
    duration = "duration: P1D\n  name: one more day"
    shorter = shown.replace(duration, duration.replace("P1D", "P2D"))
    assert shorter != shown
    assert (
        "~ wait “one more day”: duration  1 d → 2 d"
        in shop("journey", "diff", written(shorter)).out
    )
    other = shown.replace("journey_id: cart-reminder", "journey_id: another")
    assert "another: is new" in shop("journey", "diff", written(other)).out
