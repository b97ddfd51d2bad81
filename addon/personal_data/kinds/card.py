"""The number of a payment card: a length and a beginning that an issuer uses, and a right check digit (ISO/IEC 7812-1).

One number in ten has a right check digit, and order, campaign and pixel ids are as long. So digits alone are a card's only under a
key that says so or where people type; elsewhere they have to be grouped as on a card.
"""

from __future__ import annotations

import re

from addon.personal_data.detector import Detector, Leaf, digits, luhn, words

_KEYS = words(
    "card cardnumber cardno cardnum creditcard creditcardnumber creditcardno debitcard debitcardnumber"
    " ccnumber ccnum ccno pan paymentcard cardpan"
)
_GROUPED = r"(?:[2-6][0-9]{3}([ -])(?:[0-9]{4}\1){2}[0-9]{4}|3[0-9]{3}([ -])[0-9]{6}\2[0-9]{4,5})"
_TOGETHER = r"[2-6][0-9]{13,18}"
_CARD_LIKE = re.compile(rf"(?<![\w.-])(?:{_GROUPED}|{_TOGETHER})(?![\w-]|\.\d)")
_NAMED = re.compile(r"[0-9][0-9 \-]{12,22}")
"""What stands under a key that says it is a card's."""
_WHOLE_GROUPED = re.compile(_GROUPED)
_BEGINNINGS = (
    (range(40, 50), (16,)),  # Visa
    (range(51, 56), (16,)),  # Mastercard
    (range(22, 28), (16,)),  # Mastercard, 2221-2720: narrowed below
    (range(34, 35), (15,)),  # American Express
    (range(37, 38), (15,)),
    (range(36, 37), (14,)),  # Diners Club
    (range(38, 40), (14,)),
    (range(35, 36), (16,)),  # JCB, 3528-3589: narrowed below
    (range(62, 63), (16, 17, 18, 19)),  # UnionPay
    (range(65, 66), (16,)),  # Discover
)
_NARROWED = {22: range(2221, 2300), 27: range(2700, 2721), 35: range(3528, 3590)}


def _finds(leaf: Leaf) -> bool:
    text = leaf.text
    if leaf.key in _KEYS:
        return _NAMED.fullmatch(text) is not None and _is_card(digits(text))
    if leaf.typed:
        return any(_is_card(digits(found.group())) for found in _CARD_LIKE.finditer(text))
    return _WHOLE_GROUPED.fullmatch(text) is not None and _is_card(digits(text))


def _is_card(number: str) -> bool:
    first_two, first_four = int(number[:2]), int(number[:4])
    narrowed = _NARROWED.get(first_two)
    issued = any(first_two in begins and len(number) in lengths for begins, lengths in _BEGINNINGS)
    issued = issued or (first_four == 6011 and len(number) == 16)
    return issued and (narrowed is None or first_four in narrowed) and luhn(number)


DETECTOR = Detector(
    kind="card",
    label="a payment card's number",
    finds=_finds,
    keys=_KEYS,
    hint=r"[2-6](?<![\w.].)[0-9]{3}[ -]?[0-9]{4}[0-9 -]{5}",
)
