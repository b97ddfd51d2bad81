"""Acts, signals and consent view for the tests of rules: everything that a rule can judge, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from addon.consent.signal import Rank, Signal, Unread
from addon.consent.stamps import STAMP_ORIGIN
from addon.consent.timeline import Need, Timeline
from addon.decode.facts import NO_STAMP, Mode, Stamp, StampShape, Surface
from addon.decode.segment import DECODER
from addon.judge.acts import (
    Act,
    CallAct,
    ConflictAct,
    CookieAct,
    DeliveryAct,
    EventAct,
    HandoverAct,
    LastingCookieAct,
    PersonalDataAct,
    Place,
    RegionAct,
    TrackingDomainAct,
    WarehouseAct,
    WithdrawalAct,
)
from addon.judge.identity_evidence import Choice, SentUnderGrant, SessionRef
from addon.judge.rule import Breach, ConsentView
from addon.judge.rules import all_rules
from addon.judge.verdict import Regime
from addon.routing.delivery import Basis, Delivery, Outcome
from tests.addon.building import NOON
from vendor_catalog import CallKind, Category

HOST = "www.shop.example"
ANALYTICS = Need((Category.ANALYTICS,), "segment")
MARKETING = Need((Category.MARKETING,), "meta-pixel")
NECESSARY = Need((Category.NECESSARY,), "recaptcha")
UNMAPPED = Need((), None, ("custom",))


def place(at: float, page_host: str | None = HOST, failure: str | None = None) -> Place:
    return Place(at=NOON + at, exchange="1.1", page_host=page_host, site="shop.example", failure=failure)


def signal(
    *granted: Category,
    refused: tuple[Category, ...] = (),
    answered: bool | None = True,
    at: float | None = None,
    not_before: float | None = None,
    origin: str = "klaro",
    rank: Rank = Rank.MANAGER,
    absent: bool = False,
    host: str = HOST,
) -> Signal:
    """A signal: what it grants and refuses, and since when by its own date."""
    values: dict[Category, bool | None] = {**dict.fromkeys(granted, True), **dict.fromkeys(refused, False)}
    carrier = "no cookie" if absent else "stamp" if rank is Rank.STAMP else f"cookie {origin}"
    return Signal(
        origin=origin,
        carrier=carrier,
        rank=rank,
        host=host,
        raw=None if absent else f"{sorted(values.items())}",
        answered=answered,
        values=values,
        keys={},
        vendors={},
        effective_at=None if at is None else NOON + at,
        not_before=None if not_before is None else NOON + not_before,
        absent=absent,
        id=f"1.c-{carrier}",
    )


def unread_record(why: Unread, origin: str = "klaro") -> Signal:
    """A record that is there, or may be, and cannot be read."""
    sent = why in (Unread.BROKEN, Unread.UNKNOWN_FORMAT, Unread.TAKEN_OUT)
    carrier = f"unread cookie {origin}" if sent else "unread record"
    return replace(no_cookie(origin=origin, answered=None), absent=False, unread=why, carrier=carrier)


def no_cookie(*, answered: bool | None = False, origin: str = "klaro", host: str = HOST) -> Signal:
    return signal(answered=answered, absent=True, origin=origin, host=host)


def granted(at: float | None = None, origin: str = "klaro") -> Signal:
    return signal(Category.ANALYTICS, Category.MARKETING, at=at, origin=origin)


def denied(at: float | None = None, origin: str = "klaro") -> Signal:
    return signal(refused=(Category.ANALYTICS, Category.MARKETING), at=at, origin=origin)


def opt_out(*, opted_out: bool = True, origin: str = "us-privacy") -> Signal:
    """An opt-out from sale and sharing, or a record that there is none."""
    said = {"refused": (Category.MARKETING,)} if opted_out else {}
    granted_ones = () if opted_out else (Category.MARKETING,)
    return signal(*granted_ones, **said, answered=opted_out or None, origin=origin, rank=Rank.OPT_OUT)


def stamp_signal(*, grants: bool) -> Signal:
    both = (Category.ANALYTICS, Category.MARKETING)
    granted_ones, refused_ones = (both, ()) if grants else ((), both)
    return signal(*granted_ones, refused=refused_ones, answered=None, origin=STAMP_ORIGIN, rank=Rank.STAMP)


def consent_view(
    *seen: tuple[float, Signal], regime: Regime = Regime.OPT_IN, gpc: float | None = None, margin: float = 0.0
) -> ConsentView:
    """A consent view over a timeline of signals, each with the moment at which it was seen."""
    timeline = Timeline(clock_margin=margin)
    for at, one in seen:
        kept = timeline.observe(one, NOON + at)
        if one.absent:
            timeline.look(one.host, NOON + at, frozenset(), "1.1")
        assert kept is not None
    if gpc is not None:
        timeline.opted_out_since = NOON + gpc
        timeline.observe(opt_out(origin="global-privacy-control"), NOON + gpc)
    return ConsentView(timeline, regime)


def stamped(**preferences: bool | None) -> Stamp:
    return Stamp(StampShape.PREFERENCES, preferences)


def event(
    at: float = 5,
    *,
    stamp: Stamp = NO_STAMP,
    needs: Mapping[str, Need] | None = None,
    surface: Surface = Surface.WEB,
    integrations: Mapping[str, bool] | None = None,
    **more: Any,
) -> EventAct:
    known = {"analytics": Need((Category.ANALYTICS,)), "marketing": Need((Category.MARKETING,))}
    fields: dict[str, Any] = {
        "place": place(at, failure=more.pop("failure", None)),
        "event": "1.1.0",
        "cdp": "segment",
        "cdp_name": DECODER.name,
        "stamping": DECODER.stamping,
        "type": "track",
        "name": "Order Completed",
        "surface": surface,
        "stamp": stamp,
        "stamp_needs": {key: known.get(key, UNMAPPED) for key in stamp.preferences} if needs is None else needs,
        "integrations": integrations or {},
        "reports_choice": False,
        "need": ANALYTICS,
        "made_at": None,
        "advertising_id": None,
        "enforced": None,
    }
    return EventAct(**(fields | more))


def delivery(
    outcome: Outcome = Outcome.FLOWS,
    *,
    at: float = 5,
    need: Need | None = MARKETING,
    basis: Basis = Basis.PREDICTED,
    mode: Mode = Mode.CLOUD,
    switched_on: bool = False,
    keys: tuple[str, ...] = (),
    **about_event: Any,
) -> DeliveryAct:
    one = event(at, **about_event)
    route = Delivery(
        destination="Facebook Pixel",
        vendor="meta-pixel",
        mode=mode,
        keys=keys,
        outcome=outcome,
        basis=basis,
        reason="because",
        switched_on=switched_on,
    )
    return DeliveryAct(place=one.place, event=one, delivery=route, need=need)


def warehouse(outcome: Outcome = Outcome.FLOWS, **about: Any) -> WarehouseAct:
    """A message on its way to a warehouse whose uses the policy does not declare."""
    act = delivery(outcome, **about)
    return WarehouseAct(place=act.place, event=act.event, delivery=act.delivery, need=act.need)


def call(
    kind: CallKind,
    *,
    at: float = 5,
    need: Need = MARKETING,
    failure: str | None = None,
    events: tuple[str, ...] = (),
    ping: str | None = None,
) -> CallAct:
    return CallAct(
        place=place(at, failure=failure),
        vendor="meta-pixel",
        vendor_name="Meta Pixel",
        kind=kind,
        host="www.facebook.com",
        need=need,
        events=events,
        ping=ping,
    )


def cookie(*, at: float = 5, need: Need = MARKETING, seen_by: str = "sent") -> CookieAct:
    return CookieAct(
        place=place(at),
        name="_fbp",
        host=HOST,
        vendor="meta-pixel",
        vendor_name="Meta Pixel",
        seen_by=seen_by,
        need=need,
    )


def withdrawal(*, until: float = 60, **more: Any) -> WithdrawalAct:
    """Consent withdrawn at 3 s, by a consent manager's record."""
    fields: dict[str, Any] = {
        "place": place(3),
        "event": "1.2.0",
        "cdp": "segment",
        "cdp_name": DECODER.name,
        "reported_by": "Segment Consent Preference Updated",
        "categories": (Category.MARKETING, Category.ANALYTICS),
        "withdrawn_by": NOON + 3,
        "signal": denied(at=3),
        "messages": 2,
        "until": NOON + until,
        "enforced": True,
        "reported_otherwise": False,
        "unread": False,
    }
    return WithdrawalAct(**(fields | more))


