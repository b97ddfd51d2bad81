"""Settings of a Segment source -> its destinations, their modes and their consent categories.

Sources: analytics-next ``browser/settings.ts``, ``plugins/remote-loader``, ``plugins/ajs-destination``; consent-manager
``fetch-destinations.ts`` for the ``/integrations`` list. Segment declares the object unstable, so everything in it is
optional here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from addon.decode.facts import DestinationSetting, Mode, Settings
from addon.jsontext import Json, mapping, strings, text_of

from .filters import Conditions, filters_of, is_page_helper, plan_of, subscriptions_of
from .rules import DestinationRules, SourceRules, Subscription

_PATH = re.compile(r"/v1/projects/([^/]{1,128})/(settings|integrations)/?$")
_MAX_DESTINATIONS = 1000
_MAX_MIDDLEWARE = 50
_SHOWN = 60
OWN_KEY = "Segment.io"
"""The entry that stands for Segment itself."""
HIGHTOUCH_KEY = "Hightouch.io"
"""The entry that stands for Hightouch in the settings of its fork of analytics.js."""
_CDPS = {OWN_KEY: "segment", HIGHTOUCH_KEY: "hightouch"}
_NOT_DESTINATIONS = frozenset({*_CDPS, "Repeater"})


def address(path: str) -> tuple[str, str] | None:
    """The write key and the kind (``settings`` or ``integrations``) that a path asks for."""
    found = _PATH.search(path) if "/v1/projects/" in path else None
    return None if found is None else (found.group(1), found.group(2))


def is_settings(document: Json, kind: str, *, known: bool, own_key: str = OWN_KEY) -> bool:
    """Whether a response is what the path promises: other CDPs, single-page apps and APIs with projects answer here too,
    so that a host which is not ``known`` to be the CDP's has to name the CDP or its destinations."""
    if kind == "integrations":
        listed = isinstance(document, list) and all("creationName" in mapping(item) for item in document)
        return listed and (known or bool(document))
    integrations = mapping(document).get("integrations")
    if not isinstance(integrations, dict) or any(key in integrations for key in _CDPS if key != own_key):
        return False
    return known or own_key in integrations


def read(document: Json, write_key: str, kind: str, own_key: str = OWN_KEY) -> Settings:
    """What a settings response says. ``document`` passed :func:`is_settings`."""
    if kind == "integrations":
        return _from_list(document, write_key, _CDPS[own_key])
    top = mapping(document)
    integrations = mapping(top.get("integrations"))
    own = mapping(integrations.get(own_key))
    consent = mapping(top.get("consentSettings"))
    destinations = _destinations(integrations, own, _remote_plugins(top.get("remotePlugins")))
    unmapped = consent.get("hasUnmappedDestinations") is True
    enforces = isinstance(top.get("consentSettings"), dict) or any(each.categories for each in destinations)
    return Settings(
        cdp=_CDPS[own_key],
        write_key=text_of(own.get("apiKey")) or write_key,
        origin=kind,
        destinations=destinations,
        all_categories=strings(consent.get("allCategories")),
        has_unmapped_destinations=unmapped if enforces else None,
        api_hosts=_hosts(own.get("apiHost"), mapping(top.get("metrics")).get("host")),
        rules=SourceRules(
            filters_of(mapping(top.get("middlewareSettings")).get("routingRules")),
            plan_of(top.get("plan")),
            code_of(top),
        ),
        auto_instrumented=_is_auto_instrumented(top),
    )


def code_of(top: Mapping[str, Json]) -> tuple[str, ...]:
    """Code of the workspace that runs on every message before the destinations in the page or app get it (analytics-next
    ``plugins/remote-middleware``; ``edgeFunction`` in ``browser/settings.ts``, analytics-swift-live)."""
    enabled = list(mapping(top.get("enabledMiddleware")).items())[:_MAX_MIDDLEWARE]
    names = [f"the middleware {name[:_SHOWN]}" for name, on in enabled if on]
    if text_of(mapping(top.get("edgeFunction")).get("downloadURL")):
        names.append("an edge function")
    return tuple(names)


def _is_auto_instrumented(top: Mapping[str, Json]) -> bool:
    """``autoInstrumentationSettings.sampleRate`` of pages, ``autoInstrumentation`` of apps."""
    rate = mapping(top.get("autoInstrumentationSettings")).get("sampleRate")
    return (isinstance(rate, (int, float)) and rate > 0) or mapping(top.get("autoInstrumentation")).get(
        "enabled"
    ) is True


