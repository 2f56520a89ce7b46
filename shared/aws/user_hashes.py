"""User hashes: proof from a customer's server that a page or an app speaks for a user."""

import hmac
from hashlib import sha256
from typing import Final

from shared.aws.identity_secret import IdentitySecret

PURPOSE: Final = "user-hash"


class UserHashes:
    """Hashes of user ids, hex HMAC-SHA256 under a key that each workspace has for itself."""

    def __init__(self, secret: IdentitySecret) -> None:
        self._secret = secret

    def key(self, workspace_id: str) -> str:
        """The key as customers' servers use it: the bytes of this text.

        Raises TransientError when AWS is busy.
        """
        return self._secret.key(PURPOSE, workspace_id).hex()

    def fits(self, workspace_id: str, user_id: str, presented: object) -> bool:
        """Say, in constant time, whether this is the user's hash; any JSON value may be presented.

        Raises TransientError when AWS is busy.
        """
        if not isinstance(presented, str) or len(presented) != 2 * sha256().digest_size:
            return False
        expected = hmac.new(self.key(workspace_id).encode(), user_id.encode(), sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), presented.lower().encode("utf-8", "replace"))
