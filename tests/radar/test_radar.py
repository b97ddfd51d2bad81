"""The newest libraries know nothing of consent strings that we do not; what else they know is said as a warning."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest

from . import drift
from .drift import Kind, Unknown, compared, own_words, readings, reviewed
from .javascript import members, value_of
from .npm import NotInstalled, installed
from .packages import analytics_next, autoconsent, consent_tools, gpp

_STRINGS = (Kind.SECTION, Kind.FIELD, Kind.SEGMENT, Kind.RESTRICTION)
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


def test_the_newest_libraries_know_no_more_of_consent_strings(tmp_path: Path) -> None:
    try:
        folders = installed(readings(), tmp_path)
    except NotInstalled as error:
        pytest.skip(str(error))
    found = compared(folders)
    assert len(found.versions) == len(readings())
    assert [one for one in found.unknown if one.kind in _STRINGS] == []
    if found.unknown:
        named = ", ".join(one.name for one in found.unknown[:5])
        warnings.warn(
            f"{len(found.unknown)} names are new (python -m tests.radar lists them): {named} ...", stacklevel=1
        )


def test_every_package_is_read_and_its_version_was_reviewed() -> None:
    versions, left = reviewed()
    assert set(versions) == set(readings())
    assert set(left) <= {kind.name.lower() for kind in Kind}
    assert all(reason.endswith(".") for names in left.values() for reason in names.values())


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


SETTINGS = """
interface VersionSettings { version?: string; componentTypes?: ('browser' | 'ios')[] }
/** {not: a member} */
export interface CDNSettings {
    integrations: {
        'Segment.io': RemoteSegmentIOIntegrationSettings; // apiKey: string;
        [creationName: string]: RemoteIntegrationSettings;
    };
    quantumConsent?: { readonly entangled: boolean };
    [key: string]: unknown;
}
export interface Other { elsewhere: string }
"""


def test_the_members_of_an_interface_are_read_with_those_within_them_and_without_comments() -> None:
    assert list(members(SETTINGS, "CDNSettings")) == ["integrations", "Segment.io", "quantumConsent", "entangled"]
    assert list(members(SETTINGS, "VersionSettings")) == ["version", "componentTypes"]
    assert list(members(SETTINGS, "Nowhere")) == []
    assert list(members("interface Open { a: string", "Open")) == ["a"]


def test_a_setting_and_a_metric_that_nothing_reads_are_found(tmp_path: Path) -> None:
    write(tmp_path / "dist/types/browser/settings.d.ts", SETTINGS)
    write(
        tmp_path / "src/metrics.ts",
        "count('analytics_js.integration.invoke'); count(`analytics_js.invented${bad ? `.error` : ``}`)",
    )
    write(tmp_path / "src/__tests__/a.ts", "'analytics_js.tested'")
    assert [one.name for one in analytics_next.unknown(tmp_path)] == [
        "quantumConsent",
        "entangled",
        "analytics_js.invented",
        "analytics_js.invented.error",
    ]


def test_an_event_that_reports_a_choice_and_is_not_read_is_found(tmp_path: Path) -> None:
    write(tmp_path / "dist/types/types/wrapper.d.ts", "export interface CDNSettingsConsent { allCategories: string[] }")
    write(tmp_path / "src/a.ts", "track('Segment Consent Preference Updated'); track('Segment Consent Revoked')")
    assert [(one.kind, one.name) for one in consent_tools.unknown(tmp_path)] == [
        (Kind.EVENT, "Segment Consent Revoked")
    ]


def test_a_consent_manager_that_is_not_in_the_catalogue_is_found_and_a_sites_own_banner_is_not(tmp_path: Path) -> None:
    rules = {
        "a": {"name": "usercentrics-api"},
        "b": {"name": "Nova Consent"},
        "c": {"name": "shop.example.com"},
        "d": {"name": "One Site", "runContext": {"urlPattern": "^https://one.example/"}},
        "e": {"name": "Hidden", "cosmetic": True},
    }
    for name, rule in rules.items():
        write(tmp_path / f"rules/autoconsent/{name}.json", json.dumps(rule))
    write(tmp_path / "lib/cmps/x.ts", "class X {\n    name = 'Cybotcookiebot';\n}\nclass Y {\n    name = 'Orbit';\n}\n")
    assert [one.name for one in autoconsent.unknown(tmp_path)] == ["Nova Consent", "Orbit"]


@needs_node
def test_a_section_and_a_field_that_we_do_not_read_are_found(tmp_path: Path) -> None:
    encoder = tmp_path / "lib/cjs/encoder"
    sections = "exports.Sections = {SECTION_ID_NAME_MAP: new Map([[8, 'usca'], [6, 'uspv1'], [99, 'uszz']])}"
    write(encoder / "section/Sections.js", sections)
    fields = "exports.UsCaField = {VERSION: 'Version', SALE_OPT_OUT: 'SaleOptOut', NEW: 'TeleportationOptOut'}"
    write(encoder / "field/UsCaField.js", fields)
    assert [(one.kind, one.name) for one in gpp.unknown(tmp_path)] == [
        (Kind.FIELD, "usca: TeleportationOptOut"),
        (Kind.SECTION, "99 uszz"),
    ]
    assert value_of(encoder / "section/Sections.js", "m.Sections.SECTION_ID_NAME_MAP.size") == 3


def test_what_was_reviewed_is_not_new_and_a_newer_version_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "package.json", '{"version": "9.9.9"}')
    found = [Unknown("p", Kind.SETTING, "left"), Unknown("p", Kind.SETTING, "new")]
    reasons = {"setting": {"left": "x.", "learnt": "x."}}
    monkeypatch.setattr(drift, "readings", lambda: {"p": lambda folder: iter(found)})
    monkeypatch.setattr(drift, "reviewed", lambda: ({"p": "1.0.0"}, reasons))
    drifted = compared({"p": tmp_path})
    assert drifted.versions == ("p 9.9.9 (reviewed last: 1.0.0)",)
    assert [one.name for one in drifted.unknown] == ["new"]
    assert drifted.known_by_now == ("setting: learnt",)


def test_without_npm_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NotInstalled, match=r"Node\.js with npm is not installed"):
        installed(["x"], tmp_path)


def test_the_words_of_our_code_are_those_in_its_strings() -> None:
    assert {"unbundledIntegrations", "hasUnmappedDestinations", "analytics_js.integration.invoke"} <= own_words()
    assert "quantumConsent" not in own_words()
