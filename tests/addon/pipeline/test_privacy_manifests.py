"""What an app calls is compared with what its privacy manifests declare."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from addon.exchange import Exchange
from addon.policy import Policy, read_policy_and_catalogue
from tests.addon.building import CHROME, Run, request, run
from tests.addon.decode.protobuf_messages import bundle
from vendor_catalog import shipped_catalogue

RULE = "undeclared-tracking-domain"
AGENT = "Shop/42 CFNetwork/1494.0.7 Darwin/23.4.0"
META = "https://www.facebook.com/tr/?id=1&ev=PageView"
AMPLITUDE = "https://api2.amplitude.com/2/httpapi"


def policy(folder: Path, *domains: str, tracks: bool = True, copies: int = 1) -> Policy:
    content = plistlib.dumps({"NSPrivacyTracking": tracks, "NSPrivacyTrackingDomains": list(domains)})
    names = [f"{n}.xcprivacy" for n in range(copies)]
    for name in names:
        (folder / name).write_bytes(content)
    listed = ", ".join(f'"{name}"' for name in names)
    path = folder / "consentwire.toml"
    path.write_text(f'[sites."com.example.shop"]\nprivacy_manifests = [{listed}]\n')
    return read_policy_and_catalogue(path, shipped_catalogue())[0]


def call(at: float, url: str, *, agent: str = AGENT, **headers: str) -> Exchange:
    return request(at, url, headers={"user-agent": agent, **headers}, client="10.0.0.7")


def named(at: float, *, app: str = "com.example.shop", agent: str = AGENT) -> Exchange:
    """A call by which the app is known."""
    url = "https://app-measurement.com/a"
    body = bundle("_s", app=app)
    return request(at, url, method="POST", headers={"user-agent": agent}, body=body, client="10.0.0.7")


def told(found: Run) -> list[tuple[str | None, str | None, str]]:
    return [(each.vendor, each.event_name, str(each.severity)) for each in found.found(RULE)]


def test_a_host_that_no_manifest_declares_is_a_note(tmp_path: Path) -> None:
    found = run(named(0), call(1, META), call(2, META), call(3, AMPLITUDE), policy=policy(tmp_path, "ads.example"))
    assert told(found) == [("meta-pixel", "www.facebook.com", "note")]
    said = found.found(RULE)[0].explanation
    assert said.startswith("The app com.example.shop called Meta Pixel")
    assert "on www.facebook.com; the privacy manifest that the policy names" in said
    assert "does not list that domain" in said
    assert "does not track" not in said


def test_a_manifest_that_denies_tracking_is_quoted(tmp_path: Path) -> None:
    found = run(named(0), call(1, META), policy=policy(tmp_path, tracks=False, copies=2))
    said = found.found(RULE)[0].explanation
    assert "none of the 2 privacy manifests that the policy names lists that domain" in said
    assert "says that the app does not track" in said


@pytest.mark.parametrize("domain", ["facebook.com", "www.facebook.com", "*.Facebook.com"])
def test_a_declared_host_is_fine(tmp_path: Path, domain: str) -> None:
    assert told(run(named(0), call(1, META), policy=policy(tmp_path, domain))) == []


def test_other_apps_systems_and_pages_are_not_compared(tmp_path: Path) -> None:
    limits = policy(tmp_path, "ads.example")
    dalvik = "Dalvik/2.1.0 (Linux; U; Android 14)"
    for story in (
        [named(0, app="com.example.other"), call(1, META)],
        [named(0, agent=dalvik), call(1, META, agent=dalvik)],
        [named(0), call(1, META, agent=CHROME)],
        [named(0), call(1, META, referer="https://shop.example/")],
        [named(0), call(1, META, agent="Other/1 CFNetwork/1494.0.7 Darwin/23.4.0")],
        [call(1, META)],
        [named(0), named(0.5, app="com.example.other"), call(1, META)],
    ):
        assert told(run(*story, policy=limits)) == [], [each.user_agent for each in story]
    assert told(run(named(0), call(1, META))) == [], "without a manifest nothing is compared"


def test_what_has_an_apps_own_agent_belongs_to_the_app() -> None:
    found = run(named(0), call(1, META))
    assert {each.site for each in found.found("destination-without-consent")} == {"com.example.shop"}
    assert "not-attributed" not in {kind for kind, _ in found.gaps}
    assert "not-attributed" in {kind for kind, _ in run(call(1, META), named(2)).gaps}
