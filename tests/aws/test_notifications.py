"""Notifications of SNS are believed when an allowed topic signed them, by either way of signing."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from shared.aws.notifications import SnsNotifications
from shared.errors import InvalidInputError, UnauthorizedError

TOPIC = "arn:aws:sns:us-east-1:123456789012:Notifications"
URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-" + "0a1b" * 8 + ".pem"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1)
    ).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def notifications(key):
    asked = []

    def fetch(url):
        asked.append(url)
        return certificate(key)

    made = SnsNotifications([TOPIC], fetch)
    made.asked = asked
    return made


def envelope(key, version="2", **values):
    known = {
        "Type": "Notification",
        "MessageId": "n-1",
        "TopicArn": TOPIC,
        "Message": json.dumps({"said": "你好"}),
        "Timestamp": "2026-11-22T12:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": URL,
        **values,
    }
    # As SNS documents it: each name and value on a line of its own, in this order.
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    text = "".join(f"{name}\n{known[name]}\n" for name in names if name in known)
    hashed = SHA256() if version == "2" else SHA1()
    known["Signature"] = b64encode(key.sign(text.encode(), PKCS1v15(), hashed)).decode()
    return known


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("more", [{}, {"Subject": "Amazon SES Email Event Notification"}])
def test_what_was_signed_is_read_and_the_certificate_fetched_once(
    notifications, key, version, more
):
    for _ in range(2):
        assert notifications.read(envelope(key, version, **more)) == {"said": "你好"}
    assert notifications.asked == [URL]


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject"])
def test_nothing_that_was_signed_can_be_changed(notifications, key, name):
    changed = {**envelope(key, Subject="s"), name: '{"said": "other"}'}
    with pytest.raises(UnauthorizedError):
        notifications.read(changed)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b.pem",
        URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        URL.replace("sns.us-east-1", "evil.example/sns.us-east-1"),
        URL.replace("https://", "https://evil.example@"),
        URL.replace("amazonaws.com", "example.com"),
        URL.replace("SimpleNotificationService", "../bucket/SimpleNotificationService"),
        URL.replace("https://sns.", "https://s3."),
        URL + "?x=https://sns.us-east-1.amazonaws.com/",
        URL + "\n",
        "",
    ],
)
def test_certificates_lie_with_sns_and_nowhere_else(notifications, key, url):
    with pytest.raises(UnauthorizedError):
        notifications.read(envelope(key, SigningCertURL=url))
    assert notifications.asked == []


def test_china_has_certificates_of_its_own(notifications, key):
    url = URL.replace("us-east-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
    assert notifications.read(envelope(key, SigningCertURL=url))


def test_other_topics_other_keys_and_other_ways_are_not_believed(notifications, key):
    other = rsa.generate_private_key(65537, 2048)
    for wrong in (
        envelope(key, TopicArn=TOPIC + "2"),
        envelope(other),
        envelope(key, SignatureVersion="3"),
        {**envelope(key, "1"), "SignatureVersion": "2"},
        {**envelope(key), "Signature": "FAKE"},
        {**envelope(key), "Signature": ""},
        {},
    ):
        with pytest.raises(UnauthorizedError):
            notifications.read(wrong)


def test_a_certificate_of_another_kind_of_key_is_refused(key):
    elliptic = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(UnauthorizedError):
        SnsNotifications([TOPIC], lambda url: certificate(elliptic)).read(envelope(key))


@pytest.mark.parametrize("message", ["", "nonsense", "[]", "7"])
def test_what_is_no_json_object_is_refused(notifications, key, message):
    with pytest.raises(InvalidInputError):
        notifications.read(envelope(key, Message=message))
