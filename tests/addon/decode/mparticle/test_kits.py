"""The kits that a page was told to run, and the rule of consent of each."""

from __future__ import annotations

import pytest

from addon.decode.facts import DestinationSetting, Mode, Settings, Stamp, StampShape
from addon.decode.mparticle.kits import ConsentRule, KitRules, answers, purpose_hash
from addon.jsontext import Json
from tests.addon.decode.segment.wire import found, read, response

from .wire import CONFIG


def kit(name: Json = "Amplitude", **changes: Json) -> dict[str, Json]:
    return {
        "name": name,
        "moduleId": 53,
        "isDebug": False,
        "isSandbox": False,
        "eventNameFilters": [],
        "excludeAnonymousUser": False,
        **changes,
    }


def configuration(*kits: Json) -> dict[str, Json]:
    return {"appName": "Shop", "kitConfigs": list(kits), "pixelConfigs": [], "workspaceToken": "w"}


def settings(document: Json, url: str = CONFIG) -> Settings:
    """What a configuration says; that it does not list what servers feed is always told."""
    decoded = found(response(url, document))
    assert [problem.kind for problem in decoded.problems] == ["settings-not-seen"]
    assert decoded.settings is not None
    return decoded.settings


def rules(destination: DestinationSetting) -> KitRules:
    assert isinstance(destination.rules, KitRules)
    return destination.rules


def rule(*, includes: bool, **answers: bool) -> dict[str, Json]:
    values: list[Json] = [{"consentPurpose": hashed, "hasConsented": answer} for hashed, answer in answers.items()]
    return {"filteringConsentRuleValues": {"includeOnMatch": includes, "values": values}}


def test_kits_are_destinations_that_run_in_the_page() -> None:
    said = settings(configuration(kit(), kit("Facebook Pixel")), CONFIG)
    assert (said.cdp, said.write_key, said.has_unmapped_destinations) == ("mparticle", "us1-key", None)
    assert [(each.name, each.mode, rules(each).consent) for each in said.destinations] == [
        ("Amplitude", Mode.DEVICE, None),
        ("Facebook Pixel", Mode.DEVICE, None),
    ]


def test_a_consent_rule_is_read_by_its_hashes() -> None:
    said = settings(configuration(kit(**rule(includes=True, h1=True, h2=False))), CONFIG)
    assert rules(said.destinations[0]).consent == ConsentRule(True, (("h1", True), ("h2", False)))


@pytest.mark.parametrize(
    ("changes", "environment", "runs"),
    [
        ({}, 0, True),
        ({"isDebug": True, "isSandbox": None}, 0, False),
        ({"isDebug": True, "isSandbox": None}, 1, True),
        ({"isDebug": True, "isSandbox": False}, 0, True),
        ({}, 1, False),
    ],
)
def test_kits_of_the_development_mode_run_in_it_alone(changes: dict[str, Json], environment: int, runs: bool) -> None:
    url = CONFIG.replace("env=0", f"env={environment}")
    assert bool(settings(configuration(kit(**changes)), url).destinations) is runs


def test_a_workspace_enforces_consent_if_any_kit_has_a_rule() -> None:
    assert settings(configuration(kit(), kit("B", **rule(includes=True, h=True))), CONFIG).enforces_consent
    assert not settings(configuration(kit()), CONFIG).enforces_consent


@pytest.mark.parametrize("value", [None, {}, [], "x", {"values": []}, {"values": None}])
def test_no_values_are_no_rule(value: Json) -> None:
    said = settings(configuration(kit(filteringConsentRuleValues=value)), CONFIG)
    assert rules(said.destinations[0]).consent is None


@pytest.mark.parametrize(
    ("changes", "narrowed"),
    [
        ({}, False),
        ({"eventNameFilters": [1]}, True),
        ({"excludeAnonymousUser": True}, True),
        ({"filteringEventAttributeValue": {"eventAttributeName": "5"}}, True),
        ({"filteringEventAttributeValue": {}}, False),
    ],
)
def test_other_filters_are_noticed(changes: dict[str, Json], narrowed: bool) -> None:
    assert rules(settings(configuration(kit(**changes)), CONFIG).destinations[0]).narrowed is narrowed


def test_the_configuration_may_come_from_a_sites_own_domain() -> None:
    said = settings(configuration(kit()), "https://mp.shop.example/tags/JS/v2/us1-key/config?env=0")
    assert said.write_key == "us1-key"


@pytest.mark.parametrize("document", [[], {}, {"kitConfigs": {}}, "x", 5])
def test_another_document_is_no_configuration(document: Json) -> None:
    assert read(response(CONFIG, document)) is None


@pytest.mark.parametrize(
    ("document", "status"), [(None, 200), (None, None), (configuration(), 304), (b"{", 200), (None, 500)]
)
def test_a_response_that_was_not_seen_is_a_gap(document: Json | bytes, status: int | None) -> None:
    decoded = found(response(CONFIG, document, status=status))
    assert (decoded.settings, [problem.kind for problem in decoded.problems]) == (None, ["settings-not-seen"])


@pytest.mark.parametrize("entry", [None, 5, [], {}, {"name": 5}, {"name": ""}])
def test_a_kit_without_a_name_is_none(entry: Json) -> None:
    entry = {"isDebug": False, **entry} if isinstance(entry, dict) else entry
    assert [each.name for each in settings(configuration(entry, kit()), CONFIG).destinations] == ["Amplitude"]


# the values are those that the SDK's own function gives
@pytest.mark.parametrize(
    ("prefix", "purpose", "hashed"),
    [
        ("1", "analytics", "1562722933"),
        ("1", "Analytics", "1562722933"),
        ("2", "data_sale_opt_out", "-575335347"),
        ("1", "Übung 😀", "-1327264916"),
        ("1", "", "49"),
    ],
)
def test_purposes_are_hashed_as_the_sdk_does(prefix: str, purpose: str, hashed: str) -> None:
    assert purpose_hash(prefix, purpose) == hashed


def test_a_stamps_answers_are_found_by_hash() -> None:
    stamp = Stamp(StampShape.PREFERENCES, {"analytics": True, "x" * 5000: True}, sale_opt_out=False)
    assert answers(stamp) == {"1562722933": True, "-575335347": False}


def test_text_that_is_no_unicode_is_hashed_all_the_same() -> None:
    assert purpose_hash("1", "\ud83d").lstrip("-").isdecimal()
