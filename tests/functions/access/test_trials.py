"""A trial of a template reaches people, so an editor's goes where an admin has allowed it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.manage_workspace import handler
from shared.domain.workspace.operation import OPERATOR_PREFIX, PREFIX
from shared.domain.workspace.trials import is_for_trials
from tests.functions.access.conftest import MACHINE, ask, token

TRIAL = f"{OPERATOR_PREFIX}/templates/hello/test"
NAMED = {"@shop.example", "friend@mail.example", "+8613800138000"}


@pytest.fixture
def handed(api: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """The addresses of each trial that is handed on."""
    ours, found = handler.wiring(), []

    def take(asked: Any) -> dict[str, Any]:
        found.append(asked["to"])
        return {"sent": []}

    told = replace(ours, ports=replace(ours.ports, send_test=take))
    with monkeypatch.context() as patch:
        patch.setattr(handler, "wiring", lambda: told)
        body = {"channel": "email", "subject": "Hi", "html": "<p>Hi</p>"}
        assert ask("PUT", f"{PREFIX}/templates/hello", MACHINE, body).status == 200
        yield found


def test_an_editor_reaches_those_alone_whom_an_admin_has_named(handed: list[list[str]]) -> None:
    to = ["wei@shop.example", "friend@mail.example"]
    refused = ask("POST", TRIAL, token("editor"), {"to": to})
    assert refused.status == 403
    assert "trial_addresses" in refused.body["message"]
    assert handed == []
    settings = {"trial_addresses": sorted(NAMED)}
    assert ask("PUT", f"{OPERATOR_PREFIX}/settings", token("editor"), settings).status == 403
    assert ask("PUT", f"{OPERATOR_PREFIX}/settings", token("admin"), settings).status == 200
    assert ask("POST", TRIAL, token("editor"), {"to": to}).status == 200
    over = [*to, "customer@mail.example"]
    assert ask("POST", TRIAL, token("editor"), {"to": over}).status == 403
    assert handed == [to]
    assert ask("POST", TRIAL, token("approver"), {"to": over}).status == 200
    assert handed == [to, over]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("wei@shop.example", True),
        ("Wei@Shop.Example", True),
        ("+8613800138000", True),
        ("friend@mail.example", True),
        ("other@mail.example", False),
        ("wei@not-shop.example", False),
        ("wei@shop.example.evil.example", False),
        ("a@evil.example,wei@shop.example", False),
        ("a@evil.example wei@shop.example", False),
        ("a@evil.example@shop.example", False),
        ('"a@evil.example"@shop.example', False),
        ("a@evil.example <wei@shop.example>", False),
        ("a@evil.example\n@shop.example", False),
        ("@shop.example", True),  # it is what was named, and no address to which anything goes
        ("", False),
    ],
)
def test_a_domain_is_meant_and_nothing_that_ends_like_it(address: str, expected: bool) -> None:
    assert is_for_trials(address, NAMED) is expected


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_before_a_domain_is_one_mailbox(before: str, after: str) -> None:
    address = f"{before}@{after}"
    if is_for_trials(address, {"@shop.example"}) and before:
        assert address.casefold().count("@") == 1
        assert after.casefold() == "shop.example"
        assert not set(before) & set(' \t\r\n,;<>()"\\:')
