"""Where a person is, precisely: latitude and longitude beside each other, where a message tells of its user or device.

Three decimals are about 110 m. US law calls precise what places somebody within 1,850 feet (564 m; California Civil Code 1798.140(w)).
Shops, hotels and maps have coordinates too, so that in properties and calls the object around them has to be a device's own.

What a network address is looked up for (GeoIP) has as many decimals, and places the middle of a city or a country: MaxMind gives
four, beside the names of city and country, and its accuracy in kilometres (MaxMind documentation, City Plus response). A device
gives more, or what only a device knows (W3C, Geolocation: speed, heading, altitude, accuracy in metres).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.jsontext import Json
from addon.personal_data.detector import Detector, Leaf, plain, words

_LATITUDE = frozenset(("lat", "latitude"))
_LONGITUDE = frozenset(("lon", "lng", "long", "longitude"))
_PRECISE = re.compile(r"-?[0-9]{1,3}\.[0-9]{3,20}")
_MAX_BESIDE = 50
_LOOKED_UP_DECIMALS = 4
"""As many as a lookup gives at most where nothing else tells."""
_DEVICE_DECIMALS = 7
"""So many that no lookup gives them, whatever stands beside."""
_OF_A_DEVICE = words(
    "speed heading course altitude accuracy horizontalaccuracy verticalaccuracy altitudeaccuracy bearing"
)
_OF_A_LOOKUP = words(
    "city cityname region regionname regioncode state country countryname countrycode continent continentcode postal postalcode"
    " zip zipcode ip accuracyradius"
)
_DOUBT = (
    "It may be what a lookup of the network address (GeoIP) gives, which is the middle of a city or a country and not where"
    " somebody is: whether a device gave it, its {decimals} decimals do not tell."
)
_OWN = words(
    "geolocation gps gpslocation userlocation currentlocation devicelocation mylocation lastlocation"
    " userposition currentposition userlatlng usercoordinates usercoords devicecoordinates"
)
"""Objects that tell of a device or its user wherever they stand."""
_PLACES = words("location geo position coords coordinates address latlng")
"""Objects that do so among what a message says of its user, or below a ``user`` or ``device``."""
_WHO = frozenset(("user", "device", "visitor"))


def _finds(leaf: Leaf) -> bool:
    if leaf.of_business or not _is_own(leaf.parents):
        return False
    across = _longitude(leaf.beside)
    if not _PRECISE.fullmatch(leaf.text) or across is None or not _PRECISE.fullmatch(across):
        return False
    north, east = float(leaf.text), float(across)
    return abs(north) <= 90 and abs(east) <= 180 and (north, east) != (0, 0)


def _is_own(parents: tuple[str, ...]) -> bool:
    if _OWN.intersection(parents):
        return True
    if parents == ("location",):
        return True  # the device's own, as mParticle has it
    if parents[:1] in (("context",), ("traits",)):
        inner = [key for key in parents[1:] if key not in ("traits", "device")]
        return not inner or (len(inner) == 1 and inner[0] in _PLACES)
    return bool(_WHO.intersection(parents)) and parents[-1] in _PLACES | _WHO


def _longitude(beside: Mapping[str, Json]) -> str | None:
    for number, (key, value) in enumerate(beside.items()):
        if number >= _MAX_BESIDE:
            return None
        if plain(key) in _LONGITUDE and isinstance(value, (str, float)):
            return str(value).strip()[:40]
    return None


def _doubts(leaf: Leaf) -> str | None:
    beside = {plain(key) for key in list(leaf.beside)[:_MAX_BESIDE]}
    if beside & _OF_A_DEVICE:
        return None
    decimals = max(map(_decimals, (leaf.text, _longitude(leaf.beside) or "")))
    looked_up = decimals <= _LOOKED_UP_DECIMALS or (decimals < _DEVICE_DECIMALS and beside & _OF_A_LOOKUP)
    return _DOUBT.format(decimals=decimals) if looked_up else None


def _decimals(text: str) -> int:
    return len(text.partition(".")[2].rstrip("0"))


DETECTOR = Detector(kind="location", label="a precise location", finds=_finds, keys=_LATITUDE, doubts=_doubts)
