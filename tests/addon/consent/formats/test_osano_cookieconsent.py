"""``cookieconsent_status``: a word, which other software writes too."""

from __future__ import annotations

import pytest

from addon.consent.formats.osano_cookieconsent import cookie
from addon.consent.signal import Answer, NotThisFormat

GRANT = "allow"
REFUSAL = "deny"
EXEMPT = {"arbitrary text"}  # one plain word is the whole answer


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


@pytest.mark.parametrize(("status", "value"), [("allow", True), ("deny", False), ("dismiss", None)])
def test_each_word_has_its_meaning(status: str, value: bool | None) -> None:
    answer = read(status)
    assert (answer.answered, set(answer.values.values())) == (True, {value})


@pytest.mark.parametrize("value", ["accepted", "", "1"])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
