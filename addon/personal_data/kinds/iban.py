"""An international bank account number: its country's length and right check digits (ISO 13616; the SWIFT IBAN registry)."""

from __future__ import annotations

import re

from addon.personal_data.detector import Detector, Leaf, words

_KEYS = words("iban bankaccount bankaccountnumber accountiban")
_SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,29}")
_GROUPED = re.compile(r"[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?")
_LENGTHS = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTH_OF = {country: length for length, countries in _LENGTHS.items() for country in countries.split()}


def _finds(leaf: Leaf) -> bool:
    if leaf.of_business:
        return False
    text = leaf.text.upper() if leaf.key in _KEYS else leaf.text
    compact = text.replace(" ", "")
    if not _SHAPE.fullmatch(compact) or not (compact == text or _GROUPED.fullmatch(text)):
        return False
    if len(compact) != _LENGTH_OF.get(compact[:2]):
        return False
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


DETECTOR = Detector(
    kind="iban",
    label="a bank account's number (IBAN)",
    finds=_finds,
    keys=_KEYS,
    begins=r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}",
)
