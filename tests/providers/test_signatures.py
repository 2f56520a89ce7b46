"""Requests to Chinese clouds are signed as those clouds' own SDKs sign them."""

from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from alibabacloud_openapi_util.client import Client as AlibabaSigner
from hypothesis import given
from hypothesis import strategies as st
from Tea.request import TeaRequest
from tencentcloud.common.sign import Sign as TencentSigner

from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Handover
from shared.providers.aliyun import request as aliyun
from shared.providers.tencent import request as tencent

NOW = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC)

texts = st.text(max_size=20)
contents = st.builds(
    SmsContent,
    text=texts,
    code=st.text(alphabet="SMS_0123456789", min_size=1, max_size=12),
    fields=st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
        texts.filter(lambda text: not any(0xD800 <= ord(each) < 0xE000 for each in text)),
        max_size=4,
    ).map(lambda fields: tuple(fields.items())),
)
instants = st.integers(1_600_000_000, 2_200_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


def handover(address: str = "+8613800138000") -> Handover:
    return Handover(
        workspace_id="default",
        profile_id="p1",
        message_id="m1",
        purpose="marketing",
        address=address,
    )


@given(contents, instants, st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_alibaba_cloud_would_sign_the_same(content, now, sign_name):
    keys = aliyun.Keys("key-id", "key-secret")
    made = aliyun.message_request(
        aliyun.BASE, keys, sign_name, handover(), content, now=now, nonce="n-1"
    )

    theirs = TeaRequest()
    theirs.method, theirs.pathname = "POST", "/"
    theirs.query = dict(parse_qsl(urlsplit(made.url).query, keep_blank_values=True))
    theirs.headers = {
        name: value for name, value in made.headers.items() if name != "Authorization"
    }
    expected = AlibabaSigner.get_authorization(
        theirs, aliyun.ALGORITHM, made.headers["x-acs-content-sha256"], "key-id", "key-secret"
    )

    assert made.headers["Authorization"] == expected
    assert theirs.query["PhoneNumbers"] == "8613800138000"
    assert theirs.query["OutId"] == "p1.m1"


@given(contents, instants)
def test_tencent_cloud_would_sign_the_same(content, now):
    account = tencent.Account("id", "key", "1400000000", "知己", "ap-guangzhou")
    made = tencent.message_request(tencent.BASE, account, handover(), content, now=now)

    day = f"{now:%Y-%m-%d}"
    canonical = "\n".join(
        (
            *("POST", "/", "", "content-type:application/json"),
            *(f"host:{urlsplit(tencent.BASE).netloc}", "", "content-type;host"),
            digest(made.body),
        )
    )
    wanted = "\n".join(
        (
            "TC3-HMAC-SHA256",
            made.headers["X-TC-Timestamp"],
            f"{day}/sms/tc3_request",
            digest(canonical.encode()),
        )
    )
    expected = TencentSigner.sign_tc3("key", day, "sms", wanted)

    assert made.headers["Authorization"].endswith(f"Signature={expected}")
    assert made.headers["X-TC-Timestamp"] == str(int(now.timestamp()))


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()
