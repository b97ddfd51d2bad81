"""``real_cookie_banner-v:...``: that somebody answered, and when."""

from __future__ import annotations

import pytest

from addon.consent.formats.real_cookie_banner import cookie
from addon.consent.signal import Answer, NotThisFormat

NO_VALUE_OF_ITS_OWN = "it names numbers of the site's database, and nothing that was refused"
VALUE = (
    '1709039186:0f234017-e4d0-48c7-a451-7e89bcebcdc5:e977fbf8fbc81c28b11c7c9d9ae58d9e:{"60":[37544],"61":[37560,37547]}'
)


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


@pytest.mark.parametrize("value", [VALUE, VALUE.replace(":", "%3A").replace('"', "%22")])
def test_somebody_answered_at_a_moment(value: str) -> None:
    answer = read(value)
    assert (answer.answered, answer.effective_at) == (True, 1709039186.0)
    assert (answer.keys, answer.values, answer.complete) == ({}, {}, False)
    assert "0f234017" not in answer.evidence


@pytest.mark.parametrize(
    "value", ["", "1:2:3", "x:a:b:{}", "1709039186:a:b:[]", VALUE[:-1], VALUE + "x", "\u0663:a:b:{}"]
)
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
