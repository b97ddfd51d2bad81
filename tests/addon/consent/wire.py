"""What a browser would send: TC strings built bit by bit, exchanges and messages with nothing but what a test is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from addon.body import Body
from addon.decode.facts import NO_STAMP, Event, Stamp, StampShape, Surface
from addon.exchange import Exchange, Headers

BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MAY_2026 = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Bits:
    """Written from the front."""

    text: str = ""

    def add(self, value: int, width: int) -> Bits:
        assert 0 <= value < 1 << width
        self.text += f"{value:0{width}b}" if width else ""
        return self

    def ids(self, ids: Iterable[int], width: int) -> Bits:
        chosen = set(ids)
        self.text += "".join("1" if number in chosen else "0" for number in range(1, width + 1))
        return self

    def ranges(self, ranges: Iterable[tuple[int, int]]) -> Bits:
        """NumEntries and entries; a range of one is written as a single id."""
        listed = list(ranges)
        self.add(len(listed), 12)
        for first, last in listed:
            self.add(int(first != last), 1).add(first, 16)
            if first != last:
                self.add(last, 16)
        return self

    def bitfield_of(self, ids: Iterable[int], highest: int) -> Bits:
        return self.add(highest, 16).add(0, 1).ids(ids, highest)

    def ranges_of(self, ranges: Iterable[tuple[int, int]], highest: int) -> Bits:
        return self.add(highest, 16).add(1, 1).ranges(ranges)

    def fibonacci(self, number: int) -> Bits:
        """From the largest Fibonacci number down, written from the smallest up, and one more 1."""
        weights = [1, 2]
        while weights[-1] <= number:
            weights.append(weights[-1] + weights[-2])
        bits = ""
        for weight in reversed(weights):
            taken = weight <= number
            number -= weight if taken else 0
            bits = ("1" if taken else "0") + bits
        self.text += bits.rstrip("0") + "1"
        return self

    def segment(self, padding: str = "0") -> str:
        padded = self.text + padding * (-len(self.text) % 6)
        return "".join(BASE64URL[int(padded[at : at + 6], 2)] for at in range(0, len(padded), 6))


@dataclass(frozen=True)
class Core:
    """The core segment of a TC string; the defaults are a refusal under today's policy."""

    version: int = 2
    created: datetime = MAY_2026
    last_updated: datetime | None = None
    language: tuple[int, int] = (4, 13)
    policy_version: int = 5
    service_specific: bool = True
    purposes: Iterable[int] = ()
    legitimate_interests: Iterable[int] = ()
    vendors: Bits = field(default_factory=lambda: Bits().bitfield_of((), 0))
    vendors_li: Bits = field(default_factory=lambda: Bits().bitfield_of((), 0))
    restrictions: Bits = field(default_factory=lambda: Bits().add(0, 12))

    def bits(self) -> Bits:
        bits = Bits().add(self.version, 6)
        for moment in (self.created, self.last_updated or self.created):
            bits.add(round(moment.timestamp() * 10), 36)
        bits.add(300, 12).add(4, 12).add(1, 6).add(self.language[0], 6).add(self.language[1], 6)
        bits.add(177, 12).add(self.policy_version, 6).add(int(self.service_specific), 1).add(0, 1).ids((), 12)
        bits.ids(self.purposes, 24).ids(self.legitimate_interests, 24).add(0, 1).add(3, 6).add(4, 6)
        bits.text += self.vendors.text + self.vendors_li.text + self.restrictions.text
        return bits

    def segment(self, padding: str = "0") -> str:
        return self.bits().segment(padding)


def disclosed(*ids: int) -> str:
    """The segment of the disclosed vendors."""
    return Bits().add(1, 3).bitfield_of(ids, max(ids, default=0)).segment()


def tc_string(core: Core | None = None, *ids: int) -> str:
    """A TC string with disclosed vendors."""
    return f"{(core or Core()).segment()}.{disclosed(*ids)}"


def exchange(url: str, *, method: str = "GET", at: float = 1_780_000_000.0, body: bytes | None = None) -> Exchange:
    """A request to ``https://host/path?query``."""
    address, _, query = url.removeprefix("https://").partition("?")
    host, slash, path = address.partition("/")
    sent = None if body is None else Body(body)
    return Exchange(at, "192.0.2.1", method, "https", host, 443, slash + path, query, Headers(), request_body=sent)


_EVENT = Event(
    cdp="segment",
    position=0,
    type="track",
    name="Order Completed",
    write_key="wk",
    message_id="m1",
    anonymous_id="a1",
    user_id=None,
    timestamp=None,
    waited=None,
    advertising_id=None,
    sent_at=None,
    surface=Surface.WEB,
    library="analytics.js",
    library_version=None,
    stamp=NO_STAMP,
    integrations={},
    bundled=None,
    unbundled=None,
    page_url=None,
    app=None,
    reports_choice=False,
    retry=False,
    payload={},
)


def stamped(
    preferences: Mapping[str, bool | None], *, reports_choice: bool = False, timestamp: str | None = None
) -> Event:
    """A message whose ``context.consent`` has these category preferences."""
    shape = StampShape.PREFERENCES if preferences else StampShape.EMPTY_PREFERENCES
    return replace(_EVENT, stamp=Stamp(shape, preferences), reports_choice=reports_choice, timestamp=timestamp)
