"""A telephone number of somebody: in international form and valid by the numbering plans, or under a key that says so.

Numbers that are only a business's (free, premium, shared cost) are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumberType,
    is_possible_number,
    is_valid_number,
    number_type,
    parse,
)

from addon.personal_data.detector import Detector, Leaf, digits, words

_INTERNATIONAL = re.compile(r"\+[1-9](?:[ ().\-/]{0,2}[0-9]){6,14}")
_NATIONAL = re.compile(r"\(?[0-9](?:[ ().\-/]{0,3}[0-9]){6,14}")
_OF_A_BUSINESS = frozenset(
    (
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    )
)
_ALSO_A_DEVICE = frozenset(("mobile", "tel", "cell"))
"""Keys that stand for other things too: there, a number without its country has to begin with 0."""
_KEYS = words(
    "phone phonenumber phoneno phonee164 mobilephone mobilenumber mobileno mobilephonenumber cellphone"
    " cellnumber cellphonenumber telephone telephonenumber telnumber msisdn homephone workphone userphone"
    " customerphone contactphone contactnumber personphone whatsappnumber smsnumber"
).union(_ALSO_A_DEVICE)


def _finds(leaf: Leaf) -> bool:
    if leaf.of_business or leaf.about_fields:
        return False
    named = leaf.key in _KEYS
    if _INTERNATIONAL.fullmatch(leaf.text):
        return _is_somebodys(leaf.text, strict=not named)
    if not named or not _NATIONAL.fullmatch(leaf.text):
        return False
    number = digits(leaf.text)
    if len(set(number)) < 3 or (leaf.key in _ALSO_A_DEVICE and not number.startswith("0")):
        return False
    return not leaf.text.startswith("0.")


@lru_cache(maxsize=1000)
def _is_somebodys(text: str, *, strict: bool) -> bool:
    try:
        number = parse(text, None)
    except NumberParseException:
        return False
    possible = is_valid_number(number) if strict else is_possible_number(number)
    return possible and number_type(number) not in _OF_A_BUSINESS


DETECTOR = Detector(kind="phone", label="a telephone number", finds=_finds, keys=_KEYS, begins=r"\+[1-9]")
