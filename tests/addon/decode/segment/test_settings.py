"""Settings as Segment's CDN serves them: destinations, modes, consent mapping, and all that is served in their place."""

from __future__ import annotations

import gzip
import json

import pytest

from addon.body import MAX_BODY_BYTES
from addon.decode.facts import DestinationSetting, Mode, Settings
from addon.decode.segment.rules import DestinationRules
from addon.exchange import Exchange, Unsent
from addon.jsontext import Json
from vendor_catalog import CallKind

from .wire import CDN, found, problems, read, request, response, settings

OWN_ENTRY: dict[str, Json] = {"apiKey": "WK", "apiHost": "api.segment.io/v1", "addBundledMetadata": True}
MOBILE = "https://cdn-settings.segment.com/v1/projects/WK/settings"
LISTED = "https://cdn.segment.com/v1/projects/WK/integrations"


def document(integrations: dict[str, Json] | None = None, own: dict[str, Json] | None = None, **top: Json) -> Json:
    return {"integrations": {"Segment.io": {**OWN_ENTRY, **(own or {})}, **(integrations or {})}, "plan": {}, **top}


def destination(read_from: Settings, name: str) -> DestinationSetting:
    (only,) = [each for each in read_from.destinations if each.name == name]
    return only


def mode_of(setting: Json, name: str = "Amplitude") -> Mode:
    return destination(settings(document({name: setting})), name).mode


# --- where settings come from


@pytest.mark.parametrize(
    "url",
    [
        CDN,
        MOBILE,
        "https://cdn.shop.example/v1/projects/WK/settings",
        "https://shop.example/seg/v1/projects/WK/settings",
        "https://shop.example/seg/v1/projects/WK/settings/",
        "https://cdn.segment.com/v1/projects/WK/settings?x=1",
    ],
)
def test_settings_are_read_wherever_they_are_served(url: str) -> None:
    read_from = settings(document({"Amplitude": {"bundlingStatus": "unbundled"}}), url)
    assert (read_from.cdp, read_from.write_key, read_from.origin) == ("segment", "WK", "settings")
    assert [each.name for each in read_from.destinations] == ["Amplitude"]


def test_the_settings_own_key_wins_over_the_one_in_the_address() -> None:
    url = "https://shop.example/seg/v1/projects/REDACTED/settings"
    assert settings(document(), url).write_key == "WK"
    assert settings(document(own={"apiKey": "REDACTED"}), url).write_key == "REDACTED"


@pytest.mark.parametrize("own", [{"apiKey": None}, {"apiKey": ""}, {"apiKey": 5}])
def test_without_a_key_of_their_own_the_address_names_it(own: dict[str, Json]) -> None:
    assert settings(document(own=own)).write_key == "WK"


def test_compressed_settings_are_read() -> None:
    raw = gzip.compress(json.dumps(document()).encode())
    assert found(response(CDN, raw)).settings is not None


def test_settings_from_the_browsers_cache_are_read_if_the_capture_holds_them() -> None:
    assert found(response(CDN, document(), unsent=Unsent.CACHED)).settings is not None


@pytest.mark.parametrize(
    ("url", "method"),
    [
        (CDN, "OPTIONS"),
        (CDN, "HEAD"),
        (CDN, "POST"),
        ("https://shop.example/v1/projects/WK/settings/more", "GET"),
        ("https://shop.example/v1/projects//settings", "GET"),
        ("https://shop.example/v1/projects/a/b/settings", "GET"),
        ("https://shop.example/v1/projects/" + "k" * 129 + "/settings", "GET"),
        ("https://shop.example/v2/projects/WK/settings", "GET"),
    ],
)
def test_other_requests_are_not_asked_for_settings(url: str, method: str) -> None:
    assert read(response(url, document(), method=method)) is None


