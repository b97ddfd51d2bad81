"""For each device: what went through the proxy, and where its programs refused it. All of it is read from the connections
themselves.

A handshake that a client refuses has few words for its reason. What else the same device does says more: if some of its secure
connections are read, it trusts the authority, and a program that still refuses pins its certificate or ignores user certificates.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

_MAX_DEVICES = 200
_MAX_HOSTS = 500
_MAX_OPEN = 20_000
_SILENT = 3
"""So many silent connections to a host, with no other, show a pinned certificate; browsers open one or two in advance."""
_CLOSED_ENOUGH = 3
"""Handshakes for one host that a client leaves without a reason, and none that it completes."""
_AT_ONCE = 1.0
"""Seconds within which a program leaves that looks at the certificate after the handshake. A browser's spare connection stays."""
_ALERT = re.compile(r"alert ([a-z ]+)")
_TRUST = "does not trust the proxy's certificate"
"""mitmproxy's words for the alerts unknown_ca, bad_certificate and certificate_unknown (proxy/layers/tls.py)."""
_VERSION = "cannot agree on a TLS version"
_CLOSED = "disconnected during the handshake"
_NEVER_BEGAN = "connection closed early"


class Cause(StrEnum):
    """Why a device's connections to one host cannot be read."""

    UNTRUSTED = "untrusted"
    """The certificate was refused, as all before it."""
    PINNED = "pinned"
    """The certificate was refused, although others of this device were accepted."""
    OTHERS = "others"
    """The certificate was refused, although other connections to the same host were accepted."""
    SILENT = "silent"
    """The handshake was completed, and then nothing was said: a pin that is checked afterwards."""
    CLOSED = "closed"
    """The client went away during the handshake, without a reason."""
    VERSION = "version"
    """No common version or cipher of TLS."""


_LIKELY: dict[Cause, str] = {
    Cause.UNTRUSTED: (
        "nothing on this device had accepted it until then: the certificate is probably not installed there, or on iOS not"
        " switched on under Certificate Trust Settings, or this app ignores user certificates (Android 7 and later)"
    ),
    Cause.PINNED: (
        "other connections of this device accept it: this app pins its own certificate, or ignores user certificates"
        " (Android 7 and later), or has trusted authorities of its own"
    ),
    Cause.OTHERS: (
        "other connections of this device to the same host accept it: another program there does not trust it, or a browser tried"
        " again after a warning"
    ),
    Cause.SILENT: "this app probably pins its certificate and looks at it after the handshake",
    Cause.CLOSED: (
        "if that happens each time, the app pins its own certificate or does not trust this one; once or twice, it may only"
        " have cancelled the connection"
    ),
    Cause.VERSION: "no certificate is at fault; mitmproxy's option tls_version_client_min may have to be lowered",
}


@dataclass(slots=True)
class Device:
    """One client address."""

    requests: int = 0
    secure: int = 0
    """Those of them that came over TLS: the proxy's certificate was trusted."""
    refused: OrderedDict[str, Cause] = field(default_factory=OrderedDict)
    """Host -> why the latest handshake for it failed."""
    passed: OrderedDict[str, Cause] = field(default_factory=OrderedDict)
    """Host -> why its traffic is passed through unread."""
    _trusted: OrderedDict[str, None] = field(default_factory=OrderedDict)
    """Hosts that were read and never refused before. After a refusal, somebody may have dismissed a warning."""
    _warned: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _closed: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _lingered: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _spoke: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _silent: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def speaks(self, host: str, *, secure: bool) -> None:
        self.requests += 1
        if secure:
            self.secure += 1
            self.refused.pop(host, None)
            self._silent.pop(host, None)
            _note(self._spoke, host, None, _MAX_HOSTS)
            if host not in self._warned:
                _note(self._trusted, host, None, _MAX_HOSTS)

    def refuses(self, host: str, cause: Cause) -> None:
        _note(self._warned, host, None, _MAX_HOSTS)
        if cause is Cause.CLOSED:
            _note(self._closed, host, self._closed.get(host, 0) + 1, _MAX_HOSTS)
        if cause is not Cause.OTHERS:
            _note(self.refused, host, cause, _MAX_HOSTS)

    def reads(self, host: str) -> bool:
        """Whether a request of it to a host was ever read."""
        return host in self._spoke

    def may_pass(self, host: str, *, known: bool) -> bool:
        """Whether it is one program that refuses the certificate for a host, and not a device on which nothing trusts it.

        A browser without the certificate refuses everything but what its user clicked through, or what another program on the
        same machine does not check. So as many hosts have to be read, without a warning before, as are refused.

        Args:
            known: whether the host is a vendor's. What goes there counts: a silence alone does not let it through.
        """
        cause = self.refused.get(host)
        if self.reads(host) or len(self._trusted) < len(self.refused.keys() | self.passed.keys()):
            return False
        return (
            cause is Cause.PINNED
            or (cause is Cause.CLOSED and self._closed.get(host, 0) >= _CLOSED_ENOUGH)
            or (cause is Cause.SILENT and not known and host not in self._lingered)
        )

    def passes(self, host: str) -> None:
        """Passes the traffic to a host through unread from here on."""
        _note(self.passed, host, self.refused.pop(host), _MAX_HOSTS)

    def says_nothing(self, host: str, seconds: float) -> bool:
        """Records a connection that ended without data, ``seconds`` after its handshake. Says whether that is evidence of a
        pinned certificate."""
        if self.reads(host):
            return False
        if seconds > _AT_ONCE:
            _note(self._lingered, host, None, _MAX_HOSTS)
        _note(self._silent, host, self._silent.get(host, 0) + 1, _MAX_HOSTS)
        return self._silent[host] == _SILENT


