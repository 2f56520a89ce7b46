"""Which statements of roles are needed, by what the emulator noted; on policies made up here."""

from tests.scenarios.privileges import denied, judge, misplaced, statement, unexplained

TABLE, QUEUE = "arn:aws:dynamodb:::table/t", "arn:aws:sqs:::q"
READ = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": TABLE}
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
WIDE = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}


def _call(action, *by, decision="Allow", role="SweepRole"):
    return {
        "role": role,
        "action": action,
        "resource": QUEUE,
        "decision": decision,
        "by": [one.text for one in by],
    }


def _statements(*said):
    return [statement("SweepRole", one) for one in said]


def test_a_statement_is_needed_where_nothing_else_allowed_a_call():
    read, send = _statements(READ, SEND)
    verdict = judge([([read, send], [_call("dynamodb:GetItem", read)])])
    assert verdict.needed == (read,)
    assert verdict.unused == (send,)
    assert verdict.unused_actions == ("SweepRole: dynamodb:Query",)


def test_one_beside_which_another_allows_the_same_is_not_needed():
    send, wide = _statements(SEND, WIDE)
    both = _call("sqs:SendMessage", send, wide)
    assert judge([([send, wide], [both])]).shared == (send, wide)
    other = _call("sqs:DeleteMessage", wide)
    verdict = judge([([send, wide], [both, other])])
    assert (verdict.needed, verdict.shared) == ((wide,), (send,))


def test_what_is_denied_or_of_another_role_says_nothing():
    (send,) = _statements(SEND)
    refused = _call("sqs:SendMessage", decision="ImplicitDeny")
    of_another = _call("sqs:SendMessage", send, role="OtherRole")
    assert judge([([send], [refused, of_another])]).unused == (send,)
    assert denied([refused, of_another]) == [f"SweepRole: sqs:SendMessage on {QUEUE}"]


def test_runs_add_up_though_their_resources_have_other_names():
    (first,) = _statements(SEND)
    (second,) = _statements({**SEND, "Resource": f"{QUEUE}-of-another-run"})
    verdict = judge([([first], [_call("sqs:SendMessage", first)]), ([second], [])])
    assert verdict.needed == (second,)


def test_only_a_reason_that_is_written_down_excuses_a_statement():
    (send,) = _statements(SEND)
    verdict = judge([([send], [])])
    assert unexplained(verdict, {}) == ["SweepRole: sqs:SendMessage"]
    assert unexplained(verdict, {r"\w+Role: sqs:SendMessage": "said by Lambda"}) == []


def test_a_reason_is_out_of_place_for_what_calls_need_and_for_nothing():
    read, send = _statements(READ, SEND)
    verdict = judge([([read, send], [_call("dynamodb:GetItem", read)])])
    assert misplaced(verdict, {r"\w+: sqs:.*": "said by Lambda"}) == []
    assert misplaced(verdict, {r"\w+: s3:.*": "x"}) == [r"\w+: s3:.*: for no statement"]
    both = misplaced(verdict, {r"\w+: .*": "x"})
    assert both == [r"\w+: .*: calls need SweepRole: dynamodb:GetItem dynamodb:Query"]
