"""What an app sends to Google Analytics for Firebase is held against the app, with the consent that it says itself."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from addon.exchange import Exchange
from addon.pipeline.observations import MARKS
from addon.records import HitRecord, SessionRecord
from tests.addon.building import CHROME, request, run
from tests.addon.decode.protobuf_messages import bundle

A = "https://app-measurement.com/a"
DALVIK = "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)"


def upload(
    at: float, *events: str, consent: str | None = None, app: str = "com.example.shop", agent: str = DALVIK
) -> Exchange:
    body = gzip.compress(bundle(*events, consent=consent, app=app))
    return request(at, A, method="POST", headers={"user-agent": agent}, body=body, client="10.0.0.7", status=204)


def test_a_call_belongs_to_the_app_that_it_names() -> None:
    found = run(upload(0, "_s", "purchase"), upload(5, "_e", app="com.example.other"))
    assert sorted((each.app, each.surface) for each in {one.id: one for one in found.of(SessionRecord)}.values()) == [
        ("com.example.other", "mobile"),
        ("com.example.shop", "mobile"),
    ]
    assert [each.name for each in found.of(HitRecord)] == ["session_start", "purchase", "user_engagement"]
    assert "not-attributed" not in {kind for kind, _ in found.gaps}
    assert {each.site for each in found.found("destination-without-consent")} == {
        "com.example.other",
        "com.example.shop",
    }


def test_a_body_that_cannot_be_read_is_a_gap_and_still_a_call() -> None:
    body = gzip.compress(b"\x0a\x7f")
    broken = request(0, A, method="POST", headers={"user-agent": DALVIK}, body=body, client="10.0.0.7")
    found = run(broken)
    assert {kind for kind, _ in found.gaps} >= {"call-not-decoded", "not-attributed"}


def test_a_browser_that_names_an_app_is_no_app() -> None:
    found = run(upload(0, "_s", agent=CHROME))
    assert [each.app for each in found.of(SessionRecord)] == []


def refused() -> Exchange:
    mark = {"text": "pressed Reject", "kind": "rejected", "site": "com.example.shop"}
    sent = request(2, f"http://consentwire.internal{MARKS}", method="POST", body=json.dumps(mark).encode())
    return replace(sent, own=True, status=200)


@pytest.mark.parametrize(
    ("consent", "contradicts"), [("G111", ["marketing"]), ("G101", ["analytics"]), ("G100", []), (None, [])]
)
def test_consent_that_an_app_claims_against_the_persons_refusal_is_held_against_it(
    consent: str | None, contradicts: list[str]
) -> None:
    found = run(upload(0, "_s"), refused(), upload(5, "purchase", consent=consent))
    violations = found.found("consent-mode-contradicts-choice")
    assert sorted(str(each.category) for each in violations) == contradicts
    assert all(each.verdict == "confirmed" and f"consent_signals={consent}" in each.explanation for each in violations)