def choice(
    category: Category = Category.MARKETING, *, granted: bool, after: float | None, by: float, **more: Any
) -> Choice:
    """A choice made between two moments; the first is ``None`` if it is not known."""
    fields: dict[str, Any] = {
        "category": category,
        "granted": granted,
        "after": None if after is None else NOON + after,
        "by": NOON + by,
        "until": None,
        "seen_until": NOON + by,
        "decided": True,
        "shown_by": "the cookie cc_cookie",
        "signal": "1.c1",
    }
    return Choice(**(fields | more))


def conflict(
    *,
    at: float = 1000,
    refused_at: float = 100,
    granted: tuple[float | None, float] | None = (None, 50),
    decided: bool = True,
    certain_link: bool = True,
    capture: int = 1,
    withdrawn: bool = False,
) -> ConflictAct:
    """Marketing refused in a browser, and a message for the same person from an app under a grant made between two moments."""
    grant = None if granted is None else choice(granted=True, after=granted[0], by=granted[1], signal=None)
    sent = SentUnderGrant(
        category=Category.MARKETING,
        at=NOON + at,
        exchange="1.9",
        event="1.9.0",
        title="track 'Order Completed'",
        destination="Facebook Pixel",
        grant=grant,
    )
    return ConflictAct(
        place=Place(at=NOON + at, exchange="1.9", site="com.example.shop"),
        event="1.9.0",
        sent=sent,
        refusal=choice(granted=False, after=refused_at, by=refused_at, decided=decided, withdrawn=withdrawn),
        refused_in=SessionRef(session=f"{capture}.s1", capture=capture, surface=Surface.WEB, place="shop.example"),
        acted_in=SessionRef(session="1.s2", capture=1, surface=Surface.MOBILE, place="com.example.shop"),
        link="the same userId",
        certain_link=certain_link,
    )