# --- what is served in their place


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(CDN, None, status=304), "the browser's cache"),
        (response(CDN, b"", status=304), "the browser's cache"),
        (response(CDN, None, status=None, failure="connection reset"), "connection reset"),
        (response(CDN, None, status=None, unsent=Unsent.BLOCKED, failure="ERR_BLOCKED_BY_CLIENT"), "BLOCKED_BY_CLIENT"),
        (response(CDN, None, status=None), "no reason given"),
        (response(CDN, document(), status=404), "status 404"),
        (response(CDN, b"Bad gateway", status=502), "status 502"),
        (response(CDN, None, status=302), "status 302"),
        (response(CDN, None), "holds no body"),
        (response(CDN, b""), "unreadable settings"),
        (response(CDN, b"<!doctype html><html>"), "unreadable settings"),
        (response(CDN, gzip.compress(b'{"integrations":{}}')[:-9]), "cut short"),
        (response(CDN, gzip.compress(b" " * (MAX_BODY_BYTES + 1))), "inflates beyond"),
        (response(CDN, []), "not the documented object"),
        (response(CDN, {"integrations": []}), "not the documented object"),
        (response(CDN, {"integrations": {"Hightouch.io": {"apiKey": "k"}}}), "not the documented object"),
        (response(LISTED, {"integrations": {}}), "not the documented object"),
        (response(LISTED, [{"id": 1}]), "not the documented object"),
        (response(LISTED, ["Amplitude"]), "not the documented object"),
    ],
)
def test_settings_that_were_not_seen_leave_a_gap_that_says_why(answer: Exchange, said: str) -> None:
    decoded = found(answer)
    assert (decoded.kind, decoded.settings, decoded.events) == (CallKind.CONFIG, None, ())
    ((kind, reason),) = problems(answer)
    assert kind == "settings-not-seen"
    assert said in reason


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/projects/42/settings", None, 304),
        ("/v1/projects/42/settings", b"<html>", 200),
        ("/v1/projects/42/settings", {"integrations": {"Hightouch.io": {"apiKey": "k"}, "Segment.io": {}}}, 200),
        ("/v1/projects/42/settings", {"name": "Roof", "integrations": {"slack": {"channel": "#roof"}}}, 200),
        ("/v1/projects/42/settings", {"integrations": {}}, 200),
        ("/v1/projects/42/settings", {"integrations": ["Segment.io"]}, 200),
        ("/v1/projects/42/settings", {"theme": "dark"}, 200),
        ("/v1/projects/42/settings", document(), 404),
        ("/v1/projects/42/integrations", [], 200),
        ("/v1/projects/42/integrations", [{"id": 1, "name": "Slack"}], 200),
        ("/v1/projects/42/integrations", {"integrations": {"Segment.io": {}}}, 200),
    ],
)
def test_another_api_with_projects_is_not_taken_for_segment(path: str, body: Json | bytes, status: int) -> None:
    assert read(response(f"https://api.roof.example{path}", body, status=status)) is None


def test_an_empty_list_from_segments_own_host_says_that_there_are_no_destinations() -> None:
    assert settings([], LISTED).destinations == ()


# --- how a destination is fed


@pytest.mark.parametrize(
    ("setting", "mode"),
    [
        ({}, Mode.UNKNOWN),
        (None, Mode.UNKNOWN),
        (True, Mode.UNKNOWN),
        ({"type": "browser"}, Mode.DEVICE),
        ({"type": "browser", "bundlingStatus": "bundled"}, Mode.DEVICE),
        ({"type": "browser", "bundlingStatus": "unbundled"}, Mode.CLOUD),
        ({"type": "server"}, Mode.UNKNOWN),
        ({"bundlingStatus": "bundled"}, Mode.UNKNOWN),
        ({"bundlingStatus": "unbundled"}, Mode.CLOUD),
        ({"versionSettings": {"componentTypes": ["browser", "server"]}}, Mode.DEVICE),
        ({"versionSettings": {"componentTypes": ["browser"]}, "bundlingStatus": "unbundled"}, Mode.CLOUD),
        ({"versionSettings": {"componentTypes": ["ios"]}}, Mode.DEVICE),
        ({"versionSettings": {"componentTypes": ["android", "server"]}}, Mode.DEVICE),
        ({"versionSettings": {"componentTypes": ["server"]}}, Mode.CLOUD),
        ({"versionSettings": {"componentTypes": []}}, Mode.UNKNOWN),
        ({"versionSettings": {"componentTypes": None}}, Mode.UNKNOWN),
        ({"versionSettings": "4.1"}, Mode.UNKNOWN),
    ],
)
def test_an_entry_says_how_its_destination_is_fed(setting: Json, mode: Mode) -> None:
    assert mode_of(setting) is mode


@pytest.mark.parametrize("name", ["Iterable", "Segment Profiles"])
def test_what_analytics_js_never_installs_does_not_run_in_the_browser(name: str) -> None:
    assert (
        mode_of({"type": "browser", "versionSettings": {"componentTypes": ["browser", "server"]}}, name) is Mode.CLOUD
    )
    assert mode_of({"type": "browser"}, name) is Mode.UNKNOWN


