"""The sentences that explain a state of consent to people: what was observed, with the times that matter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from addon.consent.signal import Signal, Unread
from addon.consent.timeline import Certainty, ConsentState, Standing

from .acts import MAX_EVENT_NAME, CallAct, Place
from .verdict import Ground, Lack, Verdict

_STANDINGS = {
    Standing.GRANTED: "granted",
    Standing.DENIED: "refused",
    Standing.UNANSWERED: "not yet answered",
    Standing.NOTHING: "not shown by anything on the wire",
    Standing.UNCLEAR: "answered, but not in terms that say anything of this category (it was not asked about, or the policy's"
    " [categories] have to name what stands for it)",
    Standing.UNREADABLE: "not to be told",
}
_DECIDERS = {
    Ground.CHANGED: "A timestamp, the in-page probe or a mark of what was pressed would decide it.",
    Ground.OPTED_OUT_OR_NOT: "A timestamp, the in-page probe or a mark of what was pressed would decide it.",
    Ground.UNREADABLE: "The in-page probe, where it knows the consent manager, or a mark of what was pressed would decide it.",
    Ground.NOT_SEEN_AGAIN: "One more page view, or a mark of what was pressed, would decide it.",
    Ground.NOTHING_SEEN: "One more page view, or a mark of what was pressed, would decide it.",
    Ground.UNASKED: "A capture from a region in which the site has to ask would decide it.",
    Ground.WHOSE: "A capture of one window at a time would decide it.",
    Ground.FRAME_OR_PAGE: "A capture with a browser that sends Sec-Fetch-Dest, over https, would decide it.",
}
"""What would decide what is undecided."""
if any(ground.verdict is not Verdict.UNPROVEN for ground in _DECIDERS):
    raise ValueError("what is decided needs nothing that would decide it")

UNLESS_OPTED_OUT = (
    "Where nobody has to be asked first (opt-out), it matters for people who opted out: whether theirs carry it, the capture of"
    " somebody who did would show."
)
"""Appended where a message carries no consent and the regime is opt-out."""
_LITTLE_SEEN = (Certainty.SEEN_BEFORE, Certainty.ONLY_AFTER, Certainty.NOTHING_AFTER)
_EVENTS_SHOWN = 5
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def clock(at: float) -> str:
    """``12:00:03.120Z``"""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3] + "Z"


def moment(at: float, near: float) -> str:
    """``12:00:03.120Z``, with the day before it unless ``near`` is on the same one."""
    day = datetime.fromtimestamp(at, UTC).date()
    return clock(at) if day == datetime.fromtimestamp(near, UTC).date() else f"{day} {clock(at)}"


def distance(seconds: float) -> str:
    """``412 ms``, ``3.2 s``, ``5 min``, ``7 h``, ``30 days``"""
    seconds = abs(seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days"


def called(act: CallAct) -> str:
    """``Meta Pixel's collection endpoint on www.facebook.com was called with the event 'Purchase'``"""
    text = f"{act.vendor_name}'s collection endpoint on {act.host} was called"
    if not act.events:
        return text
    shown = [repr(name[:MAX_EVENT_NAME]) for name in act.events[:_EVENTS_SHOWN]]
    more = len(act.events) - len(shown)
    listed = ", ".join(shown) + (f" and {more} more" if more else "")
    return f"{text} with the event{'s' if len(act.events) > 1 else ''} {listed}"


def _standing(state: ConsentState) -> str:
    """The standing as it follows ``Consent was``: ``refused``, ``not yet answered``."""
    shown = state.decisive
    if state.standing is Standing.UNANSWERED and shown is not None and shown.unasked:
        return "not answered, because the consent manager says that it asked nobody"
    return _STANDINGS[state.standing]


def carrier(signal: Signal) -> str:
    """``the cookie CookieConsent``"""
    kind, _, name = signal.carrier.partition(" ")
    match kind:
        case "cookie":
            return f"the cookie {name}"
        case "set-cookie":
            return f"the response's cookie {name}"
        case "call":
            return f"the consent manager's call {name}"
        case "probe":
            return f"the in-page probe, which saw {name},"
        case "mark":
            return f"the tester's mark ({name})"
        case "header":
            return f"the request header {name}"
        case "parameter":
            return f"the parameter {name} of a call"
        case "message":
            return f"the {name} of a message"
        case "unread":
            return f"the record of {signal.origin}, which cannot be read,"
        case "no":
            return f"a first-party request without the cookie of {signal.origin}"
        case _:
            return "a message's stamp"


