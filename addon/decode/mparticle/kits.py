"""mParticle's web configuration -> its kits, each with its consent rule.

``GET /JS/v2/{key}/config`` answers ``{kitConfigs: [{name, moduleId, filteringConsentRuleValues: {includeOnMatch, values:
[{consentPurpose, hasConsented}]}, ...}]}``. Purposes stand there as hashes: of ``1`` and the name of a GDPR purpose, of
``2data_sale_opt_out`` for CCPA. The configuration lists what runs in the page; what mParticle's servers feed is not in it. Source:
mparticle-web-sdk 2.68.0 ``configAPIClient.ts``, ``consent.ts``, ``kitFilterHelper.ts``, ``utils.ts`` (``generateHash``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from addon.decode.facts import DestinationSetting, Mode, RoutingRules, Settings, Stamp
from addon.jsontext import Json, mapping, text_of

_PATH = re.compile(r"/(?:js|JS)/v2/([^/]{1,128})/config$")
_MAX_KITS = 1000
_MAX_ANSWERS = 500
_MAX_HASHED = 1000
_FILTERS = (
    "eventTypeFilters",
    "eventNameFilters",
    "screenNameFilters",
    "messageTypeFilters",
    "messageTypeStateFilters",
)
_CONDITIONS = {
    "filteringEventAttributeValue": "eventAttributeName",
    "filteringUserAttributeValue": "userAttributeName",
}


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """Whether a kit runs: the purposes stand in it by their hashes, each with the answer that fits, and one that fits is enough."""

    includes: bool
    """Whether the kit runs if one fits; else it runs if none does."""
    answers: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class KitRules(RoutingRules):
    """What the configuration says of when a kit runs."""

    consent: ConsentRule | None = None
    narrowed: bool = False
    """Whether other filters than consent may keep an event from it."""


def address(path: str) -> str | None:
    """The key whose configuration a path asks for."""
    found = _PATH.search(path)
    return None if found is None else found.group(1)


def is_configuration(document: Json) -> bool:
    return isinstance(mapping(document).get("kitConfigs"), list)


def read(document: Json, write_key: str, *, development: bool) -> Settings:
    """What a configuration says. ``document`` passed :func:`is_configuration`.

    Args:
        development: whether the SDK's development mode requested it, in which other kits run.
    """
    listed = mapping(document).get("kitConfigs")
    kits = [mapping(kit) for kit in listed[:_MAX_KITS]] if isinstance(listed, list) else []
    named = {
        name: kit
        for kit in kits
        if (name := text_of(kit.get("name"))) is not None
        # the SDK's own condition (forwarders.js)
        and (kit.get("isDebug") is development or kit.get("isSandbox") is development)
    }
    kit_rules = {name: KitRules(_rule(kit), _is_narrowed(kit)) for name, kit in named.items()}
    destinations = tuple(
        DestinationSetting(name, (), Mode.DEVICE, (), mapping_shown=False, rules=rules)
        for name, rules in kit_rules.items()
    )
    # where no kit has a rule, nothing is enforced; a kit without one among others is told by its deliveries
    enforces = any(rules.consent is not None for rules in kit_rules.values())
    return Settings("mparticle", write_key, "settings", destinations, (), False if enforces else None, ())


def _rule(kit: Mapping[str, Json]) -> ConsentRule | None:
    rule = mapping(kit.get("filteringConsentRuleValues"))
    values = rule.get("values")
    if not isinstance(values, list) or not values:
        return None
    answers = [
        (purpose, answer)
        for value in values[:_MAX_ANSWERS]
        if (purpose := text_of(mapping(value).get("consentPurpose"))) is not None
        and isinstance(answer := mapping(value).get("hasConsented"), bool)
    ]
    return ConsentRule(rule.get("includeOnMatch") is True, tuple(answers))


def _is_narrowed(kit: Mapping[str, Json]) -> bool:
    """Whether conditions other than consent apply as well: on the visitor, the event, or the event's properties."""
    conditions = (mapping(kit.get(key)).get(name) for key, name in _CONDITIONS.items())
    return kit.get("excludeAnonymousUser") is True or any(conditions) or any(kit.get(key) for key in _FILTERS)


def answers(stamp: Stamp) -> dict[str, bool | None]:
    """What a message's consent says, by the hashes that consent rules use."""
    said: dict[str, bool | None] = {
        purpose_hash("1", purpose): value for purpose, value in stamp.preferences.items() if len(purpose) <= _MAX_HASHED
    }
    if stamp.sale_opt_out is not None:
        said[purpose_hash("2", "data_sale_opt_out")] = stamp.sale_opt_out
    return said


def purpose_hash(prefix: str, purpose: str) -> str:
    """``(hash << 5) - hash + code`` over the UTF-16 code units, kept to 32 bits with sign, as text."""
    units = (prefix + purpose).lower().encode("utf-16-le", "surrogatepass")
    found = 0
    for low, high in zip(units[::2], units[1::2], strict=True):
        found = (found * 31 + low + (high << 8)) & 0xFFFFFFFF
    return str(found - 0x100000000 if found & 0x80000000 else found)
