"""What would keep this machine from capturing: checks that look and return what they saw. They change nothing and use no network."""

from __future__ import annotations

import importlib.metadata
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from addon import MADE_AT
from addon.launcher.browser import BrowserError, find, require_display
from addon.launcher.datasette_server import PortTaken, check_port
from addon.launcher.phone import WIREGUARD_PORT, Address, has_network, lan_addresses
from addon.observe.keys import secret_left

_SOON = timedelta(days=30)
_BROWSERS = ("chromium", "chrome")
_SHOWN = ("mitmproxy", "datasette")
"""Libraries whose versions are reported even when all is well."""


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """Capturing works, or part of it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What one check saw."""

    name: str
    status: Status
    detail: str
    """What was found, or what is wrong with it."""
    remedy: str | None = None
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a capture would use: the options of ``run``."""

    port: int
    datasette_port: int | None
    browser: str | None
    database: Path
    confdir: Path
    phone: bool = False
    wireguard: bool = False


def examine(setup: Setup, now: datetime) -> list[Check]:
    """Every check, in the order in which a capture would meet them."""
    checks = [*versions(), *authority(setup.confdir, now), clock(now, setup.confdir)]
    checks.append(port("proxy port", "" if setup.phone else "127.0.0.1", setup.port, "--port"))
    if setup.datasette_port is not None:
        checks.append(port("Datasette port", "127.0.0.1", setup.datasette_port, "--datasette-port"))
    if setup.wireguard:
        checks.append(wireguard_port(WIREGUARD_PORT))
    if setup.phone:
        checks.append(network(lan_addresses()))
    return [*checks, browser(setup.browser), online(has_network()), database(setup.database)]


# --- the certificate authority


def authority(confdir: Path, now: datetime) -> list[Check]:
    """Whether mitmproxy's certificate authority exists, is readable, valid and complete, and whether its private key is
    readable by its owner alone."""
    name, both, public = "certificate authority", confdir / "mitmproxy-ca.pem", confdir / "mitmproxy-ca-cert.pem"
    if not both.exists():
        detail = f"{both}: not there yet; the first 'consentwire run' makes it"
        return [Check(name, Status.WARNING, detail, "Start 'consentwire run' once; devices need its certificate.")]
    anew = (
        f"Move mitmproxy-ca* out of {confdir}; 'consentwire run' makes a new one, which devices have to install again."
    )
    try:
        content = both.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        key = load_pem_private_key(content, None)
        shown = x509.load_pem_x509_certificate(public.read_bytes())
    except OSError as error:
        detail = f"{error.filename}: cannot be read: {error.strerror}"
        return [Check(name, Status.FAILED, detail, f"Make it readable for you. {anew}")]
    except (ValueError, TypeError) as error:
        return [Check(name, Status.FAILED, f"{confdir}: its certificate or key is damaged ({error})", anew)]
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    whole = certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
    if not whole or shown != certificate:
        detail = (
            f"{confdir}: the key and the certificates there do not belong together, so no client can trust the proxy"
        )
        return [Check(name, Status.FAILED, detail, anew), private_key(both)]
    return [_in_force(certificate, public, now, anew), private_key(both)]


def _in_force(certificate: x509.Certificate, path: Path, now: datetime, anew: str) -> Check:
    name, begin, end = "certificate authority", certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > end:
        return Check(name, Status.FAILED, f"{path}: expired on {end:%Y-%m-%d}, so that clients refuse it", anew)
    if now < begin:
        detail = f"{path}: not valid before {begin:%Y-%m-%d}, which is later than this machine's clock says"
        return Check(name, Status.FAILED, detail, "Set the clock of this machine.")
    if now > end - _SOON:
        return Check(name, Status.WARNING, f"{path}: expires on {end:%Y-%m-%d}", anew)
    return Check(name, Status.OK, f"{path}, valid until {end:%Y-%m-%d}")


def private_key(path: Path) -> Check:
    """Whoever can read the authority's key can read the traffic of every device that trusts it."""
    name, mode = "private key", stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        detail = f"{path}: others on this machine can use it (mode {mode:03o}), and read the traffic of devices that trust it"
        return Check(name, Status.WARNING, detail, f"chmod 600 {path}")
    return Check(name, Status.OK, f"{path}, for its owner alone" if os.name == "posix" else str(path))


def clock(now: datetime, confdir: Path) -> Check:
    """Whether this machine's clock can be right. A wrong one breaks certificates and places consent at wrong times."""
    earliest, since = MADE_AT, "this version was made"
    try:
        begin = x509.load_pem_x509_certificate((confdir / "mitmproxy-ca-cert.pem").read_bytes()).not_valid_before_utc
        if begin > earliest:
            earliest, since = begin, "the certificate authority is valid"
    except (OSError, ValueError):
        pass  # said where the authority is looked at
    if now < earliest:
        detail = f"{now:%Y-%m-%d %H:%M} UTC is before {earliest:%Y-%m-%d}, from when on {since}"
        return Check("clock", Status.FAILED, detail, "Set the date and time of this machine, best automatically.")
    return Check("clock", Status.OK, f"{now:%Y-%m-%d %H:%M} UTC")


# --- ports and addresses


def port(name: str, host: str, number: int, option: str) -> Check:
    """Whether a TCP port can be listened on."""
    where = host or "every address"
    try:
        check_port(host, number, option)
    except PortTaken as error:
        detail, remedy = str(error).split("; ", 1)
        if secret_left(number) is not None:
            detail += ", probably by a 'consentwire run' of yours"
            remedy = f"end that one, or {remedy}"
        return Check(name, Status.FAILED, detail, f"{remedy[:1].upper()}{remedy[1:]}.")
    return Check(name, Status.OK, f"{number} is free on {where}")