def reason(lack: Lack, at: float) -> str:
    """Why we say that consent was lacking at a moment, and what would decide it if that is open."""
    text = _observed(lack, at)
    decider = _DECIDERS.get(lack.ground)
    return text if decider is None else f"{text} {decider}"


def _observed(lack: Lack, at: float) -> str:
    text = sentence(lack.state, at)
    if lack.ground is Ground.WHOSE:
        return (
            f"{text} That is so in one of several windows of this browser, each with cookies of its own, in which the site was"
            " open at that time; nothing in the request tells from which of them it came."
        )
    if lack.ground is Ground.FRAME_OR_PAGE:
        return (
            f"{text} That is so on the page that is taken to hold the frame which sent it; nothing shows that it is a frame, and not a"
            " page of its own to which a link led."
        )
    if not lack.opted_out:
        return text
    opted_out = "An opt-out preference signal (Sec-GPC: 1) was in force"
    unread = lack.state.unreadable is not None
    if lack.ground is Ground.OPTED_OUT and (unread or lack.state.certainty in _LITTLE_SEEN):
        return f"{opted_out}, and no answer of the person was seen that would stand against it."
    return f"{opted_out}. {text}"


def sentence(state: ConsentState, at: float) -> str:
    """What was observed of consent around a moment, in full sentences. ``reason`` adds what would decide an open question."""
    if state.unreadable is not None:
        return _unreadable(state, state.unreadable, at)
    standing = _standing(state)
    before, after = state.before, state.after
    match state.certainty:
        case Certainty.DATED if state.lasted and before is not None and after is not None:
            again = (
                "dates the next choice"
                if carrier(after) == carrier(before)
                else f"{carrier(after)} dates the next choice"
            )
            return f"Consent was {standing}: {carrier(before)} showed it before this, and {again} to {_date(after, at)}, after this."
        case Certainty.DATED if after is not None and after.effective_at is not None:
            gap = distance(after.effective_at - at)
            direction = "before" if after.effective_at <= at else "after"
            return f"Consent was {standing}: {carrier(after)} dates the choice to {_date(after, at)}, {gap} {direction} this."
        case Certainty.DATED if after is not None:
            return f"Consent was {standing}: {carrier(after)} dates the choice to {_date(after, at)}, after this."
        case Certainty.OBSERVED if before is not None:
            return f"Consent was {standing}, as {carrier(before)} showed at this very moment."
        # without distances: of a run of requests that show the same only the ends are remembered
        case Certainty.BRACKETED if before is not None and state.standing is Standing.NOTHING:
            return f"Nothing on the wire shows consent: {carrier(before)} came before this, and another after it."
        case Certainty.BRACKETED if before is not None:
            again = "again" if after is None or carrier(after) == carrier(before) else carrier(after)
            return f"Consent was {standing}: {carrier(before)} showed it before this, and {again} after it."
        case Certainty.SEEN_BEFORE if before is not None:
            return f"Consent was {standing}, as {carrier(before)} showed {_not_again(state)}"
        case Certainty.OPEN_WINDOW:
            return _window(state, at)
        case Certainty.ONLY_AFTER if after is not None:
            return f"No signal of consent was seen before this, and {_when(state, at)} {carrier(after)} shows that it was {_later(after)}."
        case Certainty.ONLY_AFTER:
            return "No signal of consent was in force, and later first-party requests still show none."
        case _:
            return "Nothing on the wire shows consent before this, and no first-party request after it shows the state."


def _not_again(state: ConsentState) -> str:
    """The end of a sentence on what was seen before a moment, and not after it."""
    if state.parted:
        return "just before this: nobody could answer in that page any more."
    return "before this; nothing after it shows whether that changed."


