"""The configuration of a RudderStack source -> its destinations, their modes, and their consent ids per consent manager.

Sources: rudder-sdk-js ``configManager/types.ts`` (the answer), ``deviceModeDestinations/utils.ts`` (modes),
``customConsentManager``, ``oneTrustConsentManager``, ``ketchConsentManager`` (mappings); rudder-server
``processor/consent.go``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from addon.decode.envelope import basic_write_key
from addon.decode.facts import DestinationSetting, Mode, RoutingRules, Settings
from addon.exchange import Exchange
from addon.jsontext import Json, mapping, text_of

from .dialect import write_key_of

_MAX_DESTINATIONS = 1000
_MAX_MAPPINGS = 20
_MAX_IDS = 500


@dataclass(frozen=True, slots=True)
class ConsentMapping:
    """The category ids of one consent manager that a destination needs."""

    provider: str
    categories: tuple[str, ...]
    any_suffices: bool | None = None
    """Whether one of them is enough; ``None`` if the message decides."""
    legacy: bool = False
    """Whether it stands in an older kind of setting, which counts only where there is no newer one."""


@dataclass(frozen=True, slots=True)
class ConsentMappings(RoutingRules):
    """What a destination needs, for each consent manager separately."""

    listed: tuple[ConsentMapping, ...] = ()


def is_address(path: str) -> bool:
    return path.rstrip("/").endswith("/sourceConfig")


def read(document: Json, exchange: Exchange) -> Settings | None:
    """What an answer says; ``None`` if it is not the documented object."""
    source = mapping(mapping(document).get("source"))
    listed = source.get("destinations")
    write_key = text_of(source.get("writeKey")) or write_key_of(exchange.query) or basic_write_key(exchange)
    if not isinstance(listed, list) or not source.get("id") or write_key is None:
        return None
    kept = [item for item in map(mapping, listed[:_MAX_DESTINATIONS]) if _receives(item)]
    many = Counter(_display_name(item) for item in kept)
    destinations = tuple(_destination(item, alone=many[_display_name(item)] == 1) for item in kept)
    mapped = any(destination.categories for destination in destinations)
    unmapped = any(not destination.categories for destination in destinations)
    return Settings(
        cdp="rudderstack",
        write_key=write_key,
        origin="settings",
        destinations=destinations,
        all_categories=tuple(dict.fromkeys(key for each in destinations for key in each.categories)),
        has_unmapped_destinations=unmapped if mapped else None,
        api_hosts=(),
    )


def _receives(item: Mapping[str, Json]) -> bool:
    return item.get("enabled") is not False and item.get("deleted") is not True and _display_name(item) is not None


def _display_name(item: Mapping[str, Json]) -> str | None:
    """What ``integrations`` objects call it."""
    return text_of(mapping(item.get("destinationDefinition")).get("displayName"))


def _destination(item: Mapping[str, Json], *, alone: bool) -> DestinationSetting:
    """A destination, by the name of its kind; where a source has several of a kind, with its own name behind it."""
    kind = _display_name(item) or ""
    own = text_of(item.get("name")) or text_of(item.get("id")) or "?"
    config = mapping(item.get("config"))
    mappings = tuple(_mappings(config))
    return DestinationSetting(
        name=kind if alone else f"{kind} [{own[:100]}]",
        aliases=() if alone else (kind,),
        mode=_mode(config),
        categories=tuple(dict.fromkeys(key for each in mappings for key in each.categories)),
        mapping_shown=True,
        rules=ConsentMappings(mappings),
    )


def _mode(config: Mapping[str, Json]) -> Mode:
    """In hybrid mode the page loads the vendor's code, and the messages go on from the server."""
    connection = config.get("connectionMode")
    if connection == "device" or (connection is None and config.get("useNativeSDK") is True):
        return Mode.DEVICE
    if connection in ("cloud", "hybrid"):
        return Mode.CLOUD
    return Mode.UNKNOWN


def _mappings(config: Mapping[str, Json]) -> Iterable[ConsentMapping]:
    generic = config.get("consentManagement")
    for entry in map(mapping, generic[:_MAX_MAPPINGS] if isinstance(generic, list) else ()):
        provider, categories = text_of(entry.get("provider")), _ids(entry.get("consents"), "consent")
        if provider is not None and categories:
            strategy = text_of(entry.get("resolutionStrategy"))
            own = strategy == "or" if provider == "custom" else None
            yield ConsentMapping(provider, categories, any_suffices=own)
    for provider, key, name, one in (
        ("oneTrust", "oneTrustCookieCategories", "oneTrustCookieCategory", False),
        ("ketch", "ketchConsentPurposes", "purpose", True),
    ):
        categories = _ids(config.get(key), name)
        if categories:
            yield ConsentMapping(provider, categories, any_suffices=one, legacy=True)


def _ids(value: Json, key: str) -> tuple[str, ...]:
    found = (text_of(mapping(item).get(key)) for item in (value[:_MAX_IDS] if isinstance(value, list) else ()))
    return tuple(text.strip() for text in found if text is not None and text.strip())
