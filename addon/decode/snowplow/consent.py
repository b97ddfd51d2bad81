"""The consent events and contexts of Snowplow's trackers.

``consent_preferences`` (enhanced consent plugin) tells the kind of answer in ``eventType`` and, in ``consentScopes``, the scopes
that are allowed after it. ``consent_granted`` and ``consent_withdrawn`` (core API, mobile trackers) name documents, no purposes.
The ``gdpr`` context says on which lawful basis an event is processed, which is no choice of the person, so that it is kept and
not judged. Sources: snowplow-javascript-tracker ``browser-plugin-enhanced-consent/src/types.ts`` and ``schemata.ts``, tracker-core
4.10.2 ``core.ts``.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.decode.facts import NO_STAMP, Problem, Stamp, StampShape
from addon.jsontext import Json, strings

_VENDOR = "com.snowplowanalytics.snowplow"
_PREFERENCES = "consent_preferences"
CONSENT_EVENTS = (_PREFERENCES, "consent_granted", "consent_withdrawn")
_MAX_SCOPES = 500
_ALLOWED = ("allow_all", "allow_selected")


def reports_choice(vendor: str, name: str) -> bool:
    """Whether a self-describing event is one by which a tracker reports what the person chose."""
    return vendor == _VENDOR and name in CONSENT_EVENTS


def stamp_of(name: str, said: Mapping[str, Json], problems: list[Problem]) -> Stamp:
    """What a consent event says was chosen. Scopes that an answer does not list are unknown; a refusal of everything needs no
    names."""
    if name == "consent_withdrawn":
        return _REFUSAL if said.get("all") is True else NO_STAMP
    if name != _PREFERENCES:
        return NO_STAMP
    kind, listed = said.get("eventType"), said.get("consentScopes")
    if kind == "deny_all" or (kind == "withdrawn" and listed == []):
        return _REFUSAL
    if kind not in _ALLOWED:
        return NO_STAMP
    scopes = strings(listed)[:_MAX_SCOPES]
    if not isinstance(listed, list) or len(scopes) < len(listed):
        problems.append(Problem("bad-consent", f"consentScopes is no list of at most {_MAX_SCOPES} names"))
    return Stamp(StampShape.PREFERENCES, dict.fromkeys(scopes, True)) if scopes else NO_STAMP


_REFUSAL = Stamp(StampShape.EMPTY_CONSENT, refuses_all=True)