def _destinations(
    integrations: Mapping[str, Json], own: Mapping[str, Json], remote: Mapping[str, RemotePlugin]
) -> tuple[DestinationSetting, ...]:
    """Every destination that settings name, each once."""
    cloud_names = strings(own.get("unbundledIntegrations"))
    maybe = mapping(own.get("maybeBundledConfigIds"))
    several = {name for name, ids in maybe.items() if isinstance(ids, list) and len(ids) > 1}
    destinations = [
        _listed(name, mapping(setting), remote.get(name), name in cloud_names, name in several)
        for name, setting in list(integrations.items())[:_MAX_DESTINATIONS]
        if name not in _NOT_DESTINATIONS
    ]
    listed = {name for destination in destinations for name in destination.names}
    destinations += [
        DestinationSetting(
            name,
            aliases_of(name, plugin.alias),
            plugin.mode,
            (),
            mapping_shown=False,
            rules=DestinationRules(
                None if {name, plugin.alias} & set(cloud_names) else plugin.subscriptions, True, name in several
            ),
        )
        for name, plugin in remote.items()
        if name not in listed
    ]
    listed.update(remote)
    destinations += [
        DestinationSetting(
            name, aliases_of(name, None), mode, (), mapping_shown=False, rules=DestinationRules(several=name in several)
        )
        for names, mode in ((cloud_names, Mode.CLOUD), (tuple(maybe), Mode.UNKNOWN))
        for name in dict.fromkeys(names)
        if name not in listed and name not in _NOT_DESTINATIONS
    ]
    return tuple(destinations)


def aliases_of(name: str, alias: str | None) -> tuple[str, ...]:
    """A destination's other names: settings say "Actions Amplitude", ``integrations`` objects "Amplitude (Actions)"."""
    names = [alias] if alias and alias != name else []
    if name.startswith("Actions "):
        names.append(f"{name.removeprefix('Actions ')} (Actions)")
    elif name.endswith(" (Actions)"):
        names.append(f"Actions {name.removesuffix(' (Actions)')}")
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class RemotePlugin:
    """An action destination whose code the page loads."""

    alias: str | None
    """Its display name."""
    mode: Mode
    subscriptions: tuple[Subscription, ...] | None


def _remote_plugins(value: Json) -> dict[str, RemotePlugin]:
    if not isinstance(value, list):
        return {}
    plugins: dict[str, RemotePlugin] = {}
    conditions = Conditions()
    for item in value[:_MAX_DESTINATIONS]:
        plugin = mapping(item)
        name = text_of(plugin.get("creationName")) or text_of(plugin.get("name"))
        if name is None:
            continue
        helper = is_page_helper(plugin)
        subscriptions = None if helper else subscriptions_of(plugin, conditions)
        if name in plugins:  # two of one name: either may take a message
            first = plugins[name].subscriptions
            subscriptions = None if first is None or subscriptions is None else (*first, *subscriptions)
        mode = Mode.CLOUD if helper and (name not in plugins or plugins[name].mode is Mode.CLOUD) else Mode.DEVICE
        plugins[name] = RemotePlugin(text_of(plugin.get("name")), mode, subscriptions)
    return plugins


def _listed(
    name: str, setting: Mapping[str, Json], plugin: RemotePlugin | None, cloud: bool, several: bool
) -> DestinationSetting:
    """An entry of ``integrations``; what stands among the remote plugins too is loaded by the page, whatever else is said."""
    components = strings(mapping(setting.get("versionSettings")).get("componentTypes"))
    unbundled = cloud or setting.get("bundlingStatus") == "unbundled"
    if plugin is not None:
        mode = plugin.mode
    elif unbundled:
        mode = Mode.CLOUD
    elif _runs_in_browser(name, setting, components) or {"android", "ios"} & set(components):
        mode = Mode.DEVICE
    elif "server" in components:
        mode = Mode.CLOUD
    else:
        mode = Mode.UNKNOWN
    return DestinationSetting(
        name,
        aliases_of(name, None if plugin is None else plugin.alias),
        mode,
        strings(mapping(setting.get("consentSettings")).get("categories")),
        mapping_shown=True,
        # what Segment's servers send on as well is not decided by the page's actions
        rules=DestinationRules(
            None if plugin is None or unbundled else plugin.subscriptions, plugin is not None, several
        ),
    )


def _runs_in_browser(name: str, setting: Mapping[str, Json], components: tuple[str, ...]) -> bool:
    """analytics-next, ``ajs-destination/utils.ts``: two kinds of names are never installed, whatever their settings say."""
    installable = not name.startswith("Segment") and name != "Iterable"
    return installable and (setting.get("type") == "browser" or "browser" in components)


def _from_list(document: Json, write_key: str, cdp: str) -> Settings:
    """The list that the old open-source consent manager fetches: every destination, but no consent mapping."""
    items = document if isinstance(document, list) else []
    destinations = []
    for item in items[:_MAX_DESTINATIONS]:
        name = text_of(mapping(item).get("creationName"))
        if name is not None and name not in _NOT_DESTINATIONS:
            aliases = aliases_of(name, text_of(mapping(item).get("name")))
            destinations.append(DestinationSetting(name, aliases, Mode.UNKNOWN, (), mapping_shown=False))
    return Settings(cdp, write_key, "integrations", tuple(destinations), (), None, ())


def _hosts(*values: Json) -> tuple[str, ...]:
    """``metrics.shop.example/v1`` or ``https://metrics.shop.example/v1`` -> ``metrics.shop.example``."""
    hosts = []
    for value in values:
        text = text_of(value)
        if text is None or len(text) > 500:
            continue
        try:
            host = urlsplit(text if "//" in text else f"//{text}").hostname
        except ValueError:
            continue
        if host and "." in host:
            hosts.append(host)
    return tuple(dict.fromkeys(hosts))