def _unreadable(state: ConsentState, record: Signal, at: float) -> str:
    cause, after = _unread(record), state.after
    if record is state.before and after is not None and after.speaks:
        dated = after.effective_at or after.not_before
        if dated is not None and dated > at:
            return f"What was in force cannot be told: {cause}; {carrier(after)} dates a choice to {_date(after, at)}, after this."
        return f"What was in force cannot be told: {cause}. What shows anything next, {_when(state, at)}, is {carrier(after).rstrip(',')}."
    if record is state.before:
        return f"What was in force cannot be told: {cause}."
    none = "No signal of consent was seen before this"
    earlier = (
        none
        if state.before is None or not state.before.speaks
        else f"{carrier(state.before).rstrip(',')} came before this"
    )
    return f"{earlier}, and what came later cannot be told: {cause}."


def _unread(signal: Signal) -> str:
    """Why a record cannot be read, as half a sentence."""
    what = signal.carrier.removeprefix("unread ")
    named = (
        carrier(replace(signal, carrier=what, unread=None)).rstrip(",") if " " in what else "the cookies of a request"
    )
    match signal.unread:
        case Unread.BROKEN:
            return f"{named} is there, and its value is broken"
        case Unread.UNKNOWN_FORMAT:
            return f"{named} is there, and its value is in no format that is read"
        case Unread.TAKEN_OUT if " " in what:
            return f"{named} is there, and the capture does not have its value"
        case Unread.TAKEN_OUT:
            return "a first-party request carried cookies, and the capture does not have them"
        case Unread.NO_READER:
            return f"the site uses {signal.origin}, whose record is not read"
        case Unread.OFF_WIRE:
            return f"the site uses {signal.origin}, which keeps the answer where it does not cross the wire"
        case Unread.ANOTHER_WINDOW:
            return "the tester's mark was made before a page was opened that carried no cookie at all, and so may be another window's"
        case _:
            return (
                f"{signal.origin} recorded a choice, and a page that was opened afterwards did not carry its cookie: it is kept"
                " where it does not cross the wire, or it is another window's"
            )


def _later(signal: Signal) -> str:
    if signal.answered is False:
        return "still unanswered"
    return "still not stored" if signal.absent else "refused"


def _date(signal: Signal, at: float) -> str:
    """The time that a signal gives for its choice; with its day, unless that is the same."""
    if signal.effective_at is None:
        return str(datetime.fromtimestamp(signal.not_before or at, UTC).date())
    return moment(signal.effective_at, at)


def _when(state: ConsentState, at: float) -> str:
    return "later" if state.after_at is None else f"{distance(state.after_at - at)} later"


def _window(state: ConsentState, at: float) -> str:
    standing, before, after = _standing(state), state.before, state.after
    other = standing if state.alternative is None else _STANDINGS[state.alternative]
    shown = "a later signal" if after is None else carrier(after)
    begun = before is None and state.standing is Standing.UNANSWERED and state.alternative is Standing.UNCLEAR
    if begun and after is not None and (after.effective_at or after.not_before or at) > at:
        return (
            f"Consent was {standing}, or answered earlier: {shown}, seen {_when(state, at)}, dates a choice to {_date(after, at)},"
            " which is after this, and the capture shows nothing from before."
        )
    if after is not None and after.carrier == "stamp" and state.standing is Standing.UNANSWERED:
        return f"Consent was {standing} by the consent manager, whose cookie was never seen, but {other} by the messages' own stamps."
    if before is not None and state.at_odds:
        return f"Consent was {standing} or {other}: signals of this very moment, {carrier(before)} among them, differ."
    if before is None:
        return f"Consent was {standing} or {other}: the capture shows nothing from before this, and {shown} came {_when(state, at)}."
    changed = f"Consent was {standing} before this and {other} {_when(state, at)}, as {shown} shows"
    if after is not None and after.effective_at is not None:
        return (
            f"{changed}; that it dates the choice to {_date(after, at)} settles nothing, because that is too near for the"
            " clocks of two machines or does not fit what was seen before."
        )
    return f"{changed} without saying when the choice was made."


def unanswered(place: Place) -> str:
    """A sentence on a request that had no response, with a space before it; empty if it had one."""
    return f" The request got no response ({place.failure})." if place.failure else ""
