"""What a message can be for; standard library only, so that lean functions can ask."""

from typing import Final, Literal, get_args

Purpose = Literal["marketing", "service", "transactional"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)

# These are no purposes of messages: they are agreed to or refused in the same way.
ConsentPurpose = Literal[Purpose, "personalisation", "tracking"]
CONSENT_PURPOSES: Final[tuple[ConsentPurpose, ...]] = (*PURPOSES, "personalisation", "tracking")