def wireguard_port(number: int) -> Check:
    """Whether the UDP port of WireGuard can be listened on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", number))
        except OSError as error:
            detail = f"UDP port {number} cannot be listened on: {error.strerror}"
            remedy = "End the other WireGuard, or name another port: --phone --mode regular --mode wireguard@51821."
            return Check("WireGuard port", Status.FAILED, detail, remedy)
    return Check("WireGuard port", Status.OK, f"{number} (UDP) is free")


def network(addresses: Sequence[Address]) -> Check:
    """Whether other devices can find this machine."""
    if not addresses:
        detail = "this machine has no address in a network, so no phone can reach it"
        return Check("network", Status.FAILED, detail, "Join the Wi-Fi network that the phone is in.")
    return Check("network", Status.OK, ", ".join(f"{address.ip} ({address.adapter})" for address in addresses))


def online(networked: bool) -> Check:
    """Whether a browser on this machine tells its pages that they are online (``navigator.onLine``; analytics-next
    ``core/connection``, ``plugins/segmentio``: messages wait while it is false)."""
    if not networked:
        detail = (
            "this machine has loopback alone, so a browser on it says that it is offline: Segment's library, and others, then load and"
            " keep their messages for ever"
        )
        remedy = (
            "Give the machine or container a network interface; it needs no way out (in Docker, no --network none)."
        )
        return Check("browser's network", Status.WARNING, detail, remedy)
    return Check("browser's network", Status.OK, "a network interface beside loopback, so that pages are online")


# --- what is installed


def browser(kind: str | None) -> Check:
    """The browser that ``--browser`` starts; without a kind, any of those that it can start."""
    found: list[str] = []
    reason = ""
    for each in _BROWSERS if kind is None else (kind,):
        try:
            program = find(each)
        except BrowserError as error:
            reason = str(error)
            continue
        version = _version_of(program)
        if version is None:
            detail = f"{program} is there, but does not say its version, so that it may not start"
            return Check("browser", Status.WARNING, detail, f"Start {program} yourself and see what it says.")
        found.append(f"{each}: {program}, {version}")
    if found:
        try:
            require_display()
        except BrowserError as error:
            detail, _, remedy = str(error).partition("; ")
            status = Status.WARNING if kind is None else Status.FAILED
            return Check("browser", status, f"{'; '.join(found)}; but {detail}", f"{remedy[:1].upper()}{remedy[1:]}.")
        return Check("browser", Status.OK, "; ".join(found))
    if kind is None:
        detail = "neither Chromium nor Chrome was found, so --browser has nothing to start"
        return Check("browser", Status.WARNING, detail, "Install one of them, or set up your own browser or device.")
    detail, _, remedy = reason.partition("; ")
    return Check("browser", Status.FAILED, detail, f"{remedy[:1].upper()}{remedy[1:]}.")


def _version_of(program: str) -> str | None:
    if sys.platform == "win32":
        return "version not asked for"  # there a browser opens a window instead of answering
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def versions(
    requirements: Callable[[], Iterable[str]] | None = None, installed: Callable[[str], str] | None = None
) -> list[Check]:
    """Compares Python and the libraries with what this version needs.

    Args:
        requirements: this package's requirements, as in its metadata.
        installed: name of a library -> its version.
    """
    requirements_of = requirements or (lambda: importlib.metadata.requires("consentwire") or ())
    version = installed or importlib.metadata.version
    try:
        needs = [
            need for each in requirements_of() if (need := Requirement(each)).marker is None or need.marker.evaluate()
        ]
        python = importlib.metadata.metadata("consentwire")["Requires-Python"] or ""
    except (importlib.metadata.PackageNotFoundError, InvalidRequirement):
        detail = "consentwire is not installed as a package, so the versions that it needs are not known"
        return [Check("versions", Status.WARNING, detail, "Install it: pip install consentwire.")]
    own = ".".join(str(part) for part in sys.version_info[:3])
    return [_version("Python", own, python), *_libraries(needs, version)]


def _libraries(needs: Iterable[Requirement], version: Callable[[str], str]) -> list[Check]:
    checks: list[Check] = []
    others = 0
    for need in needs:
        try:
            check = _version(need.name, version(need.name), str(need.specifier))
        except importlib.metadata.PackageNotFoundError:
            detail = f"not installed; needed: {need.specifier or 'any version'}"
            check = Check(need.name, Status.FAILED, detail, "Install consentwire again, in an environment of its own.")
        if check.status is not Status.OK or need.name in _SHOWN:
            checks.append(check)
        else:
            others += 1
    return [*checks, Check("other libraries", Status.OK, f"{others} as needed")]


def _version(name: str, version: str, needed: str) -> Check:
    if SpecifierSet(needed).contains(version, prereleases=True):
        return Check(name, Status.OK, f"{version} (needed: {needed or 'any'})")
    detail = f"{version} is installed, and {needed} is needed"
    return Check(name, Status.FAILED, detail, "Install consentwire again, in an environment of its own.")


def database(path: Path) -> Check:
    """Whether the database can be written, and next to it the files that SQLite keeps while writing."""
    name, folder = "database", path.absolute().parent
    other = "Name a file elsewhere with --db, or make it writable for you."
    if path.exists() and not (path.is_file() and os.access(path, os.W_OK)):
        return Check(name, Status.FAILED, f"{path.absolute()} cannot be written to", other)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(name, Status.FAILED, f"{folder} cannot be written to: {error.strerror}", other)
    return Check(name, Status.OK, f"{path.absolute()} can be written")


def as_of_now() -> datetime:
    return datetime.now(UTC)
