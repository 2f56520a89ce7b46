"""Email addresses and telephone numbers as advertising platforms match them: hashed, never plain.

Google Customer Match ("Formatting guidelines for uploading hashed data",
support.google.com/google-ads/answer/7476159, and the Google Ads API's "Customer Match"): leading
and trailing spaces away, lower case, telephone numbers in E.164 with the `+`; in addresses at
gmail.com and googlemail.com all dots before the @ are taken out. Then SHA-256 in hexadecimal.

Meta Custom Audiences ("Hashing and Normalizing Data" of the Marketing API,
developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences): leading and trailing
spaces away, lower case; telephone numbers with the country's code, as digits only, without `+`,
symbols and leading zeros. Then SHA-256 in hexadecimal, in lower case.
"""

import re
from hashlib import sha256
from typing import Final, Literal, assert_never

Platform = Literal["google", "meta"]

_WITHOUT_DOTS: Final = frozenset({"gmail.com", "googlemail.com"})
_NO_DIGIT: Final = re.compile(r"[^0-9]")


def hashed_email(platform: Platform, address: str) -> str:
    """The SHA-256 of an email address, in 64 hex digits."""
    plain = "".join(address.split()).lower()
    match platform:
        case "google":
            name, at, domain = plain.rpartition("@")
            dots = domain in _WITHOUT_DOTS
            return _hashed(f"{name.replace('.', '') if dots else name}{at}{domain}")
        case "meta":
            return _hashed(plain)
        case _:
            assert_never(platform)


def hashed_phone(platform: Platform, number: str) -> str:
    """The SHA-256 of a telephone number in E.164, in 64 hex digits."""
    digits = _NO_DIGIT.sub("", number).lstrip("0")
    match platform:
        case "google":
            return _hashed(f"+{digits}")
        case "meta":
            return _hashed(digits)
        case _:
            assert_never(platform)


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()