class Devices:
    """Every device of a run."""

    def __init__(self) -> None:
        self._devices: OrderedDict[str, Device] = OrderedDict()
        self._open: OrderedDict[str, tuple[str, str]] = OrderedDict()
        """Connection -> device and host, from its handshake to its first data."""

    def of(self, client: str) -> Device:
        """A device, by its address."""
        device = self._devices.get(client) or Device()
        _note(self._devices, client, device, _MAX_DEVICES)
        return device

    def shook_hands(self, connection: str, client: str, host: str) -> None:
        """Records that a client accepted the proxy's certificate, for now."""
        _note(self._open, connection, (client, host), _MAX_OPEN)

    def speaks(self, connection: str, client: str, host: str, *, secure: bool) -> None:
        """Records a request, or other data over a connection."""
        _, named = self._open.pop(connection, (client, host))
        device = self.of(client)
        device.speaks(host, secure=secure)
        if secure and named != host:
            device.speaks(named, secure=True)
            device.requests -= 1
            device.secure -= 1

    def lets_through(self, client: str, host: str, *, known: bool) -> bool:
        """Whether a client's program is let through to a host from here on, because it would not work otherwise. Decided after a
        refusal, and it stays so.

        Args:
            known: whether the host is a vendor's.
        """
        device = self.of(client)
        if not device.may_pass(host, known=known):
            return False
        device.passes(host)
        return True

    def passes(self, client: str, host: str) -> bool:
        """Whether what a client sends to a host is let through unread."""
        device = self._devices.get(client)
        return device is not None and host in device.passed

    def leaves(self, connection: str, seconds: float = 0) -> tuple[str, str] | None:
        """A connection ended. Returns host and reason if that shows a pinned certificate.

        Args:
            seconds: how long after its handshake.
        """
        client, host = self._open.pop(connection, (None, ""))
        if client is None or not self.of(client).says_nothing(host, seconds):
            return None
        self.of(client).refuses(host, Cause.SILENT)
        return (
            host,
            f"the client ended {_SILENT} connections right after the handshake, without a request; {_LIKELY[Cause.SILENT]}",
        )

    def refuses(self, client: str, host: str, reason: str) -> str | None:
        """Records a failed handshake. Returns the reason in words, or ``None`` if there is none worth mentioning.

        Args:
            reason: mitmproxy's message.
        """
        if reason == _NEVER_BEGAN:
            return None
        device = self.of(client)
        what, cause = _read(reason)
        if cause is Cause.UNTRUSTED and device.secure:
            cause = Cause.PINNED
        if device.reads(host):
            cause = Cause.OTHERS
        device.refuses(host, cause)
        return f"{what}; {_LIKELY[cause]}"


def _read(reason: str) -> tuple[str, Cause]:
    if _VERSION in reason:
        return "client and proxy have no version of TLS in common", Cause.VERSION
    if _CLOSED in reason:
        return "the client went away during the handshake", Cause.CLOSED
    alert = _ALERT.search(reason)
    said = f" ({alert[1].strip()})" if alert else "" if _TRUST in reason else f" ({reason[:200]})"
    return f"the client refused the proxy's certificate{said}", Cause.UNTRUSTED


def _note[Key, Value](notes: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keeps a value, and the latest ones alone."""
    notes[key] = value
    notes.move_to_end(key)
    if len(notes) > most:
        notes.popitem(last=False)
