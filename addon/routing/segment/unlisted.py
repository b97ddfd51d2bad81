"""Destinations of a source that its settings do not list: those that they only count or hint at, and those that the user declares.

Other CDPs list them all, or document nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Mode, Origin, Settings
from addon.decode.segment.settings import aliases_of
from addon.routing.delivery import UNLISTED
from addon.routing.plan import Declaration

_MAX_INFERRED = 20
_MAX_KEY = 200
"""Characters of a category id; Segment allows fewer than 35."""


def inferred(
    settings: Sequence[Settings], found: Iterable[DestinationSetting], needs: Mapping[str, Need | None]
) -> list[DestinationSetting]:
    """Destinations that must exist beside those that were found: settings name the categories of all that are enabled, and
    count those without one, but list only some (analytics-next, ``browser/settings.ts``). They run on the CDP's servers: what
    runs in the page has to be listed. The list that a consent manager fetches leaves none out.

    Where some were found by name alone, what is inferred may be one of them, or another one.

    Args:
        needs: what is known of those that were found, by name.
    """
    shown = settings[0] if len(settings) == 1 else None
    if shown is None or shown.origin != "settings" or not shown.enforces_consent:
        return []
    known = list(found)
    mapped = {key for destination in known for key in destination.categories}
    nameless = [destination for destination in known if not destination.mapping_shown]
    origin = Origin.INFERRED
    if nameless:
        origin = Origin.DOUBTED if any(needs[each.name] is None for each in nameless) else Origin.COVERED
    hidden = [
        _hidden(f"(not listed in the settings; needs {key})", (key,), origin)
        for key in dict.fromkeys(shown.all_categories)
        if key not in mapped and len(key) <= _MAX_KEY
    ]
    if shown.has_unmapped_destinations and not nameless and all(each.categories for each in known):
        hidden.insert(0, _hidden(UNLISTED, (), origin))
    return hidden[:_MAX_INFERRED]


def _hidden(name: str, categories: tuple[str, ...], origin: Origin) -> DestinationSetting:
    return DestinationSetting(name, (), Mode.CLOUD, categories, mapping_shown=True, origin=origin)


def declared(declarations: Iterable[Declaration]) -> list[DestinationSetting]:
    """Destinations of a source that only the user knows."""
    return [
        DestinationSetting(
            each.name,
            aliases_of(each.name, None),
            Mode.CLOUD,
            each.categories,
            mapping_shown=bool(each.categories),
            origin=Origin.DECLARED,
        )
        for each in declarations
    ]
