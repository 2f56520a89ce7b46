"""The seal on callbacks of WeChat and WeCom, which is the same for both.

A signature is the SHA-1 of the sorted texts that it covers. What is sealed is AES-256-CBC over 16
random bytes, the length of the message in four bytes, the message, and the id of who receives it;
the padding is PKCS#7 to blocks of 32, and the first half of the key is the initial vector too.
"""

import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha1
from struct import pack, unpack
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shared.errors import UnauthorizedError

_BLOCK: Final = 32
_SALT: Final = 16


def signature(token: str, *texts: str) -> str:
    """What proves that somebody who knows the token wrote these texts."""
    # The providers chose SHA-1; it keeps strangers out, and the seal is what protects the content.
    return sha1(_bytes("".join(sorted((token, *texts)))), usedforsecurity=False).hexdigest()


def is_signed(said: str, token: str, *texts: str) -> bool:
    """Say whether a signature is the right one, in a time that does not tell how wrong it is."""
    return hmac.compare_digest(_bytes(said), signature(token, *texts).encode())


def _bytes(text: str) -> bytes:
    """UTF-8, also of half a surrogate pair: what strangers send is wrong, and no fault of ours."""
    return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Seal:
    """Opens and closes messages; `receiver` is the app id, or the corp id in WeCom."""

    token: str
    key: bytes
    receiver: str

    @classmethod
    def of(cls, token: str, encoding_aes_key: str, receiver: str) -> "Seal":
        """Read the key as the providers write it; raises UnauthorizedError where it is none."""
        try:
            key = b64decode(encoding_aes_key + "=", validate=True)
        except ValueError:
            key = b""
        if len(key) != _BLOCK:
            raise UnauthorizedError("the encoding_aes_key of the provider's secret is none")
        return cls(token, key, receiver)

    def open(self, sealed: str, said: str, timestamp: str, nonce: str) -> bytes:
        """The message inside; raises UnauthorizedError for whatever was not sealed for us."""
        if not is_signed(said, self.token, timestamp, nonce, sealed):
            raise UnauthorizedError("the signature of the callback is not right")
        try:
            return self._inside(b64decode(sealed, validate=True))
        except ValueError as error:
            raise UnauthorizedError("the callback was sealed for somebody else") from error

    def close(self, message: bytes, salt: bytes, timestamp: str, nonce: str) -> tuple[str, str]:
        """(sealed, signature) of a message; `salt` is 16 random bytes."""
        if len(salt) != _SALT:
            raise ValueError(f"the salt has {_SALT} bytes")
        plain = salt + pack(">I", len(message)) + message + self.receiver.encode()
        missing = _BLOCK - len(plain) % _BLOCK
        made = self._cipher().encryptor()
        sealed = b64encode(made.update(plain + bytes([missing]) * missing) + made.finalize())
        text = sealed.decode()
        return text, signature(self.token, timestamp, nonce, text)

    def _inside(self, sealed: bytes) -> bytes:
        opened = self._cipher().decryptor()
        padded = opened.update(sealed) + opened.finalize()
        missing = padded[-1] if padded else 0
        if not 1 <= missing <= _BLOCK or padded[-missing:] != bytes([missing]) * missing:
            raise ValueError("the padding is not right")
        plain = padded[_SALT:-missing]
        if len(plain) < 4:
            raise ValueError("there is no message")
        (length,) = unpack(">I", plain[:4])
        message, receiver = plain[4 : 4 + length], plain[4 + length :]
        if len(message) != length or receiver != self.receiver.encode():
            raise ValueError("the receiver is somebody else")
        return message

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16]))
