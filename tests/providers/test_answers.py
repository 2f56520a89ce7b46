"""What providers answer is read as sent, refused, surely not taken, or nobody knows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.handover import Accepted, NotTaken, Rejected, Unclear
from shared.providers.aliyun import answers as aliyun
from shared.providers.http import Response
from shared.providers.tencent import answers as tencent
from shared.providers.webhook import answers as webhook
from shared.providers.wechat import answers as wechat
from shared.providers.wecom import answers as wecom


def response(content: Any, status: int = 200) -> Response:
    return Response(status, content if isinstance(content, bytes) else json.dumps(content).encode())


def sms(code: str) -> Any:
    return {"Response": {"SendStatusSet": [{"Code": code, "SerialNo": "1", "Message": "m"}]}}


@pytest.mark.parametrize(
    ("content", "status", "expected"),
    [
        ({"errcode": 0, "errmsg": "ok", "msgid": 7}, 200, Accepted("wechat", "7")),
        ({"errcode": 40001, "errmsg": "dead"}, 200, NotTaken("wechat", "40001: dead")),
        ({"errcode": -1, "errmsg": "busy"}, 200, Unclear("wechat", "-1: busy")),
        ({"errcode": 43101, "errmsg": "no"}, 200, Rejected("wechat", "43101: no")),
        ({"errcode": 45015, "errmsg": "late"}, 200, Rejected("wechat", "45015: late")),
        ({}, 429, NotTaken("wechat", "HTTP 429")),
        ({}, 404, Rejected("wechat", "HTTP 404")),
        (b"<html>", 502, Unclear("wechat", "HTTP 502 without an errcode")),
        (b"", 200, Unclear("wechat", "HTTP 200 without an errcode")),
    ],
)
def test_wechat(content: Any, status: int, expected: Any):
    assert wechat.read("wechat", response(content, status)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"errcode": 0, "msgid": "t"}, Accepted),
        ({"errcode": 0, "msgid": "t", "fail_list": []}, Accepted),
        ({"errcode": 0, "msgid": "t", "fail_list": ["wm1"]}, Rejected),
        ({"errcode": 0, "invaliduser": "clerk"}, Rejected),
        ({"errcode": 45033, "errmsg": "too many"}, NotTaken),
        ({"errcode": 60111, "errmsg": "nobody"}, Rejected),
    ],
)
def test_wecom(content: Any, expected: type):
    assert isinstance(wecom.read(response(content)), expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"Code": "OK", "BizId": "1"}, Accepted),
        ({"Code": "isv.BUSINESS_LIMIT_CONTROL"}, NotTaken),
        ({"Code": "Throttling.User"}, NotTaken),
        ({"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, Rejected),
        ({"Code": "isp.SYSTEM_ERROR"}, Unclear),
        ({"Code": "ServiceUnavailable"}, Unclear),
        ({}, Unclear),
    ],
)
def test_alibaba_cloud(content: Any, expected: type):
    assert isinstance(aliyun.read(response(content)), expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sms("Ok"), Accepted),
        (sms("LimitExceeded.PhoneNumberDailyLimit"), NotTaken),
        (sms("FailedOperation.PhoneNumberInBlacklist"), Rejected),
        (sms("InternalError.Timeout"), Unclear),
        ({"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}}}, NotTaken),
        ({"Response": {"SendStatusSet": []}}, Unclear),
        ({}, Unclear),
    ],
)
def test_tencent_cloud(content: Any, expected: type):
    assert isinstance(tencent.read(response(content)), expected)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, Accepted), (204, Accepted), (302, Rejected), (410, Rejected), (429, NotTaken),
     (500, Unclear), (503, Unclear)],
)  # fmt: skip
def test_a_webhook(status: int, expected: type):
    assert isinstance(webhook.read(status), expected)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "errcode",
                    "errmsg",
                    "msgid",
                    "Code",
                    "Response",
                    "SendStatusSet",
                    "Error",
                    "fail_list",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.one_of(ANY.map(lambda one: json.dumps(one).encode()), st.binary(max_size=20)))
def test_whatever_comes_back_is_read_as_something(body: bytes):
    """An answer that cannot be read never counts as one that can be tried again."""
    for read in (
        lambda one: wechat.read("wechat", one),
        wecom.read,
        aliyun.read,
        tencent.read,
    ):
        answer = read(Response(200, body))
        if not body.strip().startswith(b"{"):
            assert isinstance(answer, Unclear)
