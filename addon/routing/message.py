"""What of a message decides where it goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from addon.decode.facts import DestinationSetting, Event, Mode, Stamp, Surface
from addon.jsontext import Json

from .delivery import Outcome, Prediction


@dataclass(frozen=True, slots=True)
class Message:
    """What of a message decides where it goes on."""

    stamp: Stamp
    integrations: Mapping[str, bool] = field(default_factory=dict)
    bundled: tuple[str, ...] | None = None
    unbundled: tuple[str, ...] | None = None
    type: str = "track"
    name: str | None = None
    surface: Surface = Surface.UNKNOWN
    library: str | None = None
    library_version: str | None = None
    payload: Mapping[str, Json] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    """Destinations in the page that it says failed to start."""

    @classmethod
    def of(cls, event: Event) -> Message:
        """What of an event decides where it goes on."""
        return cls(
            stamp=event.stamp,
            integrations=event.integrations,
            bundled=event.bundled,
            unbundled=event.unbundled,
            type=event.type,
            name=event.name,
            surface=event.surface,
            library=event.library,
            library_version=event.library_version,
            payload=event.payload,
            broken=event.broken,
        )

    def choice_for(self, destination: DestinationSetting) -> bool | None:
        """What the integrations object says of a destination by one of its names; ``None`` if it does not name it."""
        return next((self.integrations[name] for name in destination.names if name in self.integrations), None)

    def switched_off(self, destination: DestinationSetting) -> Prediction | None:
        """What becomes of it if its integrations object keeps it from a destination, by name or with all others."""
        choice = self.choice_for(destination)
        if choice is False or (choice is None and self.integrations.get("All") is False):
            return Outcome.FILTERED, "integrations switches it off"
        return None

    def named_destinations(self, ignored: Collection[str]) -> list[DestinationSetting]:
        """The destinations in its metadata and in its integrations object, without the keys that are ignored."""
        return [
            DestinationSetting(name, (), mode, (), mapping_shown=False)
            for names, mode in (
                (self.bundled or (), Mode.DEVICE),
                (self.unbundled or (), Mode.CLOUD),
                (self.integrations, Mode.UNKNOWN),
            )
            for name in dict.fromkeys(names)
            if name not in ignored
        ]
