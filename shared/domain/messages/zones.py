"""By whose clock quiet hours and calendar days of a person go.

The rule: the trait `timezone`, where it names a zone; else the country of the telephone number,
where the whole country has one time; else the zone of the workspace.
"""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.journeys.local_time import TIMEZONE_TRAIT, zone_named

# Countries with one time in all of the country, by their calling codes. Those with several, and
# codes that several countries share, are not here: nobody can tell by the number alone.
_COUNTRIES: Final[Mapping[str, str]] = {
    "20": "Africa/Cairo",
    "212": "Africa/Casablanca",
    "213": "Africa/Algiers",
    "216": "Africa/Tunis",
    "234": "Africa/Lagos",
    "254": "Africa/Nairobi",
    "27": "Africa/Johannesburg",
    "30": "Europe/Athens",
    "31": "Europe/Amsterdam",
    "32": "Europe/Brussels",
    "33": "Europe/Paris",
    "353": "Europe/Dublin",
    "354": "Atlantic/Reykjavik",
    "358": "Europe/Helsinki",
    "36": "Europe/Budapest",
    "380": "Europe/Kyiv",
    "39": "Europe/Rome",
    "40": "Europe/Bucharest",
    "41": "Europe/Zurich",
    "420": "Europe/Prague",
    "43": "Europe/Vienna",
    "44": "Europe/London",
    "45": "Europe/Copenhagen",
    "46": "Europe/Stockholm",
    "47": "Europe/Oslo",
    "48": "Europe/Warsaw",
    "49": "Europe/Berlin",
    "51": "America/Lima",
    "54": "America/Argentina/Buenos_Aires",
    "57": "America/Bogota",
    "60": "Asia/Kuala_Lumpur",
    "63": "Asia/Manila",
    "65": "Asia/Singapore",
    "66": "Asia/Bangkok",
    "81": "Asia/Tokyo",
    "82": "Asia/Seoul",
    "84": "Asia/Ho_Chi_Minh",
    "852": "Asia/Hong_Kong",
    "853": "Asia/Macau",
    "855": "Asia/Phnom_Penh",
    "86": "Asia/Shanghai",
    "880": "Asia/Dhaka",
    "886": "Asia/Taipei",
    "90": "Europe/Istanbul",
    "91": "Asia/Kolkata",
    "92": "Asia/Karachi",
    "94": "Asia/Colombo",
    "966": "Asia/Riyadh",
    "971": "Asia/Dubai",
    "972": "Asia/Jerusalem",
    "977": "Asia/Kathmandu",
}


def zone_of(traits: Mapping[str, Any], workspace_zone: ZoneInfo) -> ZoneInfo:
    """The time zone of a person by the rule."""
    name = traits.get(TIMEZONE_TRAIT)
    own = zone_named(name) if isinstance(name, str) else None
    return own or _by_number(traits.get("phone")) or workspace_zone


def _by_number(phone: object) -> ZoneInfo | None:
    if not isinstance(phone, str) or not phone.startswith("+"):
        return None
    codes = (phone[1 : 1 + length] for length in (3, 2))
    return next((ZoneInfo(_COUNTRIES[code]) for code in codes if code in _COUNTRIES), None)
