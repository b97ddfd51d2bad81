"""Banners that nobody has described, each with what it stores: in the shape of FlowConsent's and ConsentStack's, a house-made one, and
such as cannot be learned."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from addon.manager_draft import Answer, AnswerKind, Place, Snapshot, shortened
from addon.manager_draft.observed import Stored
from vendor_catalog import Category

BEGIN = 1_764_600_000.0
VISITOR = "0b6c1d3e-5a4f-4c1e-9d2b-7e8f90a1b2c3"
KEY = b"k" * 16

type Value = Callable[[bool, bool, float], str]
"""Whether statistics and advertising are allowed, and when that was chosen -> what is stored."""


@dataclass(frozen=True)
class Banner:
    """A banner with one record."""

    name: str
    value: Value
    place: Place = Place.COOKIE
    pending: str | None = None
    """What is stored before anybody has answered."""
    beside: Mapping[Stored, Value] = field(default_factory=dict)
    """What else it stores."""

    def stored(self, statistics: bool, advertising: bool, at: float) -> dict[Stored, str]:
        return {Stored(self.place, self.name): self.value(statistics, advertising, at)} | {
            stored: value(statistics, advertising, at) for stored, value in self.beside.items()
        }


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _packed(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))


def _word(statistics: bool, advertising: bool, at: float) -> str:
    return {(True, True): "all", (False, False): "none", (True, False): "audience"}[statistics, advertising]


BANNERS = {
    "flowconsent cookie": Banner("fc_consent", lambda s, a, at: f"v:3|stats:{int(s)}|ads:{int(a)}"),
    "flowconsent json": Banner(
        "flow_consent",
        lambda s, a, at: quote(
            _packed({"id": VISITOR, "ts": round(at * 1000), "purposes": {"p0": True, "p1": s, "p2": a}})
        ),
    ),
    "flowconsent storage": Banner(
        "flowconsent:state",
        lambda s, a, at: _packed({"uid": VISITOR, "granted": ["core", *["audience"] * s, *["promo"] * a]}),
        Place.STORAGE,
    ),
    "consentstack cookie": Banner("cs_choice", _word),
    "consentstack json": Banner(
        "cs",
        lambda s, a, at: quote(_packed({"decided": True, "at": iso(at), "choices": {"measure": s, "target": a}})),
        pending=quote(_packed({"decided": False, "at": None, "choices": {"measure": False, "target": False}})),
    ),
    "consentstack storage": Banner(
        "consentstack.status", lambda s, a, at: _packed({"v": 2, "result": {"status": _word(s, a, at)}}), Place.STORAGE
    ),
    "house-made": Banner("shop_ok", lambda s, a, at: "yes" if s and a else "stats" if s else "no"),
    "base64": Banner("hm", lambda s, a, at: base64.b64encode(_packed({"s": s, "a": a}).encode()).decode()),
    "opt-outs": Banner("optout", lambda s, a, at: f"stats={str(not s).lower()}&ads={str(not a).lower()}"),
    "list": Banner("allowed", lambda s, a, at: ",".join(["basic", *["stats"] * s, *["ads"] * a])),
}
"""By kind; each can be learned."""
UNLEARNABLE = {
    "nothing": Banner("", lambda s, a, at: ""),
    "seen alone": Banner("banner_closed", lambda s, a, at: "1"),
    "an id": Banner("visitor", lambda s, a, at: f"{VISITOR}{s}{a}"),
    "a random word": Banner(
        "token", lambda s, a, at: {(True, True): "x9f2", (False, False): "b7k1"}.get((s, a), "q3z8")
    ),
    "in several cookies": Banner(
        "allow_stats",
        lambda s, a, at: str(int(s)),
        beside={Stored(Place.COOKIE, "allow_ads"): lambda s, a, at: str(int(a))},
    ),
}
"""Those of which nothing is to be learned."""
BOTH = frozenset({Category.ANALYTICS, Category.MARKETING})


def answers_to(banner: Banner, *, partly: bool = True, sent: bool = True) -> list[Answer]:
    """A tester who accepts, rejects and, if asked to, allows statistics alone, each in a fresh window."""
    choices = [(AnswerKind.ACCEPTED, True, True), (AnswerKind.REJECTED, False, False)]
    choices += [(AnswerKind.PARTLY, True, False)] if partly else []
    found = []
    for number, (kind, statistics, advertising) in enumerate(choices):
        since = BEGIN + 100 * number
        other = {Stored(Place.COOKIE, "basket"): f"b{number}", Stored(Place.COOKIE, "_ga"): "GA1.1.1.1"}
        pending = {} if banner.pending is None else {Stored(banner.place, banner.name): banner.pending}
        stored = banner.stored(statistics, advertising, since + 3) if banner.name else {}
        sends = frozenset(name for place, name in stored if sent and place is Place.COOKIE)
        before = Snapshot(_shortened(other | pending), ("GET shop.example/",))
        after = Snapshot(_shortened(other | stored), ("GET shop.example/", f"POST log.example/{kind}"), sends)
        allowed, refused = (
            (frozenset({Category.ANALYTICS}), frozenset({Category.MARKETING}))
            if kind is AnswerKind.PARTLY
            else (frozenset(),) * 2
        )
        found.append(Answer(kind, before, after, since, since + 5, allowed, refused))
    return found


def _shortened(stored: Mapping[Stored, str]) -> dict[Stored, str]:
    return {each: shortened(value, KEY) for each, value in stored.items()}
