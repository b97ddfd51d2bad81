"""``fides_consent``: plain, in base64, and compressed."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from addon.consent.formats.fides import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from tests.addon.consent.strings.tc_samples import ACCEPTED
from vendor_catalog import Category


def stored(consent: dict[str, object], method: str | None = "save", **more: object) -> str:
    meta = {"version": "0.9.0", "createdAt": "2026-05-01T09:00:00.000Z", "updatedAt": "2026-05-01T10:00:00.000Z"}
    if method is not None:
        meta["consentMethod"] = method
    identity = {"fides_user_device_id": "somebody"}
    return json.dumps({"consent": consent, "identity": identity, "fides_meta": meta, "tcf_consent": {}} | more)


def compressed(text: str) -> str:
    return "gzip:" + base64.urlsafe_b64encode(gzip.compress(text.encode(), mtime=0)).decode().rstrip("=")


GRANT = stored({"analytics": True, "marketing": True}, "accept")
REFUSAL = stored({"analytics": False, "marketing": False}, "reject")


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


@pytest.mark.parametrize("pack", [str, compressed, lambda text: base64.b64encode(text.encode()).decode()])
def test_each_way_of_storing_it_is_read(pack: type[str]) -> None:
    answer = read(pack(stored({"analytics": "opt_in", "data_sales": "opt_out", "news": "acknowledge", "x": 1})))
    assert answer.keys == {"analytics": True, "data_sales": False, "news": True, "x": None}
    assert (answer.answered, answer.effective_at) == (True, 1777629600.0)
    assert "somebody" not in answer.evidence


@pytest.mark.parametrize("method", ["script", "gpc", "dismiss", "external_provider", None])
def test_what_no_person_stored_is_no_answer(method: str | None) -> None:
    answer = read(stored({"analytics": True}, method))
    assert (answer.answered, answer.effective_at) == (None, None)


def test_under_the_tcf_its_string_is_read() -> None:
    answer = read(stored({}, "accept", fides_string=f"{ACCEPTED},2~89~dv.7"))
    assert answer.values[Category.MARKETING] is True
    assert answer.additional is not None


def test_what_inflates_without_end_is_refused_early() -> None:
    with pytest.raises(MalformedSignal):
        read(compressed(" " * 10_000_000))


def test_what_is_cut_short_is_refused() -> None:
    whole = compressed(GRANT)
    for cut in range(len(whole)):
        with pytest.raises((MalformedSignal, NotThisFormat)):
            read(whole[:cut])


@pytest.mark.parametrize("value", ["", "accepted", "{}", '{"consent":{}}', "gzip:", "[]"])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises((NotThisFormat, MalformedSignal)):
        read(value)
