"""OneTrust and CookiePro: ``OptanonConsent`` (a query string) with ``OptanonAlertBoxClosed`` beside it.

``OptanonConsent`` is written before any choice, and its groups may then be all granted. What tells an answer is
``OptanonAlertBoxClosed`` (the box was closed, by whatever means), else ``intType`` (the interaction, in newer SDKs),
else a ``landingPath`` that is still an address (not answered). ``isAnonUser``, ``interactionCount`` and
``AwaitingReconsent`` do not discriminate. Source: cookies of live sites in public code; developer.onetrust.com for the
group ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json
from addon.timestamps import from_iso, from_milliseconds

_CHOSEN = {"1", "2", "4", "5", "6"}
"""``intType``: banner allow all, reject all; preference centre allow all, reject all, confirm. 3 is "banner closed"."""
_STATES = {"1": True, "0": False}


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    try:
        fields = dict(parse_qsl(cookies[name], keep_blank_values=True, max_num_fields=200))
    except ValueError:
        raise MalformedSignal("more than 200 fields") from None
    if "groups" not in fields:
        if "landingPath" in fields or "consentId" in fields or "datestamp" in fields:
            return Answer(None, "no groups", complete=False)
        raise NotThisFormat("no 'groups' in it")
    closed = cookies.get("OptanonAlertBoxClosed")
    closed_at = from_iso(unquote(closed)) if closed else None
    landing = fields.get("landingPath", "")
    interaction = fields.get("intType", "")
    effective_at = closed_at
    answered: bool | None
    if closed:
        answered = True
    elif landing.startswith(("http://", "https://")):
        answered = False
    elif interaction in _CHOSEN:
        answered = True
        effective_at = from_milliseconds(fields.get("crTime"))
    else:
        answered = None
    # an address may name the person, and so may whatever stands where neither an address nor a date does
    shown_landing = landing if landing in ("", "NotLandingPage") else "an address"
    evidence = f"groups={fields['groups'][:1500]}&intType={interaction[:8]}&landingPath={shown_landing}"
    if closed:
        evidence += f"&OptanonAlertBoxClosed={'no date' if closed_at is None else unquote(closed)}"
    # every group stands there, granted or not, so a category without one was never asked about
    return Answer(answered, evidence, _groups(fields["groups"]), complete=False, effective_at=effective_at)


def _groups(text: str) -> dict[str, bool | None]:
    groups: dict[str, bool | None] = {}
    for part in text.split(",")[:300]:
        if not part.strip():
            continue
        key, colon, state = part.strip().rpartition(":")
        if not colon or not key:
            raise MalformedSignal(f"groups: {part[:40]!r} is no id:state")
        groups[key] = _STATES.get(state)
    return groups


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """``OnetrustActiveGroups`` (what is granted, between commas) with ``IsAlertBoxClosed()``: open, it is an unanswered banner only
    where one is shown at all."""
    groups = state.get("groups")
    if state.get("closed") is not True or not isinstance(groups, str):
        unanswered = state.get("closed") is False and state.get("notice") is True
        return Answer(False if unanswered else None, "the box is not closed", complete=False)
    granted = [group for part in groups.split(",")[:300] if (group := part.strip())]
    return Answer(True, f"active groups {','.join(granted)[:1500]}", dict.fromkeys(granted, True))
