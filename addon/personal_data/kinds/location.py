"""Where a person is, precisely: latitude and longitude beside each other, where a message tells of its user or device.

Three decimals are about 110 m. US law calls precise what places somebody within 1,850 feet (564 m; California Civil Code 1798.140(w)).
Shops, hotels and maps have coordinates too, so that in properties and calls the object around them has to be a device's own.
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


DETECTOR = Detector(kind="location", told="a precise location", finds=_finds, keys=_LATITUDE)