def handover(
    *, at: float = 5, need: Need = ANALYTICS, given_by_site: bool = False, failure: str | None = None
) -> HandoverAct:
    return HandoverAct(
        place=place(at, failure=failure),
        host="collect.stranger.example",
        identifier="Segment's anonymous id",
        where="its query",
        need=need,
        given_by_site=given_by_site,
    )


def personal_data(*, message: EventAct | None = None, where: str = "query.em") -> PersonalDataAct:
    return PersonalDataAct(
        place=place(5),
        kind="email",
        label="an e-mail address",
        where=where,
        vendor="meta-pixel" if message is None else message.cdp,
        vendor_name="Meta Pixel" if message is None else "Twilio Segment",
        host="www.facebook.com" if message is None else "api.segment.io",
        event=message,
    )


def lasting_cookie(days: float, *, limit: int = 397, known: bool = True) -> LastingCookieAct:
    return LastingCookieAct(
        place=place(5),
        name="_ga",
        host=HOST,
        vendor="google-analytics-4" if known else None,
        vendor_name="Google Analytics 4" if known else None,
        category=Category.ANALYTICS if known else None,
        lasts=days * 86_400,
        limit=limit,
    )


def region(*regions: str, wanted: str = "eu", inside: bool = False, settings_host: str | None = None) -> RegionAct:
    return RegionAct(
        place=place(5),
        vendor="segment",
        vendor_name="Twilio Segment",
        host="api.segment.io",
        regions=regions,
        wanted=wanted,
        inside=inside,
        settings_host=settings_host,
    )


def tracking_domain(*, declared: bool = False, tracks: bool = True, manifests: int = 1) -> TrackingDomainAct:
    return TrackingDomainAct(
        place=place(5),
        vendor="meta-pixel",
        vendor_name="Meta Pixel",
        host="graph.facebook.com",
        app="com.example.shop",
        manifests=manifests,
        tracks=tracks,
        declared=declared,
    )


def judged(rule: str, act: Act, before: ConsentView) -> Breach | None:
    """What a rule says of an act."""
    return all_rules()[rule].check(act, before)
