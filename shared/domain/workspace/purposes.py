"""What a message can be for; standard library only, so that lean functions can ask."""

from typing import Final, Literal, get_args

Purpose = Literal["marketing", "service", "transactional"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