def test_what_settings_call_unbundled_is_fed_from_the_cloud() -> None:
    read_from = settings(
        document(
            {"Amplitude": {"type": "browser"}},
            own={"unbundledIntegrations": ["Amplitude", "Webhooks", "Repeater", 7, "Webhooks"]},
        )
    )
    assert destination(read_from, "Amplitude").mode is Mode.CLOUD
    assert destination(read_from, "Webhooks") == DestinationSetting(
        "Webhooks", (), Mode.CLOUD, (), mapping_shown=False, rules=DestinationRules()
    )
    assert len(read_from.destinations) == 2


@pytest.mark.parametrize(
    "setting", [{}, {"versionSettings": {"componentTypes": []}}, {"bundlingStatus": "unbundled"}], ids=str
)
@pytest.mark.parametrize("plugin_name", [{"name": "Amplitude (Actions)"}, {}])
def test_a_remote_plugin_is_loaded_by_the_page_whatever_its_entry_says(
    setting: Json, plugin_name: dict[str, Json]
) -> None:
    plugins: Json = [{"creationName": "Actions Amplitude", "url": "https://cdn.segment.com/x.js", **plugin_name}]
    read_from = settings(document({"Actions Amplitude": setting}, remotePlugins=plugins))
    assert len(read_from.destinations) == 1
    only = destination(read_from, "Actions Amplitude")
    assert (only.mode, only.mapping_shown) == (Mode.DEVICE, True)
    assert only.aliases == ("Amplitude (Actions)",)


def test_a_remote_plugin_without_an_entry_is_a_destination_whose_mapping_is_not_shown() -> None:
    plugins: Json = [
        {"creationName": "Actions Amplitude", "name": "Amplitude (Actions)"},
        {"name": "Braze Web Device Mode (Actions)"},
        {"creationName": "Actions Amplitude", "name": "Amplitude (Actions)"},
        {"url": "nameless"},
        "junk",
        None,
    ]
    read_from = settings(document(remotePlugins=plugins))
    assert [(each.name, each.mode, each.mapping_shown) for each in read_from.destinations] == [
        ("Actions Amplitude", Mode.DEVICE, False),
        ("Braze Web Device Mode (Actions)", Mode.DEVICE, False),
    ]
    assert read_from.destinations[1].names == (
        "Braze Web Device Mode (Actions)",
        "Actions Braze Web Device Mode",
    )


def test_what_may_be_bundled_is_a_destination_of_unknown_mode() -> None:
    read_from = settings(document(own={"maybeBundledConfigIds": {"Mixpanel": ["id-1"], "Segment.io": ["id-2"]}}))
    assert read_from.destinations == (
        DestinationSetting("Mixpanel", (), Mode.UNKNOWN, (), mapping_shown=False, rules=DestinationRules()),
    )


def test_a_destination_that_stands_in_several_places_is_one() -> None:
    read_from = settings(
        document(
            {"Actions Amplitude": {}},
            own={
                "unbundledIntegrations": ["Amplitude (Actions)"],
                "maybeBundledConfigIds": {"Amplitude (Actions)": []},
            },
            remotePlugins=[{"creationName": "Actions Amplitude", "name": "Amplitude (Actions)"}],
        )
    )
    assert [each.name for each in read_from.destinations] == ["Actions Amplitude"]


def test_segment_itself_and_its_dummy_are_no_destinations() -> None:
    assert settings(document({"Repeater": {}})).destinations == ()


def test_a_heap_of_destinations_is_read_up_to_a_bound() -> None:
    many: dict[str, Json] = {f"d{number}": {} for number in range(3000)}
    plugins: Json = [{"creationName": f"p{number}"} for number in range(3000)]
    assert len(settings(document(many)).destinations) < 1001
    assert len(settings(document(remotePlugins=plugins)).destinations) == 1000


# --- consent


def mapped(*categories: Json) -> Json:
    return {"consentSettings": {"categories": list(categories)}}


def test_a_destination_names_the_categories_that_it_needs() -> None:
    read_from = settings(document({"Amplitude": mapped("C0002", "C0004"), "Braze": {}, "Hotjar": mapped()}))
    assert destination(read_from, "Amplitude").categories == ("C0002", "C0004")
    assert destination(read_from, "Braze").categories == destination(read_from, "Hotjar").categories == ()
    assert all(each.mapping_shown for each in read_from.destinations)


