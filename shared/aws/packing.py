"""Packs the JSON text of an enrolment into bytes, so that ten steps fit into one write unit.

A trace says the same words again and again, and each is short: DEFLATE alone has hardly begun to
learn them when the text is over. So it begins with a dictionary of these words, and with what the
row says beside the body (`known`): its ids and instants cost three bytes each then.
"""

import zlib
from collections.abc import Mapping
from typing import Any, Final

from shared.errors import PermanentError

# What was packed is read with the words it was packed with: new words are a new number.
FORMAT: Final = 1
_LEVEL: Final = 9
_RAW: Final = -15  # without a header and a checksum: six bytes of every row
# What comes last is reached with the fewest bits.
_WORDS: Final = (
    '"held_out""merged""goal""went_on""repeated""drew""skipped""timed_out""happened""exit_rule"'
    '"reason":"completed","status":"completed","reason":"merged","status":"exited"'
    '"about":"share","about":"count","about":"enrolment","about":"stage","about":"segment"'
    '"waiting":{"due":"2027-01-01T00:00:00.000Z","since":"2026-12-01T00:00:00.000Z","triggers":['
    '"because":[{"about":"condition","about":"variant","name":"","of":"value":true,"holds":true,'
    '"exit_step","step":"","version":1,"visit":1}],"visits":{"workspace_id":"default"}'
    '"entry":{"journey_id":"","journey_version":1,"profile_id":"","status":"active","trace":[{"at":'
    '{"at":"","clock_at":"2026-11-01T00:00:00.000Z","enrolment_id":"","entered_at":"2026-10-01T'
    '"because":[{"about":"event","at":"2026-12-01T00:00:00.000Z","name":""}],"decision":"entered",'
    '"fact":"","next":"","step":"","version":1,"visit":0},{"at":"'
    '","decision":"waiting","due":"2027-02-01T00:00:00.000Z","step":"","version":1,"visit":1}'
    '","decision":"elapsed","next":"","step":"","version":1,"visit":1},{"at":"'
    '","because":[{"about":"trait","holds":false,"name":""}],"decision":"took","next":"","step":"",'
    '"version":1,"visit":1},{"at":"'
    '","because":[{"about":"template","name":""}],"decision":"requested","next":"","step":"","version"'
    ':1,"visit":1},{"at":"2026-12-01T12:00:00.000Z","'
)


def pack(text: str, known: str) -> bytes:
    """Pack a text; `known` must be given again to read it."""
    packer = zlib.compressobj(_LEVEL, wbits=_RAW, memLevel=9, zdict=_dictionary(known))
    return bytes([FORMAT]) + packer.compress(text.encode()) + packer.flush()


def unpack(packed: bytes, known: str) -> str:
    """Read what `pack` wrote; raises PermanentError on anything else."""
    if packed[:1] != bytes([FORMAT]):
        raise PermanentError(f"the body is packed in a format that is not known: {packed[:1]!r}")
    try:
        return (
            zlib.decompressobj(wbits=_RAW, zdict=_dictionary(known)).decompress(packed[1:]).decode()
        )
    except (zlib.error, UnicodeDecodeError) as error:
        raise PermanentError(f"the body of the row cannot be read: {error}") from error


def known_of(row: Mapping[str, Any]) -> str:
    """What the row of an enrolment says beside its body, the same as long as that lives."""
    return f"{row['pk']}{row['enrolment_id']}{row['journey_id']}"


def _dictionary(known: str) -> bytes:
    return (known + _WORDS).encode()
