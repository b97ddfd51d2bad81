"""A number that a state gave to a person, where its check digits or its rules tell it from others.

Most are digits like any others, and are looked for only under a key that names them. An Italian tax code and a Brazilian CPF with its
points are found under any.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from addon.personal_data.detector import Detector, Leaf, digits, luhn

_CODICE = re.compile(r"[A-Z]{6}[0-9]{2}[ABCDEHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]")
_CPF = re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_DNI = re.compile(r"[0-9]{8}[A-Z]|[XYZ][0-9]{7}[A-Z]")
_NIR = re.compile(r"[12][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{8}")
_NINE_DIGITS = re.compile(r"[0-9]{9}")
_PESEL = re.compile(r"[0-9]{11}")
_STEUER_ID = re.compile(r"[1-9][0-9]{10}")
_PERSONNUMMER = re.compile(r"(?:19|20)?[0-9]{2}[01][0-9][0-9]{6}")
_NINO = re.compile(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
"""Values of letters at odd places (Decreto ministeriale 23 December 1976); a digit counts as the letter at its place."""
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_SPACING = str.maketrans("", "", " .-/")


def _italian(text: str) -> bool:
    if not _CODICE.fullmatch(text):
        return False
    values = [int(letter, 36) - (10 if letter.isalpha() else 0) for letter in text]
    total = sum(_ODD[value] if place % 2 == 0 else value for place, value in enumerate(values[:15]))
    return total % 26 == values[15]


def _brazilian(text: str) -> bool:
    number = [int(digit) for digit in digits(text)]
    if len(number) != 11 or len(set(number)) == 1:
        return False
    for length in (9, 10):
        rest = sum(number[place] * (length + 1 - place) for place in range(length)) * 10 % 11 % 10
        if rest != number[length]:
            return False
    return True


def _spanish(text: str) -> bool:
    if not _DNI.fullmatch(text):
        return False
    number = text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return _DNI_LETTERS[int(number) % 23] == text[-1]


def _french(text: str) -> bool:
    if not _NIR.fullmatch(text):
        return False
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(text[13:])


def _dutch(text: str) -> bool:
    if not _NINE_DIGITS.fullmatch(text) or text == "000000000":
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0


def _polish(text: str) -> bool:
    if not _PESEL.fullmatch(text) or len(set(text)) == 1:
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True)) % 10 == 0


def _german(text: str) -> bool:
    """The tax identification number (ISO 7064, MOD 11,10)."""
    if not _STEUER_ID.fullmatch(text):
        return False
    product = 10
    for digit in text[:10]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(text[10])


def _swedish(text: str) -> bool:
    return _PERSONNUMMER.fullmatch(text) is not None and luhn(text[-10:])


def _american(text: str) -> bool:
    """Social Security Administration, POMS RM 10201.035: what is never assigned."""
    if not _NINE_DIGITS.fullmatch(text):
        return False
    return text[:3] not in ("000", "666") and text[0] != "9" and text[3:5] != "00" and text[5:] != "0000"


def _british(text: str) -> bool:
    """HM Revenue & Customs, National Insurance Manual NIM39110."""
    return _NINO.fullmatch(text) is not None and text[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


_BY_KEY: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("codicefiscale", "codfiscale"), _italian),
    "cpf": _brazilian,
    **dict.fromkeys(("dni", "nie", "nif"), _spanish),
    **dict.fromkeys(("nir", "numerosecu", "numerosecuritesociale"), _french),
    **dict.fromkeys(("bsn", "burgerservicenummer"), _dutch),
    "pesel": _polish,
    **dict.fromkeys(("steuerid", "steueridentifikationsnummer", "steueridnr"), _german),
    "personnummer": _swedish,
    **dict.fromkeys(("ssn", "socialsecuritynumber", "socialsecurity"), _american),
    **dict.fromkeys(("nino", "nationalinsurancenumber"), _british),
}


def _finds(leaf: Leaf) -> bool:
    if leaf.about_fields or len(leaf.text) > 40:
        return False
    if _CPF.fullmatch(leaf.text):
        return _brazilian(leaf.text)
    named = _BY_KEY.get(leaf.key)
    return _italian(leaf.text) if named is None else named(leaf.text.upper().translate(_SPACING))


DETECTOR = Detector(
    kind="national-id",
    label="a national identification number",
    finds=_finds,
    keys=frozenset(_BY_KEY),
    begins=r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]$|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}$",
)