@pytest.mark.parametrize("consent", ["analytics", None, {"categories": "analytics"}, {"categories": [1, None]}, {}, []])
def test_a_mapping_of_another_kind_is_none(consent: Json) -> None:
    read_from = settings(document({"Amplitude": {"consentSettings": consent}}))
    assert destination(read_from, "Amplitude").categories == ()


def test_a_workspace_without_consent_settings_enforces_no_consent() -> None:
    read_from = settings(document({"Amplitude": {}}))
    assert read_from.has_unmapped_destinations is None
    assert not read_from.enforces_consent
    assert read_from.all_categories == ()


@pytest.mark.parametrize("consent", [None, [], "on", True])
def test_consent_settings_that_are_no_object_are_as_good_as_missing(consent: Json) -> None:
    assert not settings(document(consentSettings=consent)).enforces_consent


@pytest.mark.parametrize(
    ("consent", "unmapped", "categories"),
    [
        ({}, False, ()),
        ({"hasUnmappedDestinations": True}, True, ()),
        ({"hasUnmappedDestinations": False, "allCategories": ["C0001", "C0002"]}, False, ("C0001", "C0002")),
        ({"hasUnmappedDestinations": "false", "allCategories": "C0001"}, False, ()),
        ({"hasUnmappedDestinations": None, "allCategories": [1, "C0002"]}, False, ("C0002",)),
    ],
)
def test_a_workspace_with_consent_settings_enforces_consent(
    consent: Json, unmapped: bool, categories: tuple[str, ...]
) -> None:
    read_from = settings(document(consentSettings=consent))
    assert read_from.enforces_consent
    assert (read_from.has_unmapped_destinations, read_from.all_categories) == (unmapped, categories)


def test_a_mapped_destination_shows_that_consent_is_enforced() -> None:
    assert settings(document({"Amplitude": mapped("C0002")})).enforces_consent


def test_categories_of_hidden_destinations_are_kept() -> None:
    read_from = settings(document(consentSettings={"allCategories": ["hidden"], "hasUnmappedDestinations": False}))
    assert (read_from.all_categories, read_from.destinations) == (("hidden",), ())


# --- ingestion hosts


@pytest.mark.parametrize(
    ("host", "read_as"),
    [
        ("api.segment.io/v1", ("api.segment.io",)),
        ("events.eu1.segmentapis.com/v1", ("events.eu1.segmentapis.com",)),
        ("Metrics.Shop.Example/v1", ("metrics.shop.example",)),
        ("https://metrics.shop.example:8443/v1", ("metrics.shop.example",)),
        ("//metrics.shop.example", ("metrics.shop.example",)),
        ("localhost:3000", ()),
        ("", ()),
        (None, ()),
        (5, ()),
        ("https://[broken", ()),
        ("x" * 600 + ".example", ()),
    ],
)
def test_settings_name_the_host_that_takes_the_messages(host: Json, read_as: tuple[str, ...]) -> None:
    assert settings(document(own={"apiHost": host})).api_hosts == read_as


def test_the_host_of_the_metrics_is_one_too_and_named_once() -> None:
    own: dict[str, Json] = {"apiHost": "t.shop.example/v1"}
    assert settings(document(own=own, metrics={"host": "m.shop.example/v1"})).api_hosts == (
        "t.shop.example",
        "m.shop.example",
    )
    assert settings(document(own=own, metrics={"host": "t.shop.example/v1"})).api_hosts == ("t.shop.example",)


# --- the list that the old consent manager fetches


@pytest.mark.parametrize("url", [LISTED, "https://cdn.shop.example/v1/projects/WK/integrations"])
def test_the_list_of_destinations_is_read_without_mapping_or_mode(url: str) -> None:
    items: Json = [
        {"name": "Google Analytics 4", "creationName": "Actions Google Analytics 4", "category": "Analytics"},
        {"name": "Amplitude", "creationName": "Amplitude"},
        {"name": "Repeater", "creationName": "Repeater"},
        {"creationName": None},
    ]
    read_from = settings(items, url)
    assert (read_from.write_key, read_from.origin, read_from.api_hosts) == ("WK", "integrations", ())
    assert not read_from.enforces_consent
    assert [(each.names, each.mode, each.mapping_shown) for each in read_from.destinations] == [
        (
            ("Actions Google Analytics 4", "Google Analytics 4", "Google Analytics 4 (Actions)"),
            Mode.UNKNOWN,
            False,
        ),
        (("Amplitude",), Mode.UNKNOWN, False),
    ]


def test_a_request_for_settings_carries_no_messages() -> None:
    assert found(request(CDN)).kind is CallKind.CONFIG
