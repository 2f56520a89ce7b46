"""Reads notifications of SNS, and believes only those that an allowed topic really sent."""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from shared.domain.feedback.notifications import is_certificate_of_sns, signed_text
from shared.errors import InvalidInputError, TransientError, UnauthorizedError

_SECONDS: Final = 5
_MOST_BYTES: Final = 20_000
_VERSIONS: Final = ("1", "2")  # SHA-1 and SHA-256; which one, a topic decides


def fetched(url: str) -> bytes:
    """The certificate at an address of SNS; raises TransientError when it cannot be had."""
    try:
        with urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - https, checked before
            content: bytes = answer.read(_MOST_BYTES)
            return content
    except (URLError, OSError) as error:
        raise TransientError("the certificate of SNS cannot be fetched") from error


class SnsNotifications:
    """The notifications of some topics."""

    def __init__(
        self, topic_arns: Collection[str], fetch: Callable[[str], bytes] = fetched
    ) -> None:
        """`fetch` gives the PEM at an address; each is asked for once."""
        self._topics = frozenset(topic_arns)
        self._fetch = fetch
        self._certificates: dict[str, bytes] = {}

    def read(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """What the notification says, which is JSON.

        Raises UnauthorizedError for other topics and wrong signatures, InvalidInputError for what
        is no JSON, TransientError when the certificate cannot be fetched now.
        """
        if envelope.get("TopicArn") not in self._topics:
            raise UnauthorizedError("a notification of a topic that is not ours")
        url = str(envelope.get("SigningCertURL") or envelope.get("SigningCertUrl") or "")
        if not is_certificate_of_sns(url):
            raise UnauthorizedError("a notification whose certificate SNS did not publish")
        if envelope.get("SignatureVersion") not in _VERSIONS:
            raise UnauthorizedError("a notification signed in a way that is not known")
        if url not in self._certificates:
            self._certificates[url] = self._fetch(url)
        self._verify(envelope, self._certificates[url])
        try:
            said = json.loads(envelope["Message"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise InvalidInputError("the notification is not JSON") from error
        if not isinstance(said, dict):
            raise InvalidInputError("the notification is no object")
        return said

    def _verify(self, envelope: dict[str, Any], pem: bytes) -> None:
        # Loaded by who gets notifications only: it takes longer than all else together.
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256
        from cryptography.x509 import load_pem_x509_certificate

        hashed = SHA256() if envelope["SignatureVersion"] == "2" else SHA1()  # noqa: S303 - theirs
        try:
            key = load_pem_x509_certificate(pem).public_key()
            signature = b64decode(str(envelope.get("Signature")), validate=True)
            if not isinstance(key, RSAPublicKey):
                raise UnauthorizedError("a notification signed by another kind of key")
            key.verify(signature, signed_text(envelope), PKCS1v15(), hashed)
        except (InvalidSignature, Base64Error, ValueError) as error:
            raise UnauthorizedError("a notification whose signature is wrong") from error
