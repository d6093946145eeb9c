"""Countries, their time zones, and the calendars the platform knows."""

import zoneinfo
from functools import lru_cache

import holidays
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

MAIN_ZONE = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "IN": "Asia/Kolkata",
    "KZ": "Asia/Almaty",
    "MM": "Asia/Yangon",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "VN": "Asia/Ho_Chi_Minh",
}
"""Where a country has several zones, or its zone an old name: the one most people live in."""


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes that have a name and a calendar of holidays."""
    named = {str(code) for code in Locale("en").territories if len(str(code)) == 2 and str(code).isalpha()}
    return frozenset(named & set(holidays.list_supported_countries(include_aliases=False)))


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """IANA zones by region; no abbreviations and no fixed offsets but UTC."""
    return frozenset(name for name in zoneinfo.available_timezones() if _is_place(name)) | {"UTC"}


def _is_place(name: str) -> bool:
    return "/" in name and name.split("/")[0] not in {"Etc", "SystemV", "posix", "right", "US"}


def _locale() -> Locale:
    try:
        return Locale.parse((get_language() or "en").replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def country_name(code: str) -> str:
    """In the reader's language."""
    return _locale().territories.get(code, code)


def country_choices() -> list[tuple[str, str]]:
    """(code, name), sorted by name in the reader's language."""
    return sorted(((code, country_name(code)) for code in country_codes()), key=lambda pair: pair[1])


def zone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zone_names())]


def guess_zone(country: str) -> str:
    """The zone most people of a country live in; UTC if unknown."""
    if country in MAIN_ZONE:
        return MAIN_ZONE[country]
    zones = sorted(zone for zone, code in get_global("zone_territories").items() if code == country)
    return next((zone for zone in zones if zone in zone_names()), "UTC")


def check_country(code: str, field: str = "country") -> str:
    """Raises Invalid beside `field` for a code that is no country."""
    if code not in country_codes():
        raise Invalid(fields={field: _("Choose a country from the list.")})
    return code


def check_zone(name: str, field: str = "time_zone") -> str:
    """Raises Invalid beside `field` for a name that is no IANA zone."""
    if name not in zone_names():
        raise Invalid(fields={field: _("Choose a time zone from the list.")})
    return name
