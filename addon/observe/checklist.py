"""For the phone page: how far the setup of a device has come, in the order in which things can go wrong, each with its likely
cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from pydantic import BaseModel

from addon.findings.sessions import SessionSummary

from .devices import Cause, Device

_NAMED = 3
"""Hosts that are named; the others are counted."""
_INSTALL = {
    "iOS": (
        "Install the profile from http://mitm.it (Settings, Profile Downloaded), then switch it on under Settings, General,"
        " About, Certificate Trust Settings. Both are needed."
    ),
    "Android": (
        "Install the certificate from http://mitm.it as a CA certificate (Settings, Security). Apps ignore it all the same"
        " unless their network_security_config allows user certificates, or they are debug builds that do."
    ),
    "": "Install the certificate from http://mitm.it and have it trusted; on iOS also under Certificate Trust Settings.",
}
_REFUSING = {
    "iOS": "Those apps pin their certificate: what they say stays unseen, unless you have a build without pinning.",
    "Android": (
        "Those apps pin their certificate, or ignore user certificates: a debug build, or a network_security_config that allows"
        " them, would show what they say."
    ),
    "": "Those apps pin their certificate, or ignore the certificates that users install. What they say stays unseen.",
}


class State(StrEnum):
    """How a step stands."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class DeviceCheck(BaseModel):
    """One step."""

    name: str
    state: State
    seen: str
    """What was seen."""
    cause: str | None = None
    """The likely reason why it is not working yet, and what to do."""


def checklist(
    device: Device, sessions: Sequence[SessionSummary], agent: str, is_segment: Callable[[str], bool]
) -> list[DeviceCheck]:
    """The four steps.

    Args:
        sessions: those of this device.
        agent: the device's user agent, which tells its system.
        is_segment: whether a host is known to be Segment's.
    """
    system = system_of(agent)
    return [_traffic(device), _trust(device, system), _segment(device, sessions, is_segment), _source(sessions)]


def system_of(agent: str) -> str:
    """``iOS``, ``Android``, or empty."""
    if any(word in agent for word in ("iPhone", "iPad", "iPod")):
        return "iOS"
    return "Android" if "Android" in agent else ""


def _traffic(device: Device) -> DeviceCheck:
    name = "Traffic seen"
    if device.requests:
        return DeviceCheck(name=name, state=State.YES, seen=_many(device.requests, "request"))
    if device.refused:
        seen = "Connections come, but none can be read"
        return DeviceCheck(
            name=name, state=State.PARTLY, seen=seen, cause="They refuse the certificate: see TLS below."
        )
    cause = (
        "Open a site or the app. This page came through the proxy, so the settings are right; an app that shows nothing here"
        " ignores the proxy: WireGuard takes its traffic, too (consentwire run --wireguard)."
    )
    return DeviceCheck(name=name, state=State.NO, seen="Nothing but this page", cause=cause)


def _trust(device: Device, system: str) -> DeviceCheck:
    check = _handshakes(device, system)
    if not device.passed:
        return check
    cause = (
        f"Passed through unread, because their apps refuse the certificate and would not work otherwise: {_listed(device.passed)}."
        " Nothing is known about what they are sent."
    )
    state = State.PARTLY if check.state is State.YES else check.state
    return DeviceCheck(
        name=check.name, state=state, seen=check.seen, cause=f"{check.cause} {cause}" if check.cause else cause
    )


def _handshakes(device: Device, system: str) -> DeviceCheck:
    name = "TLS trusted"
    if device.secure and not device.refused:
        return DeviceCheck(name=name, state=State.YES, seen=f"{_many(device.secure, 'secure request')} read")
    refusing = _listed(device.refused)
    if device.secure:
        seen = f"{_many(device.secure, 'secure request')} read, but not those to {refusing}"
        causes = set(device.refused.values())
        cause = _REFUSING[system]
        if causes == {Cause.CLOSED}:
            cause = f"They were broken off during the handshake. If it happens again: {cause}"
        elif causes == {Cause.VERSION}:
            cause = "They speak no version of TLS that mitmproxy allows (its option tls_version_client_min)."
        return DeviceCheck(name=name, state=State.PARTLY, seen=seen, cause=cause)
    if device.refused:
        seen = f"The proxy's certificate was refused for {refusing}"
        return DeviceCheck(name=name, state=State.NO, seen=seen, cause=_INSTALL[system])
    cause = f"Open a site whose address begins with https. If it shows a warning: {_INSTALL[system]}"
    return DeviceCheck(name=name, state=State.NO, seen="No secure connection so far", cause=cause)


def _segment(device: Device, sessions: Sequence[SessionSummary], is_segment: Callable[[str], bool]) -> DeviceCheck:
    name = "Messages decoded"
    events = sum(session.events for session in sessions)
    if events:
        return DeviceCheck(name=name, state=State.YES, seen=_many(events, "message"))
    passing = [host for host in device.passed if is_segment(host)]
    if passing:
        seen = f"What goes to {_listed(passing)} passes through unread"
        cause = (
            "What sends to it does not trust the proxy and is let through so that it works. Whether its messages had consent"
            " cannot be told: use a build without pinning."
        )
        return DeviceCheck(name=name, state=State.NO, seen=seen, cause=cause)
    refusing = [host for host in device.refused if is_segment(host)]
    if refusing:
        seen = f"{_listed(refusing)} could not be read"
        return DeviceCheck(
            name=name, state=State.NO, seen=seen, cause="What sends to it does not trust the proxy; see above."
        )
    if not device.secure:
        cause = "Messages travel over TLS, which has to be trusted first."
    else:
        cause = (
            "SDKs send in batches: use the app for half a minute, then put it in the background. If none comes, it may wait for"
            " consent, pin its certificate, or send to a host of its own (ingestion_hosts in the policy)."
        )
    return DeviceCheck(name=name, state=State.NO, seen="No message so far", cause=cause)


def _source(sessions: Sequence[SessionSummary]) -> DeviceCheck:
    name = "Consent source found"
    found = list(dict.fromkeys(session.consent_source for session in sessions if session.consent_source))
    if found:
        return DeviceCheck(name=name, state=State.YES, seen=", ".join(found))
    if not sessions:
        cause = "Open the site or app that you test."
        return DeviceCheck(name=name, state=State.NO, seen="No site or app so far", cause=cause)
    cause = (
        "Answer the banner, then open one more page: a cookie shows with the next request. If nothing comes, mark what you press"
        " with the buttons, or name the consent manager in the policy."
    )
    return DeviceCheck(name=name, state=State.NO, seen="No consent manager was recognised", cause=cause)


def _listed(hosts: Sequence[str] | dict[str, Cause]) -> str:
    latest = list(reversed(list(hosts)))
    more = f" and {len(latest) - _NAMED} more" if len(latest) > _NAMED else ""
    return ", ".join(latest[:_NAMED]) + more


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
