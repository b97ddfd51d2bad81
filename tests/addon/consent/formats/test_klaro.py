"""The cookie ``klaro``."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from addon.consent.formats.klaro import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json

GRANT = '{"ga":true,"pixel":true}'
REFUSAL = '{"ga":false,"pixel":false}'


def read(document: Json, *, encoded: bool = True) -> Answer:
    text = json.dumps(document, ensure_ascii=False)
    return cookie("klaro", {"klaro": quote(text, safe="") if encoded else text})


@pytest.mark.parametrize(
    "services",
    [
        {"ga": True, "pixel": True},
        {"ga": False, "pixel": False},
        {"ga": True, "pixel": False},
        {"Größe": True, "統計": False, "": True},
        {},
    ],
)
def test_services_are_read_encoded_or_raw(services: dict[str, Json]) -> None:
    for encoded in (True, False):
        answer = read(services, encoded=encoded)
        assert answer.keys == services
        assert answer.answered is True


def test_the_cookie_of_the_real_script_is_read() -> None:
    value = "%7B%22ga%22%3Afalse%2C%22sess%22%3Atrue%7D"
    assert cookie("klaro", {"klaro": value}).keys == {"ga": False, "sess": True}


def test_it_has_no_date() -> None:
    assert read({"ga": True}).effective_at is None
    assert read({"ga": True}).not_before is None


def test_a_service_that_is_not_listed_was_never_asked_about() -> None:
    assert read({"ga": True}).complete is False


@pytest.mark.parametrize("document", [None, True, 1, "ga", [], ["ga"], [{"ga": True}]])
def test_another_document_under_the_same_name_is_refused(document: Json) -> None:
    with pytest.raises(NotThisFormat):
        read(document)


@pytest.mark.parametrize("value", [None, 1, 0, "true", "false", [], {}, {"consent": True}, 1.0])
def test_a_service_that_is_neither_on_nor_off_is_broken(value: Json) -> None:
    with pytest.raises(MalformedSignal, match="service 'ga'"):
        read({"sess": True, "ga": value})


def test_the_reason_does_not_show_the_value_because_it_may_name_the_person() -> None:
    with pytest.raises(MalformedSignal) as refused:
        read({"user": "jane@shop.example"})
    assert "jane" not in str(refused.value)


def test_a_huge_list_is_read_within_bounds() -> None:
    assert len(read({f"service {number}": True for number in range(5000)}).keys) == 300


def test_the_evidence_is_the_services() -> None:
    assert json.loads(read({"ga": False, "統計": True}).evidence) == {"ga": False, "統計": True}
